/** Pictures and movies for review: a comment, a preview of it, and the file. */

import type { components } from "./contract.js";
import { answered, ApiError, refusal } from "./errors.js";
import type { Dailies } from "./session.js";

export type Comment = components["schemas"]["CreatedComment"];
export type Preview = components["schemas"]["PreviewFile"];

/** A comment on a task. */
export interface Publication {
  task: string;
  /** The status that the task gets. */
  status: string;
  text: string;
}

/**
 * Comments a task, which gives it that status, and adds a picture or movie as its next revision. In Node a file comes from
 * `openAsBlob` of `node:fs`, which reads it as it is sent.
 */
export async function publishPreview(
  dailies: Dailies,
  { task, status, text }: Publication,
  file: Blob,
  name?: string,
): Promise<{ comment: Comment; preview: Preview }> {
  const comment = await answered(
    dailies.api.POST("/actions/tasks/{task_id}/comment", {
      params: { path: { task_id: task } },
      body: { task_status_id: status, comment: text },
    }),
  );
  const waiting = await answered(
    dailies.api.POST("/actions/tasks/{task_id}/comments/{comment_id}/add-preview", {
      params: { path: { task_id: task, comment_id: comment.id } },
    }),
  );
  return { comment, preview: await uploadPreview(dailies, waiting.id, file, name) };
}

/** Sends the file of a preview. Its name has to have the right extension; that of a `File` is known. */
export async function uploadPreview(dailies: Dailies, preview: string, file: Blob, name?: string): Promise<Preview> {
  const form = new FormData();
  if (name === undefined) form.append("file", file);
  else form.append("file", file, name);
  const url = `${dailies.url}/pictures/preview-files/${preview}`;
  const answer = await dailies.send(() => new Request(url, { method: "POST", body: form }));
  const body: unknown = await answer.json();
  if (!answer.ok) throw new ApiError(answer.status, refusal(body));
  return body as Preview;
}
