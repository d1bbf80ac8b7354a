/** Long lists, page by page. */

import type { paths } from "./contract.js";
import { ApiError, refusal } from "./errors.js";
import type { Dailies } from "./session.js";

type Listed<Path extends keyof paths> = paths[Path] extends {
  get: { responses: { 200: { content: { "application/json": (infer Item)[] } } } };
}
  ? Item
  : never;

/** Addresses of lists. */
export type ListPath = {
  [Path in keyof paths]: [Listed<Path>] extends [never] ? never : Path extends `${string}{${string}` ? never : Path;
}[keyof paths];

type Filters = Record<string, string | number | boolean>;

/** The records of a list that has pages, such as `/data/tasks`: one page is asked for at a time. */
export async function* records<Path extends ListPath>(
  dailies: Dailies,
  path: Path,
  filters: Filters = {},
  limit = 1000,
): AsyncGenerator<Listed<Path>, void, undefined> {
  for (let page = 1, pages = 1; page <= pages; page += 1) {
    const asked = Object.entries({ ...filters, limit, page }).map(([name, value]) => [name, String(value)]);
    const answer = await dailies.send(() => new Request(`${dailies.url}${path}?${new URLSearchParams(asked)}`));
    const body: unknown = await answer.json();
    if (!answer.ok) throw new ApiError(answer.status, refusal(body));
    const { nb_pages, data } = body as { nb_pages: number; data: Listed<Path>[] };
    pages = nb_pages;
    yield* data;
  }
}
