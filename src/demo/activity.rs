//! Stores the work on a production: its tasks, logged time, playlists and notices, and what is said about the tasks.

use std::collections::HashMap;

use dailies_demo::discussion::Comment;
use dailies_demo::plan::Plan;
use dailies_demo::work::{Task, TaskSubject};
use sea_orm::{DbErr, Value};
use serde_json::json;
use uuid::Uuid;

use super::breakdown::{Breakdown, count, ids};
use super::frames::Frame;
use super::production::WITH_REFERENCE;
use super::studio::Studio;
use super::talk::changes;
use super::writer::{Row, Writer};
use crate::database;

/// The production that is stored, and the ids of what its work is made of.
pub struct Activity<'a> {
    project: Uuid,
    pub(super) plan: &'a Plan,
    pub(super) studio: &'a Studio,
    breakdown: &'a Breakdown,
    pub(super) tasks: Vec<Uuid>,
    /// Of each task, its comments with their replies.
    pub(super) comments: Vec<Vec<(Uuid, Vec<Uuid>)>>,
    /// Places in the list of previews, by task and comment.
    pub(super) previews: HashMap<(usize, usize), usize>,
    pub(super) preview_ids: Vec<Uuid>,
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
            comments: plan
                .tasks
                .iter()
                .map(|task| task.comments.iter().map(of_comment).collect())
                .collect(),
            previews: places
                .map(|(place, preview)| ((preview.task, preview.comment), place))
                .collect(),
            preview_ids: ids(plan.previews.len()),
        }
    }

    /// Ids of the previews, each with the number of its picture.
    pub fn pictures(&self) -> impl Iterator<Item = (Uuid, usize)> {
        self.preview_ids
            .iter()
            .copied()
            .zip(self.plan.previews.iter().map(|preview| preview.picture))
    }

    /// Stores everything. The files of the previews should be there before.
    ///
    /// # Errors
    /// The database refuses something.
    pub async fn store(&self, writer: &Writer<'_>, frames: &[Frame]) -> Result<(), DbErr> {
        let rows = self
            .plan
            .tasks
            .iter()
            .enumerate()
            .map(|(place, task)| self.task(place, task));
        writer.write("Tasks", &entity::task::TABLE, rows).await?;
        let assignments: Vec<(Uuid, usize)> = self
            .each_task()
            .flat_map(|(id, task)| task.assignees.iter().map(move |person| (id, *person)))
            .collect();
        let rows = assignments
            .into_iter()
            .map(|(task, person)| vec![("task_id", task.into()), ("person_id", self.person(person))]);
        writer
            .write("Assignments", &entity::task_person_link::TABLE, rows)
            .await?;
        self.store_previews(writer, frames).await?;
        self.store_comments(writer).await?;
        let hours: Vec<_> = self
            .each_task()
            .flat_map(|(id, task)| task.hours.iter().map(move |hours| (id, hours)))
            .collect();
        let rows = hours.into_iter().map(|(task, hours)| {
            let evening = self
                .plan
                .calendar
                .moment((hours.day + 1) * dailies_demo::calendar::DAY - 1)
                .min(database::now());
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
        writer
            .write("Playlists", &entity::playlist::TABLE, self.playlists().into_iter())
            .await
    }

    fn each_task(&self) -> impl Iterator<Item = (Uuid, &Task)> {
        self.tasks.iter().copied().zip(&self.plan.tasks)
    }

    pub(super) fn person(&self, place: usize) -> Value {
        self.studio.people.get(place).copied().into()
    }

    pub(super) fn moment(&self, minute: Option<i64>) -> Value {
        minute.map(|minute| self.plan.calendar.moment(minute)).into()
    }

    fn task(&self, place: usize, task: &Task) -> Row {
        let entity = match task.subject {
            TaskSubject::Asset(asset) => self.breakdown.assets[asset],
            TaskSubject::Shot(shot) => self.breakdown.shots[shot],
        };
        let milestones = task.milestones();
        let entered = i64::try_from(place / 4).unwrap_or_default();
        let last_comment = task.comments.last().map(|comment| comment.minute);
        let last_preview = (0..task.comments.len())
            .rev()
            .find_map(|comment| self.previews.get(&(place, comment)));
        let with_reference = task.step.name == WITH_REFERENCE;
        let data = if with_reference {
            json!({"video_reference": place.is_multiple_of(3).to_string()})
        } else {
            json!({})
        };
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
            (
                "last_preview_file_id",
                last_preview.map(|preview| self.preview_ids[*preview]).into(),
            ),
            ("project_id", self.project.into()),
            ("task_type_id", self.studio.task_type(task.step.name).into()),
            ("task_status_id", self.studio.status(task.state).into()),
            ("entity_id", entity.into()),
            ("assigner_id", self.person(task.assigner)),
            ("created_at", self.moment(Some(entered))),
            ("updated_at", self.moment(Some(last_comment.unwrap_or(entered)))),
        ]
    }

    async fn store_notices(&self, writer: &Writer<'_>) -> Result<(), DbErr> {
        let rows = self.plan.subscriptions.iter().map(|(person, task)| {
            vec![
                ("person_id", self.person(*person)),
                ("task_id", self.tasks[*task].into()),
            ]
        });
        writer
            .write("Subscriptions", &entity::subscription::TABLE, rows)
            .await?;
        let rows = self.plan.notices.iter().map(|notice| {
            let (comment, replies) = &self.comments[notice.task][notice.comment];
            let change = notice.kind == "comment"
                && changes(&self.plan.tasks[notice.task]).any(|(at, change)| at == notice.comment && change);
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
                TaskSubject::Asset(asset) => self.breakdown.assets[asset],
                TaskSubject::Shot(shot) => self.breakdown.shots[shot],
            };
            json!({"entity_id": entity, "preview_file_id": self.preview_ids[*place]})
        };
        let row = |playlist: &dailies_demo::review::Playlist| {
            vec![
                ("name", playlist.name.into()),
                (
                    "shots",
                    json!(playlist.entries.iter().map(entry).collect::<Vec<_>>()).into(),
                ),
                ("project_id", self.project.into()),
                ("for_client", playlist.for_client.into()),
                ("for_entity", playlist.for_entity.into()),
                ("created_by", self.person(dailies_demo::people::WITH_PASSWORD[0])),
            ]
        };
        self.plan.playlists.iter().map(row).collect()
    }
}
