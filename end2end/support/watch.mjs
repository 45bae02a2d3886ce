// Fails a test on anything that a healthy page does not do: messages in the console, errors of scripts, dialogs,
// and answers of 4xx and 5xx that the test did not announce.

export class Watch {
  #seen = [];
  #expected = [];

  /** An answer that has to come: without it the test fails too. */
  expect(status, path) {
    this.#expected.push({ status, path, met: 0 });
  }

  /** From now on the console is away: requests to it fail, until `back`. */
  away = false;

  over(context) {
    context.on("page", (page) => this.#page(page));
  }

  #page(page) {
    page.on("pageerror", (error) => this.#seen.push(`error of a script on ${page.url()}: ${error.stack ?? error}`));
    page.on("dialog", (dialog) => {
      this.#seen.push(`dialog on ${page.url()}: ${dialog.message()}`);
      void dialog.dismiss().catch(() => {});
    });
    page.on("console", (message) => {
      const { url } = message.location();
      const failed = message.text().match(/^Failed to load resource: .*?(?:status of (\d{3})|(net::\S+))/);
      if (failed?.[1] && this.#announced(Number(failed[1]), url)) return;
      if (failed?.[2] && this.away) return;
      // Without scripts nothing uses what is loaded early for them.
      if (page.withoutScripts && message.text().includes("was preloaded using link preload but not used")) return;
      if (["error", "warning", "assert"].includes(message.type()) || /panicked|hydrat/i.test(message.text())) {
        this.#seen.push(`${message.type()} on ${page.url()}: ${message.text()} (${url})`);
      }
    });
    page.on("response", (response) => {
      const status = response.status();
      if (status < 400) return;
      const expected = this.#announced(status, response.url());
      if (expected) expected.met += 1;
      else this.#seen.push(`${status} for ${response.request().method()} ${response.url()}`);
    });
  }

  #announced(status, url) {
    const path = url && URL.canParse(url) ? new URL(url).pathname : url;
    return this.#expected.find(
      (one) => one.status === status && (one.path instanceof RegExp ? one.path.test(path) : one.path === path),
    );
  }

  /** What was wrong, one line each. */
  problems() {
    const missing = this.#expected.filter((one) => one.met === 0);
    return [...this.#seen, ...missing.map((one) => `no ${one.status} came for ${one.path}`)];
  }
}
