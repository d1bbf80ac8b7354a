/** Signing in, and the client that calls as whoever is signed in. */

import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./contract.js";
import { answered, refusal, SessionEnded, SignInRefused } from "./errors.js";
import { send } from "./retries.js";

export type Credentials = components["schemas"]["Credentials"];
export type SignedIn = components["schemas"]["SignedIn"];

/** A client of one server. */
export class Dailies {
  /** Address of the server, without a slash at the end. */
  readonly url: string;
  /** The operations of the contract, by method and path; each call answers `data` or `error`, see `answered`. */
  readonly api: Client<paths>;
  #accessToken: string | undefined;
  #refreshToken: string | undefined;
  #renewal: Promise<void> | undefined;

  /** A client that signs in later, or calls with the token of a bot or a personal one. */
  constructor(url: string, options: { token?: string | undefined } = {}) {
    this.url = url.replace(/\/+$/, "");
    this.#accessToken = options.token;
    this.api = createClient<paths>({ baseUrl: this.url, fetch: (request) => this.#call(request) });
  }

  /** A client by the variables `DAILIES_URL` and `DAILIES_TOKEN`, or else `DAILIES_EMAIL` and `DAILIES_PASSWORD`. */
  static async fromEnvironment(): Promise<Dailies> {
    const token = variable("DAILIES_TOKEN");
    const dailies = new Dailies(needed("DAILIES_URL"), { token });
    if (!token) await dailies.signIn(needed("DAILIES_EMAIL"), needed("DAILIES_PASSWORD"));
    return dailies;
  }

  /** Opens a session. A second factor is named as in the contract: `{ totp: "492039" }`, for example. */
  async signIn(email: string, password: string, factor: Omit<Credentials, "email" | "password"> = {}): Promise<SignedIn> {
    this.#forget();
    const { data, error, response } = await this.api.POST("/auth/login", { body: { email, password, ...factor } });
    if (!data) throw new SignInRefused(response.status, refusal(error));
    this.#accessToken = data.access_token;
    this.#refreshToken = data.refresh_token;
    return data;
  }

  /** Ends the session. Bots have none. */
  async signOut(): Promise<void> {
    await answered(this.api.GET("/auth/logout"));
    this.#forget();
  }

  /**
   * Sends a call as whoever is signed in, and again where that helps: with a new token when the old one has expired, and as
   * `retries.ts` says. The call is made anew each time, because its body can be sent once.
   */
  async send(make: () => Request, attempts?: number): Promise<Response> {
    const sent = this.#accessToken;
    const answer = await send(() => this.#authorized(make()), attempts);
    if (answer.status !== 401 || !this.#refreshToken || attempts === 1) return answer;
    await answer.body?.cancel();
    if (this.#accessToken === sent) await this.#renew();
    return send(() => this.#authorized(make()), attempts);
  }

  /** The access token, which is renewed first when it has expired; undefined in browsers that keep it in a cookie. */
  async token(): Promise<string | undefined> {
    await answered(this.api.GET("/auth/authenticated"));
    return this.#accessToken;
  }

  async #call(request: Request): Promise<Response> {
    if (!request.headers.get("Content-Type")?.startsWith("multipart/")) return this.send(() => request.clone());
    // A copy of a form would keep the files in memory, so it is sent once, with a token that is good.
    if (this.#refreshToken) await this.token();
    return this.send(() => request, 1);
  }

  #authorized(request: Request): Request {
    if (this.#accessToken) request.headers.set("Authorization", `Bearer ${this.#accessToken}`);
    // Browsers keep the token in a cookie, which counts before the header.
    return new Request(request, { credentials: "include" });
  }

  /** Calls that were refused at the same time share one renewal. */
  #renew(): Promise<void> {
    this.#renewal ??= this.#askForToken().finally(() => (this.#renewal = undefined));
    return this.#renewal;
  }

  async #askForToken(): Promise<void> {
    const headers = { Authorization: `Bearer ${this.#refreshToken}` };
    const init: RequestInit = { headers, credentials: "include" };
    const answer = await send(() => new Request(`${this.url}/auth/refresh-token`, init));
    if (!answer.ok) {
      this.#forget();
      throw new SessionEnded(answer.status, refusal(await answer.json().catch(() => answer.statusText)));
    }
    const renewed = (await answer.json()) as components["schemas"]["RenewedToken"];
    this.#accessToken = renewed.access_token;
  }

  #forget(): void {
    this.#accessToken = undefined;
    this.#refreshToken = undefined;
  }
}

function variable(name: string): string | undefined {
  // Browsers have no such variables.
  const { process } = globalThis as { process?: { env: Record<string, string | undefined> } };
  return process?.env[name];
}

function needed(name: string): string {
  const value = variable(name);
  if (!value) throw new Error(`${name} is not set`);
  return value;
}
