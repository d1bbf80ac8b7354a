//! Message of a notification about a task, for those who hear of it outside of the web UI.

use chrono::NaiveDateTime;
use dailies_definitions::query::parse_id;
use sea_orm::{DbErr, QueryResult};
use serde_json::Value;
use uuid::Uuid;

use super::feed::{EPISODE, FULL_NAME};
use super::notices::NoticeKind;
use super::wishes::{DeliveryWishes, WISHES};
use crate::access::comments::{Seen, Viewer};
use crate::access::tasks::does_work_on;
use crate::access::{join_place, place_columns, read_place};
use crate::app::App;
use crate::config::Settings;
use crate::database::dialect::json_length;
use crate::database::{self, Sql};
use crate::mail::{Letter, LetterOrigin, News, Recipient, TaskNews};
use crate::messengers::{Message, Service};
use crate::vocabulary::persons::full_name;

/// A notification with all that is told of it.
#[derive(Clone, Debug)]
pub(super) struct TaskMessage {
    news: TaskNews,
    /// Name of the production.
    production: String,
    moment: NaiveDateTime,
    person: Person,
}

/// Person who is told.
#[derive(Clone, Debug)]
struct Person {
    recipient: Recipient,
    wishes: DeliveryWishes,
}

/// Columns that [`Person::read`] takes besides [`WISHES`], of a person `r`.
const PERSON: &str = "r.id AS person_id, r.first_name AS first_name, r.last_name AS last_name, r.timezone AS timezone, r.active AS active";

impl Person {
    fn read(row: &QueryResult) -> Result<Self, DbErr> {
        let text = |name: &str| row.try_get::<Option<String>>("", name).map(Option::unwrap_or_default);
        let recipient = Recipient {
            address: text("email")?,
            first_name: text("first_name")?,
            full_name: full_name(&text("first_name")?, &text("last_name")?),
            timezone: row.try_get("", "timezone")?,
        };
        Ok(Self {
            recipient,
            wishes: DeliveryWishes::read(row)?,
        })
    }
}

impl TaskMessage {
    /// The message of a notification, unless the notification is gone, or its person, or may no longer read of it.
    ///
    /// # Errors
    /// The database does not answer.
    pub(super) async fn find(app: &App, notification_id: Uuid) -> Result<Option<Self>, DbErr> {
        let works = does_work_on("r.id", "t.entity_id");
        let (reader, writer) = (place_columns("reader", "r", "rl"), place_columns("writer", "w", "wl"));
        let sql = Sql::with(
            format!(
                "SELECT n.type AS kind, n.reply_id AS reply_id, n.created_at AS moment, {PERSON}, {WISHES}, {reader}, \
                 a.first_name AS author_first_name, a.last_name AS author_last_name, t.id AS task_id, y.name AS task_type, \
                 y.for_entity AS for_entity, p.id AS project_id, p.name AS project, p.production_type AS production_type, {works} AS works, \
                 p.is_clients_isolated AS isolated, {FULL_NAME} AS entity, {EPISODE} AS episode_id, c.id AS comment_id, c.text AS text, \
                 c.replies AS replies, c.for_client AS for_client, c.person_id AS writer_id, {writer}, s.short_name AS status \
                 FROM notification n JOIN person r ON r.id = n.person_id JOIN person a ON a.id = n.author_id \
                 JOIN task t ON t.id = n.task_id JOIN project p ON p.id = t.project_id JOIN entity e ON e.id = t.entity_id \
                 JOIN entity_type k ON k.id = e.entity_type_id LEFT JOIN task_type y ON y.id = t.task_type_id \
                 LEFT JOIN entity sq ON sq.id = e.parent_id LEFT JOIN entity ep ON ep.id = sq.parent_id \
                 LEFT JOIN comment c ON c.id = n.comment_id LEFT JOIN task_status s ON s.id = c.task_status_id \
                 LEFT JOIN person w ON w.id = c.person_id {} {} WHERE n.id = $1",
                join_place("rl", "p.id", "r.id"),
                join_place("wl", "p.id", "w.id")
            ),
            [notification_id.into()],
        );
        match app.database.row(&sql).await? {
            Some(row) => Self::read(&row, &app.settings),
            None => of_playlist(app, notification_id).await,
        }
    }

