// A reviewer's player: a movie of this server plays by ranges, and shows exactly the frame that it is sent to.
import assert from "node:assert/strict";
import { openBrowser } from "../browser.mjs";
import { openPlayer } from "./pages.mjs";
import { BITS, inStudio, url } from "./studio.mjs";

// Rates as productions write them, with what they are.
const RATES = [
  ["24", 24],
  ["25", 25],
  ["23.976", 24000 / 1001],
  ["29.97", 30000 / 1001],
  ["59.94", 60000 / 1001],
];
const SECONDS = 6;
const SEEKS = 12;

const person = { email: process.env.DAILIES_EMAIL, password: process.env.DAILIES_PASSWORD };
const fraction = { 23.976: "24000/1001", 29.97: "30000/1001", 59.94: "60000/1001" };

// Opens the movie, wanders through its frames, plays, and tells how many frames were looked at.
async function watch(browser, preview, rate, quality) {
  const page = await openPlayer(browser, person);
  const path = `/api/movies/${quality}/preview-files/${preview.id}.mp4`;
  const parts = [];
  page.on("response", (response) => {
    if (response.url() === url + path) parts.push([response.status(), response.headers()["content-range"]]);
  });
  const { duration } = await page.evaluate(([source, settings]) => load(source, settings), [path, { rate, bits: BITS }]);
  const frames = Math.round(duration * rate);
  assert.ok(Math.abs(frames - Math.round(SECONDS * rate)) <= 1, `${frames} frames at ${rate}`);
  // Back and forth, with the first and the last one.
  const wanted = [0, frames - 1, ...Array.from({ length: SEEKS }, (_, at) => (at * 89 + 31) % frames)];
  for (const frame of wanted) {
    const shown = await page.evaluate((frame) => seek(frame), frame);
    assert.equal(shown, frame, `${quality} at ${rate}: asked for frame ${frame}, saw ${shown}`);
  }
  await page.evaluate(() => seek(10));
  await page.evaluate(() => movie.play());
  await page.waitForFunction(() => frame() > 10 + rate, undefined, { timeout: 15_000 });
  const [told, shown] = await page.evaluate(() => (movie.pause(), new Promise((resolve) => setTimeout(() => resolve([frame(), shown()]), 200))));
  // While it plays, a picture may be shown that the clock has not reached, or no longer.
  assert.ok(Math.abs(told - shown) <= 3, `played to frame ${told}, which says ${shown}`);
  assert.ok(parts.length > 0 && parts.every(([status, range]) => status === 206 && range), `not by ranges: ${parts}`);
  await page.context().close();
  return wanted.length;
}

const browser = await openBrowser();
try {
  let looked = 0;
  for (const [written, rate] of RATES) {
    await inStudio({ fps: written, resolution: "640x360" }, async (studio) => {
      const task = await studio.task("SH010");
      const preview = await studio.preview(task, studio.codedMovie("coded.mp4", fraction[written] ?? written, SECONDS));
      for (const quality of written === "24" ? ["originals", "low"] : ["originals"])
        looked += await watch(browser, preview, rate, quality);
    });
  }
  const rates = RATES.map(([written]) => written).join(", ");
  console.log(`frames in Chromium: ${looked} frames at ${rates} fps were the ones asked for, read by ranges`);
} finally {
  await browser.close();
}
