// Pages of the suites' own, with the cookies of somebody who signed in from them.
import { readFileSync } from "node:fs";
import { url } from "./studio.mjs";

const player = readFileSync(new URL("player.html", import.meta.url), "utf8");

// A page with the player; `person` has an e-mail and a password.
export async function openPlayer(browser, person) {
  // Without a head it calls itself otherwise, and only browsers of people are given cookies.
  const userAgent = `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${browser.version()} Safari/537.36`;
  const context = await browser.newContext({ userAgent });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on("pageerror", (error) => console.error(`the page failed: ${error.message}`));
  await page.route(`${url}/player-of-the-suites`, (route) => route.fulfill({ contentType: "text/html", body: player }));
  await page.goto(`${url}/player-of-the-suites`);
  const { email, password } = person;
  const status = await page.evaluate(async (body) => {
    const headers = { "Content-Type": "application/json" };
    return (await fetch("/api/auth/login", { method: "POST", headers, body: JSON.stringify(body) })).status;
  }, { email, password });
  if (status !== 200) throw new Error(`${email} signs in from a page with ${status}`);
  return page;
}
