//! Stores the work on a production: tasks, comments with their previews and news, logged time, playlists and notices.

use std::collections::HashMap;

use sea_orm::sea_query::ArrayType;
use sea_orm::{DbErr, Value};
use serde_json::json;
use uuid::Uuid;

use super::breakdown::{Breakdown, count, ids};
use super::discussion::{Comment, Reply};
use super::frames::Frame;
use super::pipeline::State;
use super::plan::Plan;
use super::production::WITH_REFERENCE;
use super::studio::Studio;
use super::work::{Subject, Task};
use super::writer::{Row, Writer};
use crate::database::{self, Sql};

/// The production that is stored, and the ids of what its work is made of.
pub struct Activity<'a> {
    project: Uuid,
    plan: &'a Plan,
    studio: &'a Studio,
    breakdown: &'a Breakdown,
    tasks: Vec<Uuid>,
    /// Of each task, its comments with their replies.
    comments: Vec<Vec<(Uuid, Vec<Uuid>)>>,
    /// Places in the list of previews, by task and comment.
    previews: HashMap<(usize, usize), usize>,
    preview_ids: Vec<Uuid>,
}

impl<'a> Activity<'a> {
    /// Gives everything its id.
    pub fn new(project: Uuid, plan: &'a Plan, studio: &'a Studio, breakdown: &'a Breakdown) -> Self {
        let of_comment = |comment: &Comment| (Uuid::new_v4(), ids(comment.replies.len()));
        let places = plan.previews.iter().enumerate();
        Self {
            project,
            plan,
            studio,
            breakdown,
            tasks: ids(plan.tasks.len()),
            comments: plan.tasks.iter().map(|task| task.comments.iter().map(of_comment).collect()).collect(),
            previews: places.map(|(place, preview)| ((preview.task, preview.comment), place)).collect(),
            preview_ids: ids(plan.previews.len()),
        }
    }

    /// Ids of the previews, each with the number of its picture.
    pub fn pictures(&self) -> impl Iterator<Item = (Uuid, usize)> {
        self.preview_ids.iter().copied().zip(self.plan.previews.iter().map(|preview| preview.picture))
    }

    /// Stores everything. The files of the previews should be there before.
    ///
    /// # Errors
    /// The database refuses something.
    pub async fn store(&self, writer: &Writer<'_>, frames: &[Frame]) -> Result<(), DbErr> {
        let rows = self.plan.tasks.iter().enumerate().map(|(place, task)| self.task(place, task));
        writer.write("Tasks", &entity::task::TABLE, rows).await?;
        let assignments: Vec<(Uuid, usize)> = self.each_task().flat_map(|(id, task)| task.assignees.iter().map(move |person| (id, *person))).collect();
        let rows = assignments.into_iter().map(|(task, person)| vec![("task_id", task.into()), ("person_id", self.person(person))]);
        writer.write("Assignments", &entity::task_person_link::TABLE, rows).await?;
        self.store_previews(writer, frames).await?;
        self.store_comments(writer).await?;
        let hours: Vec<_> = self.each_task().flat_map(|(id, task)| task.hours.iter().map(move |hours| (id, hours))).collect();
        let rows = hours.into_iter().map(|(task, hours)| {
            let evening = self.plan.calendar.moment((hours.day + 1) * super::calendar::DAY - 1).min(database::now());
            vec![
                ("duration", (hours.minutes as f64).into()),
                ("date", self.plan.calendar.date(hours.day).into()),
                ("task_id", task.into()),
                ("person_id", self.person(hours.person)),
                ("created_at", evening.into()),
                ("updated_at", evening.into()),
            ]
        });
        writer.write("Time", &entity::time_spent::TABLE, rows).await?;
        self.store_notices(writer).await?;
        writer.write("Playlists", &entity::playlist::TABLE, self.playlists().into_iter()).await
    }

    fn each_task(&self) -> impl Iterator<Item = (Uuid, &Task)> {
        self.tasks.iter().copied().zip(&self.plan.tasks)
    }

    fn person(&self, place: usize) -> Value {
        self.studio.people.get(place).copied().into()
    }

    fn moment(&self, minute: Option<i64>) -> Value {
        minute.map(|minute| self.plan.calendar.moment(minute)).into()
    }

