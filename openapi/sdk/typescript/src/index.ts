/** Typed client of a Dailies server. `@dailies/client/events` listens. */

export type { components, operations, paths } from "./contract.js";
export { answered, ApiError, SessionEnded, SignInRefused, type Refusal } from "./errors.js";
export { records, type ListPath } from "./pages.js";
export { publishPreview, uploadPreview, type Comment, type Preview, type Publication } from "./previews.js";
export { Dailies, type Credentials, type SignedIn } from "./session.js";
