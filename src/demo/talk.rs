//! Stores what is said and shown below tasks: comments with their replies, previews, and news.

use dailies_demo::discussion::{Comment, Reply};
use dailies_demo::pipeline::State;
use dailies_demo::review::Preview;
use dailies_demo::work::{Task, TaskSubject};
use sea_orm::sea_query::ArrayType;
use sea_orm::{DbErr, Value};
use serde_json::json;
use uuid::Uuid;

use super::activity::Activity;
use super::frames::Frame;
use super::writer::{Row, Writer};
use crate::database::Sql;

impl Activity<'_> {
    /// Stores the previews, and shows assets and shots by their last one.
    ///
    /// # Errors
    /// The database refuses something.
    pub(super) async fn store_previews(&self, writer: &Writer<'_>, frames: &[Frame]) -> Result<(), DbErr> {
        let rows = self.plan.previews.iter().zip(&self.preview_ids);
        let rows = rows.map(|(preview, id)| self.preview(preview, *id, frames.get(preview.picture)));
        writer.write("Previews", &entity::preview_file::TABLE, rows).await?;
        // Assets and shots are shown by their last preview. No two tasks of one have previews.
        let shown: Vec<Uuid> = self
            .plan
            .previews
            .iter()
            .filter(|preview| preview.last)
            .map(|preview| self.tasks[preview.task])
            .collect();
        let mut sql = Sql::new(
            "UPDATE entity SET preview_file_id = (SELECT t.last_preview_file_id FROM task t \
             WHERE t.entity_id = entity.id AND t.last_preview_file_id IS NOT NULL) \
             WHERE id IN (SELECT entity_id FROM task WHERE id IN ",
        );
        sql.bind_list(shown).push(")");
        writer.database.change(&sql).await?;
        Ok(())
    }

    /// Stores the comments with their previews, the people that they name, and the news of them.
    ///
    /// # Errors
    /// The database refuses something.
    pub(super) async fn store_comments(&self, writer: &Writer<'_>) -> Result<(), DbErr> {
        let all: Vec<(usize, usize, bool)> = self
            .plan
            .tasks
            .iter()
            .enumerate()
            .flat_map(|(task, planned)| changes(planned).map(move |(comment, change)| (task, comment, change)))
            .collect();
        writer
            .write(
                "Comments",
                &entity::comment::TABLE,
                all.iter().map(|(task, comment, _)| self.comment(*task, *comment)),
            )
            .await?;
        let rows = self.plan.previews.iter().zip(&self.preview_ids);
        let rows = rows.map(|(preview, id)| {
            vec![
                ("comment", self.comments[preview.task][preview.comment].0.into()),
                ("preview_file", (*id).into()),
            ]
        });
        writer
            .write("Preview links", &entity::comment_preview_link::TABLE, rows)
            .await?;
        writer
            .write(
                "Mentions",
                &entity::comment_mentions::TABLE,
                self.people_of(|comment| comment.mention).into_iter(),
            )
            .await?;
        writer
            .write(
                "Acknowledgements",
                &entity::comment_acknoledgments::TABLE,
                self.people_of(|comment| comment.acknowledged_by).into_iter(),
            )
            .await?;
        let rows = all.iter().map(|(task, at, change)| self.news(*task, *at, *change));
        writer.write("News", &entity::news::TABLE, rows).await
    }

    fn preview(&self, preview: &Preview, id: Uuid, frame: Option<&Frame>) -> Row {
        let comment = &self.plan.tasks[preview.task].comments[preview.comment];
        let name: String = Uuid::new_v4().to_string().chars().take(13).collect();
        let side = |side: fn(&Frame) -> u32| frame.map(|frame| i32::try_from(side(frame)).unwrap_or_default());
        let size = frame.map(|frame| i64::try_from(frame.file_size).unwrap_or_default());
        vec![
            ("id", id.into()),
            ("name", name.into()),
            ("original_name", self.file_name(preview).into()),
            ("revision", preview.revision.into()),
            ("extension", "png".into()),
            ("source", "webgui".into()),
            ("status", "ready".into()),
            ("validation_status", preview.verdict.into()),
            ("file_size", size.into()),
            ("width", side(|frame| frame.width).into()),
            ("height", side(|frame| frame.height).into()),
            ("task_id", self.tasks[preview.task].into()),
            ("person_id", self.person(comment.author)),
            ("created_at", self.moment(Some(comment.minute))),
            ("updated_at", self.moment(Some(comment.minute))),
        ]
    }

    /// Name that the file of a preview had where it was made.
    fn file_name(&self, preview: &Preview) -> String {
        let plan = self.plan;
        let task = &plan.tasks[preview.task];
        let entity = match task.subject {
            TaskSubject::Asset(asset) => plan.assets[asset].name.clone(),
            TaskSubject::Shot(shot) => {
                let shot = &plan.shots[shot];
                format!("{}_{}", plan.sequences[shot.sequence].name, shot.name)
            }
        };
        format!("{entity}_{}_v{:03}", task.step.name, preview.revision)
            .to_lowercase()
            .replace(' ', "_")
    }

    /// Links of comments to persons whom they tell of.
    fn people_of(&self, person: fn(&Comment) -> Option<usize>) -> Vec<Row> {
        let tasks = self.plan.tasks.iter().zip(&self.comments);
        let comments = tasks.flat_map(|(task, ids)| task.comments.iter().zip(ids));
        comments
            .filter_map(|(comment, (id, _))| {
                let person = person(comment)?;
                Some(vec![("comment", (*id).into()), ("person", self.person(person))])
            })
            .collect()
    }

    fn news(&self, task: usize, at: usize, change: bool) -> Row {
        let comment = &self.plan.tasks[task].comments[at];
        let preview = self.previews.get(&(task, at)).map(|place| self.preview_ids[*place]);
        vec![
            ("change", change.into()),
            ("author_id", self.person(comment.author)),
            ("comment_id", self.comments[task][at].0.into()),
            ("task_id", self.tasks[task].into()),
            ("preview_file_id", preview.into()),
            ("created_at", self.moment(Some(comment.minute))),
            ("updated_at", self.moment(Some(comment.minute))),
        ]
    }

    fn comment(&self, task: usize, at: usize) -> Row {
        let comment = &self.plan.tasks[task].comments[at];
        let (id, reply_ids) = &self.comments[task][at];
        let replies: Vec<serde_json::Value> = comment
            .replies
            .iter()
            .zip(reply_ids)
            .map(|(reply, id)| self.reply(reply, *id))
            .collect();
        let checklist: Vec<serde_json::Value> = comment
            .checklist
            .iter()
            .map(|(text, checked)| json!({"text": text, "checked": checked}))
            .collect();
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
        let moment = self
            .plan
            .calendar
            .moment(reply.minute)
            .format("%Y-%m-%dT%H:%M:%S")
            .to_string();
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
}

/// The places of the comments of a task, and whether each of them changed its state.
pub fn changes(task: &Task) -> impl Iterator<Item = (usize, bool)> {
    let mut state = State::Todo;
    task.comments
        .iter()
        .enumerate()
        .map(move |(at, comment)| (at, std::mem::replace(&mut state, comment.state) != comment.state))
}