    fn task(&self, place: usize, task: &Task) -> Row {
        let entity = match task.subject {
            Subject::Asset(asset) => self.breakdown.assets[asset],
            Subject::Shot(shot) => self.breakdown.shots[shot],
        };
        let milestones = task.milestones();
        let entered = i64::try_from(place / 4).unwrap_or_default();
        let last_comment = task.comments.last().map(|comment| comment.minute);
        let last_preview = (0..task.comments.len()).rev().find_map(|comment| self.previews.get(&(place, comment)));
        let with_reference = task.step.name == WITH_REFERENCE;
        let data = if with_reference { json!({"video_reference": (place % 3 == 0).to_string()}) } else { json!({}) };
        vec![
            ("id", self.tasks[place].into()),
            ("name", "main".into()),
            ("priority", task.priority.into()),
            ("difficulty", task.difficulty.into()),
            ("duration", (task.logged() as f64).into()),
            ("estimation", (task.estimation() as f64).into()),
            ("retake_count", milestones.retakes.into()),
            ("start_date", self.plan.calendar.midnight(task.planned.0).into()),
            ("due_date", self.plan.calendar.midnight(task.planned.1).into()),
            ("real_start_date", self.moment(milestones.begun)),
            ("end_date", self.moment(milestones.submitted)),
            ("done_date", self.moment(milestones.done)),
            ("last_comment_date", self.moment(last_comment)),
            ("nb_assets_ready", count(task.assets_ready)),
            ("data", data.into()),
            ("last_preview_file_id", last_preview.map(|preview| self.preview_ids[*preview]).into()),
            ("project_id", self.project.into()),
            ("task_type_id", self.studio.task_type(task.step.name).into()),
            ("task_status_id", self.studio.status(task.state).into()),
            ("entity_id", entity.into()),
            ("assigner_id", self.person(task.assigner)),
            ("created_at", self.moment(Some(entered))),
            ("updated_at", self.moment(Some(last_comment.unwrap_or(entered)))),
        ]
    }

    async fn store_previews(&self, writer: &Writer<'_>, frames: &[Frame]) -> Result<(), DbErr> {
        let rows = self.plan.previews.iter().zip(&self.preview_ids).map(|(preview, id)| {
            let task = &self.plan.tasks[preview.task];
            let comment = &task.comments[preview.comment];
            let frame = frames.get(preview.picture);
            let side = |side: fn(&Frame) -> u32| frame.map(|frame| i32::try_from(side(frame)).unwrap_or_default());
            let entity = match task.subject {
                Subject::Asset(asset) => self.plan.assets[asset].name.clone(),
                Subject::Shot(shot) => format!("{}_{}", self.plan.sequences[self.plan.shots[shot].sequence].name, self.plan.shots[shot].name),
            };
            let file = format!("{entity}_{}_v{:03}", task.step.name, preview.revision).to_lowercase().replace(' ', "_");
            vec![
                ("id", (*id).into()),
                ("name", Uuid::new_v4().to_string().chars().take(13).collect::<String>().into()),
                ("original_name", file.into()),
                ("revision", preview.revision.into()),
                ("extension", "png".into()),
                ("source", "webgui".into()),
                ("status", "ready".into()),
                ("validation_status", preview.verdict.into()),
                ("file_size", frame.map(|frame| i64::try_from(frame.file_size).unwrap_or_default()).into()),
                ("width", side(|frame| frame.width).into()),
                ("height", side(|frame| frame.height).into()),
                ("task_id", self.tasks[preview.task].into()),
                ("person_id", self.person(comment.author)),
                ("created_at", self.moment(Some(comment.minute))),
                ("updated_at", self.moment(Some(comment.minute))),
            ]
        });
        writer.write("Previews", &entity::preview_file::TABLE, rows).await?;
        // Assets and shots are shown by their last preview. No two tasks of one have previews.
        let shown: Vec<Uuid> = self.plan.previews.iter().filter(|preview| preview.last).map(|preview| self.tasks[preview.task]).collect();
        let mut sql = Sql::new("UPDATE entity SET preview_file_id = (SELECT t.last_preview_file_id FROM task t WHERE t.entity_id = entity.id AND t.last_preview_file_id IS NOT NULL) WHERE id IN (SELECT entity_id FROM task WHERE id IN ");
        sql.bind_list(shown).push(")");
        database::execute(writer.database.read(), &sql).await?;
        Ok(())
    }

    async fn store_comments(&self, writer: &Writer<'_>) -> Result<(), DbErr> {
        let all: Vec<(usize, usize, bool)> = self.plan.tasks.iter().enumerate().flat_map(|(task, planned)| changes(planned).map(move |(comment, change)| (task, comment, change))).collect();
        writer.write("Comments", &entity::comment::TABLE, all.iter().map(|(task, comment, _)| self.comment(*task, *comment))).await?;
        let rows = self.plan.previews.iter().zip(&self.preview_ids);
        let rows = rows.map(|(preview, id)| vec![("comment", self.comments[preview.task][preview.comment].0.into()), ("preview_file", (*id).into())]);
        writer.write("Preview links", &entity::comment_preview_link::TABLE, rows).await?;
        let people_of = |person: fn(&Comment) -> Option<usize>| -> Vec<Row> {
            let found = all.iter().filter_map(|(task, comment, _)| Some((*task, *comment, person(&self.plan.tasks[*task].comments[*comment])?)));
            found.map(|(task, comment, person)| vec![("comment", self.comments[task][comment].0.into()), ("person", self.person(person))]).collect()
        };
        writer.write("Mentions", &entity::comment_mentions::TABLE, people_of(|comment| comment.mention).into_iter()).await?;
        writer.write("Acknowledgements", &entity::comment_acknoledgments::TABLE, people_of(|comment| comment.acknowledged_by).into_iter()).await?;
        let rows = all.iter().map(|(task, at, change)| {
            let comment = &self.plan.tasks[*task].comments[*at];
            vec![
                ("change", (*change).into()),
                ("author_id", self.person(comment.author)),
                ("comment_id", self.comments[*task][*at].0.into()),
                ("task_id", self.tasks[*task].into()),
                ("preview_file_id", self.previews.get(&(*task, *at)).map(|preview| self.preview_ids[*preview]).into()),
                ("created_at", self.moment(Some(comment.minute))),
                ("updated_at", self.moment(Some(comment.minute))),
            ]
        });
        writer.write("News", &entity::news::TABLE, rows).await
    }

