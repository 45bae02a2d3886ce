// Stands between two programs, passes on what they say, and can fail as networks and proxies do.

import { createServer, request } from "node:http";
import { freePort } from "./programs.mjs";

export class Doorway {
  #streams = new Set();

  /** Opens one in front of `behind`, an address without a path. */
  static async open(behind) {
    const doorway = new Doorway();
    /** What is answered in place of what stands behind: `{ status, type, body }`. */
    doorway.instead = undefined;
    doorway.server = createServer((incoming, answer) => {
      if (doorway.instead) {
        const { status, type, body } = doorway.instead;
        answer.writeHead(status, { "content-type": type, connection: "close" }).end(body);
        return;
      }
      const to = { method: incoming.method, headers: incoming.headers, agent: false };
      const outgoing = request(`${behind}${incoming.url}`, to, (got) => {
        answer.writeHead(got.statusCode, got.headers);
        got.pipe(answer);
        doorway.#streams.add(got);
        got.on("close", () => doorway.#streams.delete(got));
      });
      outgoing.on("error", () => answer.destroy());
      answer.on("close", () => outgoing.destroy());
      incoming.pipe(outgoing);
    });
    doorway.port = await freePort();
    await doorway.unlock();
    return doorway;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  unlock() {
    return new Promise((resolve) => this.server.listen(this.port, "127.0.0.1", resolve));
  }

  /** Nobody gets through, and nobody stays. */
  lock() {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }

  /** Ends every connection; whoever comes again gets through. */
  cut() {
    this.server.closeAllConnections();
  }

  /** What is under way comes no further, without an end; what comes later gets through. */
  freeze() {
    for (const stream of this.#streams) stream.unpipe();
  }
}
