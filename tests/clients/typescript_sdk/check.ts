// Drives the installed TypeScript package over a good line and over a bad one (`shaky.py`).
import assert from "node:assert/strict";
import { answered, ApiError, Dailies, records, SessionEnded, SignInRefused } from "@dailies/client";

function setting(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

const email = setting("DAILIES_EMAIL");
const password = setting("DAILIES_PASSWORD");

/** Reads with a session; nobody else does. */
async function goodLine(): Promise<string[]> {
  const stranger = new Dailies(setting("DAILIES_URL"), { token: "not-a-token" });
  const refused = (error: unknown) => error instanceof ApiError && error.status === 422;
  await assert.rejects(answered(stranger.api.GET("/data/projects")), refused);

  const dailies = await Dailies.fromEnvironment();
  const tasks = await answered(dailies.api.GET("/data/tasks"));
  const paged = new Set<string>();
  for await (const task of records(dailies, "/data/tasks", {}, 100)) paged.add(task.id);
  assert(paged.size > 100);
  assert.deepEqual(paged, new Set(tasks.map((task) => task.id)));
  const projects = await answered(dailies.api.GET("/data/projects"));
  return projects.map((project) => project.name);
}

/** Gets through in spite of what happens to its calls, and does nothing twice. */
async function badLine(): Promise<void> {
  const dailies = new Dailies(setting("DAILIES_SHAKY_URL"));
  const begun = performance.now();
  const refused = (error: unknown) => error instanceof SignInRefused && error.status === 400 && !error.missingFactor;
  await assert.rejects(dailies.signIn(email, "wrong"), refused);
  assert(performance.now() - begun >= 1000, "Retry-After was not heeded");

  await dailies.signIn(email, password);
  assert((await answered(dailies.api.GET("/data/projects"))).length > 0);
  const first = await dailies.token();
  await answered(dailies.api.GET("/data/user/tasks"));
  const renewed = await dailies.token();
  assert.notEqual(renewed, first, "the token was not renewed");
  const making = answered(dailies.api.POST("/data/departments", { body: { name: "Knitting", color: "#777777" } }));
  await assert.rejects(making, (error: unknown) => error instanceof ApiError && error.status === 503);
  const calls = (await (await fetch(`${dailies.url}/calls`)).json()) as Record<string, number>;
  const counted = ["POST /auth/login", "GET /data/projects", "GET /data/user/tasks", "POST /data/departments"];
  assert.deepEqual(counted.map((name) => calls[name]), [3, 4, 2, 1]);

  // Ended by somebody else: the client does not know, and finds that its tokens can't be renewed.
  const other = new Dailies(dailies.url, { token: renewed });
  await other.signOut();
  await assert.rejects(answered(dailies.api.GET("/data/projects")), (error: unknown) => error instanceof SessionEnded);

  const hurried = AbortSignal.timeout(200);
  await assert.rejects(new Dailies("http://127.0.0.1:9").api.GET("/status", { signal: hurried }));
}

const projects = await goodLine();
assert(projects.length > 0, "the demo data has a project, but none was listed");
await badLine();
console.log(`typescript sdk: tsc is silent, a bad line is got through, and ${projects.join(", ")} is listed`);