    fn read(row: &QueryResult, settings: &Settings) -> Result<Option<Self>, DbErr> {
        let text = |name: &str| row.try_get::<Option<String>>("", name).map(Option::unwrap_or_default);
        let flag = |name: &str| row.try_get::<Option<bool>>("", name).map(Option::unwrap_or_default);
        let id = |name: &str| row.try_get::<Option<Uuid>>("", name);
        let Some(news) = news_of(&text("kind")?) else {
            return Ok(None);
        };
        if !flag("active")? || !may_be_told(row)? {
            return Ok(None);
        }
        let reply = id("reply_id")?.map(|id| reply_text(row, id)).transpose()?;
        let said = match reply {
            Some(reply) => reply,
            None => text("text")?,
        };
        let place = TaskPlace {
            project_id: row.try_get("", "project_id")?,
            task_id: row.try_get("", "task_id")?,
            episode_id: id("episode_id")?,
            is_tv_show: text("production_type")? == "tvshow",
            for_entity: text("for_entity")?,
        };
        let (project, entity, task_type) = (text("project")?, text("entity")?, text("task_type")?);
        Ok(Some(Self {
            news: TaskNews {
                news,
                author_first_name: text("author_first_name")?,
                author: full_name(&text("author_first_name")?, &text("author_last_name")?),
                task: format!("{project} / {entity} / {task_type}"),
                link: place.link(settings),
                status: text("status")?.to_uppercase(),
                text: if news == News::Assignation { String::new() } else { said },
            },
            moment: row
                .try_get::<Option<NaiveDateTime>>("", "moment")?
                .unwrap_or_else(database::now),
            production: project,
            person: Person::read(row)?,
        }))
    }

    /// The message of it in a chat service, for those who want one there.
    pub(super) fn message(&self, id: Uuid, service: Service) -> Option<Message<'_>> {
        self.person.wishes.name_in(service).map(|to| Message {
            id,
            to,
            production: &self.production,
            news: &self.news,
        })
    }

    /// The e-mail of it, for those who want one.
    pub(super) fn email(&self) -> Option<(Letter, Recipient, LetterOrigin)> {
        let Person { recipient, wishes } = &self.person;
        let by_email = if self.news.news == News::PlaylistReady {
            wishes.playlists_by_email()
        } else {
            wishes.by_email()
        };
        let origin = LetterOrigin {
            moment: self.moment,
            address: None,
        };
        by_email.then(|| (Letter::Task(self.news.clone()), recipient.clone(), origin))
    }
}

/// The message of a notification that a playlist is ready, unless it is of another kind, or its person has left the team.
async fn of_playlist(app: &App, notification_id: Uuid) -> Result<Option<TaskMessage>, DbErr> {
    let count = json_length(app.database.backend(), "y.shots");
    let sql = Sql::with(
        format!(
            "SELECT n.created_at AS moment, {PERSON}, {WISHES}, {}, a.first_name AS author_first_name, a.last_name AS author_last_name, \
             y.id AS playlist_id, y.name AS playlist, y.for_entity AS for_entity, y.is_for_all AS is_for_all, {count} AS entries, \
             p.id AS project_id, p.name AS project, p.production_type AS production_type, ep.id AS episode_id, ep.name AS episode \
             FROM notification n JOIN person r ON r.id = n.person_id JOIN person a ON a.id = n.author_id \
             JOIN playlist y ON y.id = n.playlist_id JOIN project p ON p.id = y.project_id LEFT JOIN entity ep ON ep.id = y.episode_id \
             {} WHERE n.id = $1",
            place_columns("reader", "r", "rl"),
            join_place("rl", "p.id", "r.id")
        ),
        [notification_id.into()],
    );
    match app.database.row(&sql).await? {
        Some(row) => read_playlist(&row, &app.settings),
        None => Ok(None),
    }
}

