/** Failures that calls throw. */

/** Body of an answer that tells of a failure. */
export interface Refusal {
  message?: string;
  msg?: string;
  [key: string]: unknown;
}

/** An answer that is no success: its status, and what the server says about it. */
export class ApiError extends Error {
  override name = "ApiError";

  constructor(
    readonly status: number,
    readonly body: Refusal,
  ) {
    super(`${status}: ${body.message ?? body.msg ?? "no reason given"}`);
  }
}

/** An answer to who could not sign in. */
export class SignInRefused extends ApiError {
  override name = "SignInRefused";

  /** True if the password is right, and a second factor is wanted besides. */
  get missingFactor(): boolean {
    return this.body["missing_OTP"] === true;
  }

  /** Second factors that are accepted, such as `totp`. */
  get factors(): string[] {
    const factors = this.body["two_factor_authentication_enabled"];
    return Array.isArray(factors) ? factors.map(String) : [];
  }
}

/** An answer to a token that is not good any more, and can't be renewed: sign in again. */
export class SessionEnded extends ApiError {
  override name = "SessionEnded";
}

/** A refusal as an object, whatever came. */
export function refusal(error: unknown): Refusal {
  return typeof error === "object" && error !== null ? (error as Refusal) : { message: String(error) };
}

type Called<Data, Problem> =
  | { data: Data; error?: never; response: Response }
  | { data?: never; error: Problem; response: Response };

/** The answer of a call of `dailies.api`; throws `ApiError` when it is no success. */
export async function answered<Data, Problem>(call: Promise<Called<Data, Problem>>): Promise<Data> {
  const { data, error, response } = await call;
  if (!response.ok) throw new ApiError(response.status, refusal(error));
  return data as Data;
}
