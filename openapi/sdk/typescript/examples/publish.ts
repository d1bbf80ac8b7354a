// Lists the shots that I have to work on, and publishes a picture on the first of them.
//
//     DAILIES_URL=http://127.0.0.1:5000 DAILIES_EMAIL=… DAILIES_PASSWORD=… node publish.js PICTURE
import { openAsBlob } from "node:fs";
import { basename } from "node:path";
import { answered, Dailies, publishPreview } from "@dailies/client";
import { Events } from "@dailies/client/events";

const dailies = await Dailies.fromEnvironment();
const tasks = await answered(dailies.api.GET("/data/user/tasks"));
const shots = tasks.filter((task) => task.task_type_for_entity === "Shot");
for (const task of shots) {
  console.log(`${task.project_name}  ${task.sequence_name}/${task.entity_name}  ${task.task_type_name}: ${task.task_status_name}`);
}

const [review] = await answered(dailies.api.GET("/data/task-status", { params: { query: { is_feedback_request: true } } }));
const [task, picture] = [shots[0], process.argv[2]];
if (!task || !review || !picture) throw new Error("there is nothing to work on, or no picture was named");

const events = await Events.open(dailies);
const publication = { task: task.id, status: review.id, text: "Ready for a look" };
const { comment, preview } = await publishPreview(dailies, publication, await openAsBlob(picture), basename(picture));
console.log(`revision ${preview.revision} of ${task.entity_name} is ${preview.status}`);
for await (const { name, data } of events) {
  if (data["comment_id"] === comment.id) {
    console.log(`told: ${name}`);
    break;
  }
}
await dailies.signOut();