/// The message from the row of a playlist, unless its person has left.
fn read_playlist(row: &QueryResult, settings: &Settings) -> Result<Option<TaskMessage>, DbErr> {
    if !row.try_get::<Option<bool>>("", "active")?.unwrap_or_default() || !read_place(row, "reader")?.is_member() {
        return Ok(None);
    }
    let text = |name: &str| row.try_get::<Option<String>>("", name).map(Option::unwrap_or_default);
    let project = text("project")?;
    let names = [project.clone(), text("episode")?, text("playlist")?]
        .into_iter()
        .filter(|name| !name.is_empty());
    let entries = row.try_get::<Option<i64>>("", "entries")?.unwrap_or_default();
    Ok(Some(TaskMessage {
        news: TaskNews {
            news: News::PlaylistReady,
            author_first_name: text("author_first_name")?,
            author: full_name(&text("author_first_name")?, &text("author_last_name")?),
            task: names.collect::<Vec<_>>().join(" / "),
            link: playlist_link(row, settings)?,
            status: String::new(),
            text: if entries > 1 {
                format!("{entries} elements")
            } else {
                String::new()
            },
        },
        moment: row
            .try_get::<Option<NaiveDateTime>>("", "moment")?
            .unwrap_or_else(database::now),
        production: project,
        person: Person::read(row)?,
    }))
}

/// Address where the web UI shows a playlist.
fn playlist_link(row: &QueryResult, settings: &Settings) -> Result<String, DbErr> {
    let (project_id, playlist_id): (Uuid, Uuid) = (row.try_get("", "project_id")?, row.try_get("", "playlist_id")?);
    let is_show = row.try_get::<Option<String>>("", "production_type")?.as_deref() == Some("tvshow");
    let for_all = row.try_get::<Option<bool>>("", "is_for_all")?.unwrap_or_default();
    let episode = match row.try_get::<Option<Uuid>>("", "episode_id")? {
        _ if !is_show => String::new(),
        Some(id) => format!("/episodes/{id}"),
        None if for_all => "/episodes/all".to_owned(),
        None => "/episodes/main".to_owned(),
    };
    Ok(format!(
        "{}/productions/{project_id}{episode}/playlists/{playlist_id}",
        settings.public_address()
    ))
}

fn news_of(kind: &str) -> Option<News> {
    Some(match kind {
        _ if kind == NoticeKind::Comment.code() => News::Comment,
        _ if kind == NoticeKind::Mention.code() || kind == NoticeKind::ReplyMention.code() => News::Mention,
        _ if kind == NoticeKind::Reply.code() => News::Reply,
        _ if kind == NoticeKind::Assignation.code() => News::Assignation,
        _ => return None,
    })
}

/// Only those in the team are told, and of a comment those who read it. Roles and comments may have changed since the
/// notification was stored.
fn may_be_told(row: &QueryResult) -> Result<bool, DbErr> {
    let place = read_place(row, "reader")?;
    let Some(author_id) = row.try_get::<Option<Uuid>>("", "writer_id")? else {
        return Ok(place.is_member());
    };
    let viewer = Viewer {
        person_id: row.try_get("", "person_id")?,
        place,
        clients_isolated: row.try_get::<Option<bool>>("", "isolated")?.unwrap_or_default(),
        works_on_entity: row.try_get("", "works")?,
    };
    let author_role = read_place(row, "writer")?.role;
    let for_client = row.try_get::<Option<bool>>("", "for_client")?.unwrap_or_default();
    Ok(viewer.may_be_told_words(Seen {
        author_id,
        author_role,
        for_client,
    }))
}

/// The text of a reply, which may be gone.
fn reply_text(row: &QueryResult, id: Uuid) -> Result<String, DbErr> {
    let replies = row.try_get::<Option<Value>>("", "replies")?.unwrap_or_default();
    let mut replies = replies.as_array().into_iter().flatten();
    let reply = replies.find(|reply| reply["id"].as_str().and_then(parse_id) == Some(id));
    Ok(reply
        .and_then(|reply| reply["text"].as_str())
        .unwrap_or_default()
        .to_owned())
}

/// Address where the web UI shows a task.
struct TaskPlace {
    project_id: Uuid,
    task_id: Uuid,
    episode_id: Option<Uuid>,
    is_tv_show: bool,
    /// Kind of entities that tasks of its type are about.
    for_entity: String,
}

impl TaskPlace {
    fn link(&self, settings: &Settings) -> String {
        let Self {
            project_id, task_id, ..
        } = self;
        let episode = match self.episode_id {
            _ if !self.is_tv_show => String::new(),
            Some(id) => format!("/episodes/{id}"),
            None => "/episodes/main".to_owned(),
        };
        let section = match self.for_entity.as_str() {
            "Shot" => "shots",
            "Edit" => "edits",
            _ => "assets",
        };
        format!(
            "{}/productions/{project_id}{episode}/{section}/tasks/{task_id}",
            settings.public_address()
        )
    }
}
