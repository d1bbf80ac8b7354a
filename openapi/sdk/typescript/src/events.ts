/** Events of the server, over Socket.IO. */

import { io, type Socket } from "socket.io-client";
import type { Dailies } from "./session.js";

const NAMESPACE = "/events";

/** Something that happened: a name such as `comment:new`, and the ids of what it is about. */
export interface Told {
  name: string;
  data: Record<string, unknown>;
}

/**
 * The events that concern whoever is signed in, for `for await`.
 *
 * A lost connection is opened again. What happened meanwhile is not told then: ask `GET /data/events/last` for it.
 */
export class Events implements AsyncIterableIterator<Told> {
  readonly #socket: Socket;
  readonly #told: Told[] = [];
  readonly #waiting: ((result: IteratorResult<Told, undefined>) => void)[] = [];
  #closed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.onAny((name: string, data?: Record<string, unknown>) => {
      const told = { name, data: data ?? {} };
      const first = this.#waiting.shift();
      if (first) first({ done: false, value: told });
      else this.#told.push(told);
    });
  }

  /** Begins to listen; throws when that is refused. */
  static async open(dailies: Dailies): Promise<Events> {
    const place = new URL(dailies.url);
    // The stream has no address under `/api`.
    const folder = place.pathname.replace(/\/api$/, "").replace(/\/$/, "");
    const socket = io(`${place.origin}${NAMESPACE}`, {
      path: `${folder}/socket.io`,
      withCredentials: true,
      auth: (give) => {
        dailies.token().then(
          (token) => give(token ? { token } : {}),
          () => give({}),
        );
      },
    });
    const events = new Events(socket);
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once("connect", resolve);
        socket.once("connect_error", reject);
      });
    } catch (refused) {
      events.close();
      throw refused;
    }
    return events;
  }

  /** The next event; done when the listener was closed. */
  next(): Promise<IteratorResult<Told, undefined>> {
    const told = this.#told.shift();
    if (told) return Promise.resolve({ done: false, value: told });
    if (this.#closed) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Ends the stream: `for await` calls it when it is left. */
  return(): Promise<IteratorResult<Told, undefined>> {
    this.close();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Stops listening. */
  close(): void {
    this.#closed = true;
    this.#socket.disconnect();
    for (const waiting of this.#waiting.splice(0)) waiting({ done: true, value: undefined });
  }
}
