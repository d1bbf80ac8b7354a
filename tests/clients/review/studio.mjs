// A small studio for the suites of this folder: a production with its people, shots, previews and a playlist.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

export const url = process.env.DAILIES_URL.replace(/\/$/, "");
const tag = randomUUID().slice(0, 6);

// The frames of coded movies carry their number in these many blocks, the lowest bit on the left.
export const BITS = 10;

// A caller of the API.
class Caller {
  constructor(token) {
    this.token = token;
  }

  async send(method, path, body) {
    const headers = { Authorization: `Bearer ${this.token}` };
    if (body !== undefined && !(body instanceof FormData)) {
      headers["Content-Type"] = "application/json";
      body = JSON.stringify(body);
    }
    const answer = await fetch(url + path, { method, headers, body });
    const bytes = Buffer.from(await answer.arrayBuffer());
    assert.ok(answer.ok, `${method} ${path} answered ${answer.status}: ${bytes.toString().slice(0, 400)}`);
    return answer.headers.get("content-type")?.includes("json") ? JSON.parse(bytes) : bytes;
  }

  get = (path) => this.send("GET", path);
  post = (path, body) => this.send("POST", path, body);
  put = (path, body) => this.send("PUT", path, body);
}

export async function signIn(email, password) {
  const answer = await fetch(`${url}/auth/login`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ email, password }),
  });
  assert.equal(answer.status, 200, `${email} cannot sign in`);
  return new Caller((await answer.json()).access_token);
}

// Runs `work` with a production that is gone afterwards.
export async function inStudio(settings, work) {
  const admin = await signIn(process.env.DAILIES_EMAIL, process.env.DAILIES_PASSWORD);
  const folder = mkdtempSync(join(tmpdir(), "dailies-review-"));
  const production = await admin.post("/data/projects", { name: `Review ${tag}`, production_type: "short", ...settings });
  try {
    return await work(new Studio(admin, production, folder));
  } finally {
    const [closed] = await admin.get("/data/project-status?name=Closed");
    await admin.put(`/data/projects/${production.id}`, { project_status_id: closed.id });
    await admin.send("DELETE", `/data/projects/${production.id}?force=true`);
    rmSync(folder, { recursive: true, force: true });
  }
}

class Studio {
  constructor(admin, production, folder) {
    this.admin = admin;
    this.production = production;
    this.folder = folder;
  }

  // Somebody with a password, in the team or not.
  async person(name, role, inTeam) {
    const password = randomUUID();
    const email = `${name}-${tag}@example.com`;
    const body = { first_name: name, last_name: `Review ${tag}`, email, role, password };
    const { id } = await this.admin.post("/data/persons", body);
    if (inTeam) await this.admin.post(`/data/projects/${this.production.id}/team`, { person_id: id });
    return { id, email, password };
  }

  // A task on a new shot.
  async task(shot) {
    const project = this.production.id;
    this.sequence ??= await this.admin.post(`/data/projects/${project}/sequences`, { name: "SQ01" });
    const body = { name: shot, sequence_id: this.sequence.id };
    const entity = await this.admin.post(`/data/projects/${project}/shots`, body);
    const [taskType] = await this.admin.get("/data/task-types?name=Animation&for_entity=Shot");
    const path = `/actions/projects/${project}/task-types/${taskType.id}/shots/create-tasks`;
    const [task] = await this.admin.post(path, [entity.id]);
    return task;
  }

  // A preview of a task, once its file has been worked on; a movie may stay as it is.
  async preview(task, file, { normalize = true } = {}) {
    const [status] = await this.admin.get("/data/task-status?short_name=wip");
    const comment = await this.admin.post(`/actions/tasks/${task.id}/comment`, { task_status_id: status.id, comment: "" });
    const path = `/actions/tasks/${task.id}/comments/${comment.id}/add-preview`;
    const { id } = await this.admin.post(path, {});
    const form = new FormData();
    form.append("file", new Blob([readFileSync(file)]), basename(file));
    let preview = await this.admin.post(`/pictures/preview-files/${id}?normalize=${normalize}`, form);
    while (preview.status === "processing") {
      await new Promise((resolve) => setTimeout(resolve, 200));
      preview = await this.admin.get(`/data/preview-files/${id}`);
    }
    assert.equal(preview.status, "ready", `${basename(file)} became ${preview.status}`);
    return preview;
  }

  async playlist(name, entries) {
    const shots = entries.map(([task, preview]) => ({ entity_id: task.entity_id, preview_file_id: preview.id }));
    return this.admin.post("/data/playlists", { name, project_id: this.production.id, shots });
  }

  // A movie whose frames say their number: in blocks for programs, in digits for people.
  codedMovie(name, rate, seconds) {
    const path = join(this.folder, name);
    const bit = `mod(floor(N/pow(2,floor(X/${320 / BITS}))),2)`;
    const blocks = `nullsrc=size=320x60:rate=${rate},geq=lum='16+219*${bit}':cb=128:cr=128,pad=320:180`;
    const graph = `${blocks},drawtext=text='%{n}':fontsize=60:fontcolor=white:x=120:y=90,format=yuv420p`;
    const encoder = ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "12", "-g", "2", "-movflags", "+faststart"];
    execFileSync("ffmpeg", ["-v", "error", "-f", "lavfi", "-i", graph, "-t", `${seconds}`, ...encoder, path]);
    return path;
  }
}
