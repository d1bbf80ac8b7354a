// A review in two browsers: who plays, pauses, seeks or draws takes the other along; others stay outside.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { openBrowser } from "../browser.mjs";
import { openPlayer } from "./pages.mjs";
import { BITS, inStudio, url } from "./studio.mjs";

const RATE = 24;
const SECONDS = 12;
const APART = 2;
const socketIo = fileURLToPath(new URL("../node_modules/socket.io-client/dist/socket.io.min.js", import.meta.url));

// Runs in the page: joins the room of a playlist and does what it says, as the web UI does.
async function joinRoom({ playlist, previewFile }) {
  const room = { id: playlist, heard: [], people: undefined, state: undefined };
  const about = (state) => ({ playlist_id: playlist, current_preview_file_id: previewFile, ...state });
  room.socket = io("/events", { transports: ["websocket"], reconnection: false });
  room.socket.onAny((name, payload) => room.heard.push([name, payload, performance.timeOrigin + performance.now()]));
  room.socket.on("preview-room:room-people-updated", ({ people }) => (room.people = people));
  room.socket.on("preview-room:room-updated", (state) => {
    room.state = state;
    if (Math.abs(frame() - state.current_frame) > 1 || !state.is_playing) movie.currentTime = (state.current_frame + 0.5) / rate;
    if (state.is_playing) movie.play();
    else movie.pause();
  });
  room.say = (name, payload) => room.socket.emit(`preview-room:${name}`, payload);
  room.update = (state) => room.say("room-updated", about(state));
  // Who leads tells where the movie is, so that nobody falls behind.
  room.play = () => {
    room.update({ is_playing: true, current_frame: frame() });
    room.lead = setInterval(() => room.update({ is_playing: true, current_frame: frame() }), 250);
  };
  room.pause = () => {
    clearInterval(room.lead);
    movie.pause();
    room.update({ is_playing: false, current_frame: frame() });
  };
  window.room = room;
  await new Promise((resolve, reject) => {
    room.socket.on("connect", resolve);
    room.socket.on("connect_error", reject);
  });
  room.say("open-playlist", { playlist_id: playlist });
  room.say("join", about({ is_playing: false, current_frame: 0 }));
}

async function enter(browser, person, playlist, preview) {
  const page = await openPlayer(browser, person);
  await page.addScriptTag({ path: socketIo });
  if (preview) {
    const source = `/api/movies/originals/preview-files/${preview.id}.mp4`;
    await page.evaluate(([source, settings]) => load(source, settings), [source, { rate: RATE, bits: BITS }]);
  }
  await page.evaluate(joinRoom, { playlist: playlist.id, previewFile: preview?.id ?? null });
  return page;
}

const people = (page) => page.evaluate(() => room.people);
const until = (page, test, argument) => page.waitForFunction(test, argument, { timeout: 5_000 });
const inRoom = (page, ids) =>
  until(page, (ids) => JSON.stringify([...(room.people ?? [])].sort()) === JSON.stringify(ids), ids.map(({ id }) => id).sort());
const heard = (page, name) =>
  page.evaluate((name) => room.heard.filter(([heard]) => heard === name).map(([, payload]) => payload), name);

// Number of frames between the two pages, by where each was at the same moment.
function apart(first, second) {
  const distances = [];
  for (const [time, frame] of first) {
    const at = second.findIndex(([other]) => other >= time);
    if (at < 1) continue;
    const [[before, from], [after, to]] = second.slice(at - 1, at + 1);
    if (after - before < 600) distances.push(Math.abs(from + ((to - from) * (time - before)) / (after - before) - frame));
  }
  return distances;
}

// They play together for some seconds.
async function playTogether(leader, follower) {
  await leader.evaluate(() => room.play());
  // The first moments of a player are its own affair.
  await leader.waitForTimeout(1_000);
  for (const page of [leader, follower]) await page.evaluate(() => (places.length = 0));
  await leader.waitForTimeout(4_000);
  const [first, second] = await Promise.all([leader, follower].map((page) => page.evaluate(() => [...places])));
  await leader.evaluate(() => room.pause());
  const distances = apart(first, second);
  assert.ok(distances.length > 10, `only ${distances.length} moments are known of both`);
  const farthest = Math.max(...distances);
  assert.ok(farthest <= APART, `the browsers were ${farthest.toFixed(1)} frames apart`);
  return farthest.toFixed(1);
}

// Both stand still at the same frame, by what their pictures say.
async function sameFrame(leader, follower) {
  await until(follower, () => room.state.is_playing === false && movie.paused && !movie.seeking);
  await follower.waitForTimeout(300);
  const [led, followed] = await Promise.all([leader, follower].map((page) => page.evaluate(() => shown())));
  assert.equal(followed, led, `one shows frame ${led}, the other ${followed}`);
  return led;
}

