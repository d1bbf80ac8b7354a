/**
 * Calls that are sent again when the server could not answer them.
 *
 * By hand, because ky has one list of methods for all statuses, and fetch-retry goes on waiting after a call was aborted.
 */

const ATTEMPTS = 5;
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 60_000;
/** Methods whose calls may be done twice. */
const REPEATABLE = new Set(["GET", "HEAD", "PUT", "DELETE", "OPTIONS"]);
const PASSING = new Set([502, 503, 504]);

/**
 * Sends a call, and again after 429; where its method allows it, also after 502, 503 and 504, and when the connection was lost.
 * It waits as long as `Retry-After` says, at most a minute, or else longer each time.
 */
export async function send(make: () => Request, attempts = ATTEMPTS): Promise<Response> {
  for (let attempt = 1; ; attempt += 1) {
    const request = make();
    let answer: Response | undefined;
    try {
      answer = await fetch(request);
    } catch (error) {
      if (attempt >= attempts || request.signal.aborted || !REPEATABLE.has(request.method)) throw error;
    }
    if (answer) {
      const passing = answer.status === 429 || (PASSING.has(answer.status) && REPEATABLE.has(request.method));
      if (attempt >= attempts || !passing) return answer;
      await answer.body?.cancel();
    }
    await pause(waiting(attempt, answer), request.signal);
  }
}

/** Milliseconds until the next attempt. */
function waiting(attempt: number, answer: Response | undefined): number {
  const said = answer?.headers.get("Retry-After") ?? "";
  const asked = /^\d+$/.test(said) ? Number(said) * 1000 : Date.parse(said) - Date.now();
  if (asked > 0) return Math.min(asked, LONGEST_PAUSE);
  return Math.min(FIRST_PAUSE * 2 ** attempt, LONGEST_PAUSE) * Math.random();
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal.addEventListener("abort", stop, { once: true });
  });
}