    fn comment(&self, task: usize, at: usize) -> Row {
        let comment = &self.plan.tasks[task].comments[at];
        let (id, reply_ids) = &self.comments[task][at];
        let replies: Vec<serde_json::Value> = comment.replies.iter().zip(reply_ids).map(|(reply, id)| self.reply(reply, *id)).collect();
        let checklist: Vec<serde_json::Value> = comment.checklist.iter().map(|(text, checked)| json!({"text": text, "checked": checked})).collect();
        vec![
            ("id", (*id).into()),
            ("object_id", self.tasks[task].into()),
            ("object_type", "Task".into()),
            ("text", comment.text.as_str().into()),
            ("replies", json!(replies).into()),
            ("checklist", json!(checklist).into()),
            ("pinned", comment.pinned.into()),
            ("for_client", comment.for_client.into()),
            ("links", Value::Array(ArrayType::String, Some(Box::default()))),
            ("task_status_id", self.studio.status(comment.state).into()),
            ("person_id", self.person(comment.author)),
            ("created_at", self.moment(Some(comment.minute))),
            ("updated_at", self.moment(Some(comment.minute))),
        ]
    }

    fn reply(&self, reply: &Reply, id: Uuid) -> serde_json::Value {
        let moment = self.plan.calendar.moment(reply.minute).format("%Y-%m-%dT%H:%M:%S").to_string();
        json!({
            "id": id,
            "date": moment,
            "created_at": moment,
            "person_id": self.studio.people.get(reply.author),
            "text": reply.text,
            "mentions": [],
            "department_mentions": [],
        })
    }

    async fn store_notices(&self, writer: &Writer<'_>) -> Result<(), DbErr> {
        let rows = self.plan.subscriptions.iter().map(|(person, task)| vec![("person_id", self.person(*person)), ("task_id", self.tasks[*task].into())]);
        writer.write("Subscriptions", &entity::subscription::TABLE, rows).await?;
        let rows = self.plan.notices.iter().map(|notice| {
            let (comment, replies) = &self.comments[notice.task][notice.comment];
            let change = notice.kind == "comment" && changes(&self.plan.tasks[notice.task]).any(|(at, change)| at == notice.comment && change);
            vec![
                ("read", notice.read.into()),
                ("change", change.into()),
                ("type", notice.kind.into()),
                ("person_id", self.person(notice.person)),
                ("author_id", self.person(notice.author)),
                ("comment_id", (*comment).into()),
                ("task_id", self.tasks[notice.task].into()),
                ("reply_id", notice.reply.map(|reply| replies[reply]).into()),
                ("created_at", self.moment(Some(notice.minute))),
                ("updated_at", self.moment(Some(notice.minute))),
            ]
        });
        writer.write("Notifications", &entity::notification::TABLE, rows).await
    }

    fn playlists(&self) -> Vec<Row> {
        let entry = |place: &usize| {
            let entity = match self.plan.tasks[self.plan.previews[*place].task].subject {
                Subject::Asset(asset) => self.breakdown.assets[asset],
                Subject::Shot(shot) => self.breakdown.shots[shot],
            };
            json!({"entity_id": entity, "preview_file_id": self.preview_ids[*place]})
        };
        let row = |playlist: &super::review::Playlist| {
            vec![
                ("name", playlist.name.into()),
                ("shots", json!(playlist.entries.iter().map(entry).collect::<Vec<_>>()).into()),
                ("project_id", self.project.into()),
                ("for_client", playlist.for_client.into()),
                ("for_entity", playlist.for_entity.into()),
                ("created_by", self.person(super::people::WITH_PASSWORD[0])),
            ]
        };
        self.plan.playlists.iter().map(row).collect()
    }
}

/// The places of the comments of a task, and whether each of them changed its state.
fn changes(task: &Task) -> impl Iterator<Item = (usize, bool)> {
    let mut state = State::Todo;
    task.comments.iter().enumerate().map(move |(at, comment)| (at, std::mem::replace(&mut state, comment.state) != comment.state))
}
