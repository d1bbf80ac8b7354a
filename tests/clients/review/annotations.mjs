// Drawings of reviewers: the frame that the server draws beside the picture that Fabric.js shows of the same objects.
// Pairs of pictures that are unlike are left in target/screenshots.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openBrowser } from "../browser.mjs";
import { openPlayer } from "./pages.mjs";
import { inStudio, url } from "./studio.mjs";

const [fabric, drawings] = ["../node_modules/fabric/dist/fabric.min.js", "drawings.js"].map((path) => fileURLToPath(new URL(path, import.meta.url)));
const screenshots = fileURLToPath(new URL("../../../target/screenshots/", import.meta.url));

// Most of the drawn pixels that may be unlike, and most pixels that the edges of the drawings may be apart. Letters have
// another typeface on the server, so only their place and size are compared.
const SHAPES = { share: 0.02, edges: 2 };
const TEXTS = { share: 1, edges: 16 };
// The width of the letters of a text that wraps is not stored.
const WRAPPED = { share: 1, edges: 60 };

async function compareAll(studio, browser) {
  const white = join(studio.folder, "white.png");
  execFileSync("ffmpeg", ["-v", "error", "-f", "lavfi", "-i", "color=white:size=1600x900", "-frames:v", "1", white]);
  const preview = await studio.preview(await studio.task("SH010"), white);
  const page = await openPlayer(browser, { email: process.env.DAILIES_EMAIL, password: process.env.DAILIES_PASSWORD });
  for (const path of [fabric, drawings]) await page.addScriptTag({ path });
  const names = await page.evaluate(() => Object.keys(DRAWINGS));
  const unlike = [];
  for (const name of names) {
    const objects = await page.evaluate((name) => stored(name), name);
    const draw = (change) => studio.admin.put(`/actions/preview-files/${preview.id}/update-annotations`, change);
    await draw({ additions: [{ time: 0, drawing: { objects } }] });
    const source = `/api/actions/preview-files/${preview.id}/extract-annotated-frame`;
    const found = await page.evaluate(([objects, source]) => compare(objects, source), [objects, source]);
    assert.ok(found.ink > 500, `${name}: nothing is drawn`);
    const limit = name === "a text that wraps" ? WRAPPED : name.startsWith("a text") ? TEXTS : SHAPES;
    const figures = `${(100 * found.share).toFixed(2)} % of ${found.ink} pixels, edges ${found.edges} pixels apart`;
    console.log(`  ${name.padEnd(40)} ${figures}`);
    if (found.share > limit.share || found.edges > limit.edges) {
      unlike.push(`${name}: ${figures}`);
      await keep(studio, page, name, objects, source);
    }
    await draw({ deletions: [{ time: 0, objects: objects.map(({ id }) => id) }] });
  }
  assert.deepEqual(unlike, []);
  return names.length;
}

async function keep(studio, page, name, objects, source) {
  mkdirSync(screenshots, { recursive: true });
  const shown = await page.evaluate(async (objects) => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 1200, height: 675 });
    canvas.getContext("2d").putImageData(await fabricShows(objects, 1200, 675), 0, 0);
    return canvas.toDataURL();
  }, objects);
  const file = (kind) => join(screenshots, `annotation ${name}, ${kind}.png`);
  writeFileSync(file("Fabric.js"), Buffer.from(shown.split(",")[1], "base64"));
  writeFileSync(file("server"), await studio.admin.get(source.replace("/api", "")));
}

const browser = await openBrowser();
try {
  const count = await inStudio({}, (studio) => compareAll(studio, browser));
  console.log(`annotations at ${url}: ${count} drawings look as Fabric.js shows them`);
} finally {
  await browser.close();
}
