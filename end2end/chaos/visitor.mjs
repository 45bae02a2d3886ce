// Somebody who works with the console over HTTP, without a browser.

const FORM = { "content-type": "application/x-www-form-urlencoded", accept: "text/html" };

export class Visitor {
  #url;
  #operator;
  #cookie;

  constructor(url, operator) {
    this.#url = url;
    this.#operator = operator;
  }

  async #signIn() {
    const { name, password } = this.#operator;
    const answer = await fetch(`${this.#url}/login`, {
      method: "POST",
      redirect: "manual",
      body: new URLSearchParams({ name, password, next: "/" }),
    });
    this.#cookie = answer.headers.getSetCookie().map((one) => one.split(";")[0]).join("; ");
    if (answer.status !== 303 || !this.#cookie) throw new Error(`signing in as ${name}: ${answer.status}`);
  }

  async #send(path, options = {}) {
    if (!this.#cookie) await this.#signIn();
    const headers = { ...options.headers, cookie: this.#cookie };
    return fetch(`${this.#url}${path}`, { ...options, headers, redirect: "manual" });
  }

  /** What a reading call answers. */
  async ask(path) {
    const answer = await this.#send(path);
    if (answer.status !== 200) throw new Error(`GET ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  /** Where a form leads to; it must match. */
  async #submit(path, fields, expected) {
    const answer = await this.#send(path, { method: "POST", headers: FORM, body: fields.toString() });
    const to = answer.headers.get("location") ?? "";
    const match = to.match(expected);
    if (!match) throw new Error(`POST ${path}: ${answer.status} to \`${to}\` ${(await answer.text()).slice(0, 500)}`);
    return match;
  }

  /** Plans a run; gives its number. */
  async plan({ conversations, actions }) {
    const { assign = "", set_status = "", note = "", add_tags = [], remove_tags = [] } = actions;
    const form = new URLSearchParams({ scope: "ids", filter: "", assign, set_status, note });
    for (const id of conversations) form.append("ids[]", id);
    for (const tag of add_tags) form.append("add_tags[]", tag);
    for (const tag of remove_tags) form.append("remove_tags[]", tag);
    const [, id] = await this.#submit("/api/plan", form, /\/preview\/(\d+)$/);
    return Number(id);
  }

  startRun(id) {
    return this.#submit("/api/start_run", new URLSearchParams({ id }), new RegExp(`/runs/${id}$`));
  }
}
