// A newcomer in Swagger UI: signs in from the page, authorizes with the token, lists the projects. Then an animator of the demo, who
// is signed in by a cookie, looks at a shot: that screenshot is the picture of the README, docs/api.png.
// Runs in headless Chromium against DAILIES_URL and leaves screenshots in target/screenshots/.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openBrowser } from "./browser.mjs";

const url = process.env.DAILIES_URL;
const screenshots = fileURLToPath(new URL("../../target/screenshots/", import.meta.url));
mkdirSync(screenshots, { recursive: true });

const browser = await openBrowser();

// The block of an operation, unfolded and ready for values.
async function tryOut(page, method, path) {
  const block = page.locator(`.opblock-${method}`, { has: page.locator(`[data-path="${path}"]`) });
  await block.locator(".opblock-summary-control").click();
  const description = await block.locator(".opblock-description").innerText();
  assert.ok(description.trim(), `${path} is not described`);
  await block.locator(".try-out__btn").waitFor();
  const closed = block.locator(".try-out__btn:not(.cancel)");
  if (await closed.count()) await closed.click();
  return block;
}

// Executes an operation and reads its answer off the page.
async function execute(block) {
  await block.locator("button.execute").click();
  const answer = block.locator(".live-responses-table .response").first();
  await answer.waitFor();
  const status = (await answer.locator(".response-col_status").innerText()).trim().split(/\s/)[0];
  const body = await answer.locator(".response-col_description .highlight-code code").first().innerText();
  return { status, body };
}

// Somebody who is signed in by a cookie, as browsers are by their names, looks at a shot.
async function lookAtShot() {
  const userAgent = `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${browser.version()} Safari/537.36`;
  const page = await browser.newPage({ userAgent, viewport: { width: 1120, height: 1150 } });
  page.setDefaultTimeout(20_000);
  await page.goto(`${url}/docs`);
  const shot = await page.evaluate(async () => {
    const body = JSON.stringify({ email: "soo-jin.baek@example.com", password: "dailies-demo" });
    await fetch("/auth/login", { method: "POST", headers: { "Content-Type": "application/json" }, body });
    const tasks = await (await fetch("/data/user/tasks")).json();
    return tasks.find((task) => task.task_type_for_entity === "Shot");
  });
  await page.locator('.opblock-tag[data-tag="Shots"]').click();
  const block = await tryOut(page, "get", "/data/shots/{shot_id}");
  await block.getByPlaceholder("shot_id").fill(shot.entity_id);
  const answer = await execute(block);
  assert.equal(answer.status, "200", `a shot shows ${answer.status}: ${answer.body}`);
  assert.equal(JSON.parse(answer.body).name, shot.entity_name);
  // With the operation before it.
  await page.locator(".opblock", { has: page.locator('[data-path="/data/episodes/{episode_id}/shots"]') }).evaluate((row) => row.scrollIntoView());
  await page.screenshot({ path: join(screenshots, "docs-shot.png") });
}

try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
  page.setDefaultTimeout(20_000);
  const problems = [];
  page.on("pageerror", (error) => problems.push(`the page failed: ${error.message}`));
  page.on("request", (request) => {
    if (/^https?:/.test(request.url()) && !request.url().startsWith(`${url}/`))
      problems.push(`the page asked another server: ${request.url()}`);
  });

  await page.goto(`${url}/apidocs`);
  assert.match(page.url(), /\/docs(\/|$)/, "/apidocs leads to /docs");
  await page.goto(`${url}/docs`);
  await page.locator(".opblock-tag").first().waitFor();
  const closed = page.locator('.opblock-tag[data-is-open="false"]');
  while (await closed.count()) await closed.first().click();

  const login = await tryOut(page, "post", "/auth/login");
  const kind = login.locator(".body-param-content-type select, select.content-type").first();
  if (await kind.count()) await kind.selectOption("application/json").catch(() => undefined);
  const credentials = { email: process.env.DAILIES_EMAIL, password: process.env.DAILIES_PASSWORD };
  await login.locator("textarea.body-param__text").fill(JSON.stringify(credentials));
  const session = await execute(login);
  assert.equal(session.status, "200", `signing in shows ${session.status}: ${session.body}`);
  const token = JSON.parse(session.body).access_token;
  await login.scrollIntoViewIfNeeded();
  await page.screenshot({ path: join(screenshots, "docs-sign-in.png") });

  await page.locator(".scheme-container button.authorize").click();
  const scheme = page.locator(".modal-ux .auth-container", { hasText: "http, Bearer" });
  await scheme.locator("input").fill(token);
  await scheme.locator("button.authorize").click();
  await scheme.getByText("Authorized", { exact: true }).waitFor();
  await page.screenshot({ path: join(screenshots, "docs-authorized.png") });
  await page.locator(".modal-ux .close-modal").click();

  const projects = await tryOut(page, "get", "/data/projects");
  const listed = await execute(projects);
  assert.equal(listed.status, "200", `listing shows ${listed.status}: ${listed.body}`);
  const rows = JSON.parse(listed.body);
  assert.ok(Array.isArray(rows) && rows.length > 0 && rows[0].name, `the page shows no project: ${listed.body}`);
  await projects.locator(".live-responses-table").scrollIntoViewIfNeeded();
  await page.screenshot({ path: join(screenshots, "docs-projects.png") });
  assert.deepEqual(problems, []);
  await lookAtShot();
  console.log(`swagger ui: signed in from /docs, authorized, and saw ${rows.map((row) => row.name).join(", ")}`);
} finally {
  await browser.close();
}