async function review(studio, browser) {
  const task = await studio.task("SH010");
  const preview = await studio.preview(task, studio.codedMovie("coded.mp4", RATE, SECONDS), { normalize: false });
  const playlist = await studio.playlist("Monday", [[task, preview]]);
  const [supervisor, artist, stranger] = await Promise.all([
    studio.person("supervisor", "supervisor", true),
    studio.person("artist", "user", true),
    studio.person("stranger", "user", false),
  ]);
  const leader = await enter(browser, supervisor, playlist, preview);
  const follower = await enter(browser, artist, playlist, preview);
  for (const page of [leader, follower]) await inRoom(page, [supervisor, artist]);

  const farthest = await playTogether(leader, follower);
  await sameFrame(leader, follower);
  for (const frame of [5, 200, 37]) {
    await leader.evaluate((frame) => room.update({ is_playing: false, current_frame: frame }), frame);
    for (const page of [leader, follower]) await until(page, (frame) => room.state.current_frame === frame, frame);
    await leader.waitForTimeout(300);
    assert.equal(await sameFrame(leader, follower), frame, "both are where they were sent");
  }

  await draw(leader, follower, playlist, preview, supervisor);
  await keepOut(browser, [leader, follower], stranger, playlist);

  // Who comes late is shown where the others are, and who closes the browser is no longer in the room.
  await follower.context().close();
  await inRoom(leader, [supervisor]);
  const late = await enter(browser, artist, playlist, preview);
  await inRoom(leader, [supervisor, artist]);
  await until(late, () => room.state?.current_frame === 37);
  await sameFrame(leader, late);
  return farthest;
}

// A line that one draws is seen by the other while it is drawn, and stored for all.
async function draw(leader, follower, playlist, preview, author) {
  const line = { id: "a-line", type: "path", path: [["M", 1, 2], ["L", 3, 4]], stroke: "#ff3860", strokeWidth: 4 };
  const said = { playlist_id: playlist.id, data: { user_id: author.id, time: 1.5417, obj: line } };
  await leader.evaluate((said) => room.say("add-annotation", said), said);
  await until(follower, () => room.heard.some(([name]) => name === "preview-room:add-annotation"));
  assert.deepEqual(await heard(follower, "preview-room:add-annotation"), [said], "the line arrives as it was drawn");
  const stored = await leader.evaluate(async ([id, time, line]) => {
    const body = JSON.stringify({ additions: [{ time, drawing: { objects: [line] } }] });
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(`/api/actions/preview-files/${id}/update-annotations`, { method: "PUT", headers, body });
    return [answer.status, await answer.json()];
  }, [preview.id, said.data.time, line]);
  assert.equal(stored[0], 200, JSON.stringify(stored[1]));
  assert.deepEqual(stored[1].annotations[0].drawing.objects, [line]);
  await until(follower, () => room.heard.some(([name]) => name === "preview-file:annotation-update"));
}

// Somebody outside of the team neither comes in, nor hears, nor is heard; without a session there is no stream at all.
async function keepOut(browser, inside, stranger, playlist) {
  const before = await Promise.all(inside.map((page) => page.evaluate(() => room.heard.length)));
  const outside = await enter(browser, stranger, playlist);
  await outside.evaluate(() => {
    room.update({ is_playing: true, current_frame: 99 });
    room.say("add-annotation", { playlist_id: room.id, data: { time: 0, obj: {} } });
  });
  await outside.waitForTimeout(1_000);
  assert.deepEqual(await outside.evaluate(() => room.heard.map(([name]) => name).filter((name) => name.startsWith("preview-room:"))), []);
  for (const [at, page] of inside.entries()) {
    const since = await page.evaluate((count) => room.heard.slice(count).map(([name]) => name), before[at]);
    assert.deepEqual(since.filter((name) => name.startsWith("preview-room:")), [], "the stranger was heard");
    assert.equal((await people(page)).length, 2, "the stranger came in");
  }
  await outside.context().clearCookies();
  const refusal = await outside.evaluate(() => new Promise((resolve) => {
    const socket = io("/events", { transports: ["websocket"], reconnection: false, forceNew: true });
    socket.on("connect", () => resolve("let in"));
    socket.on("connect_error", (error) => resolve(error.message));
  }));
  assert.match(refusal, /^Missing access token/);
  await outside.context().close();
}

const browser = await openBrowser();
try {
  const farthest = await inStudio({ fps: `${RATE}`, resolution: "640x360" }, (studio) => review(studio, browser));
  console.log(`review room at ${url}: two browsers at most ${farthest} frames apart, and a stranger stayed outside`);
} finally {
  await browser.close();
}
