// Prints comments as they are written, until it is stopped, or until it has seen as many as the argument says.
//
//     DAILIES_URL=http://127.0.0.1:5000 DAILIES_TOKEN=… node follow.js [NUMBER]
import { answered, Dailies } from "@dailies/client";
import { Events } from "@dailies/client/events";

const dailies = await Dailies.fromEnvironment();
let left = Number(process.argv[2] ?? Infinity);
const events = await Events.open(dailies);
console.log("listening");
for await (const { name, data } of events) {
  if (name !== "comment:new") continue;
  const path = { instance_id: String(data["comment_id"]) };
  const comment = await answered(dailies.api.GET("/data/comments/{instance_id}", { params: { path } }));
  console.log(`${comment.created_at} ${comment.text}`);
  left -= 1;
  if (left === 0) break;
}
