//! A comment as the rules see it, with where the caller stands towards its task.

use dailies_definitions::access::{Caller, Role};
use dailies_definitions::failure::Failure;
use sea_orm::{ConnectionTrait, QueryResult};
use uuid::Uuid;

use super::{CommentRule, READ, Seen, Sight, Viewer};
use crate::access::tasks::{self, TaskFact, TaskRelation, is_mentioned, relation};
use crate::access::{join_place, place_columns, read_place};
use crate::database::{self, Sql};

/// Facts that decide about a comment.
#[derive(Clone, Debug)]
pub struct CommentSubject {
    pub id: Uuid,
    pub task_id: Uuid,
    pub author_id: Uuid,
    /// Role of the author in the production.
    pub author_role: Role,
    /// Studio of the author.
    pub author_studio: Option<Uuid>,
    pub for_client: bool,
    pub task_status_id: Option<Uuid>,
    /// Relation of the caller to the task.
    pub relation: TaskRelation,
}

impl CommentSubject {
    /// The comment with that id, for this caller.
    ///
    /// # Errors
    /// 404 when there is no such comment, or no task that it is on.
    pub async fn find(connection: &impl ConnectionTrait, caller: &Caller, id: Uuid) -> Result<Self, Failure> {
        let sql = Sql::with(
            format!(
                "SELECT c.object_id, c.person_id, c.for_client, c.task_status_id, a.studio_id, {} FROM comment c \
                 JOIN task t ON t.id = c.object_id JOIN person a ON a.id = c.person_id {} WHERE c.id = $1",
                place_columns("author", "a", "l"),
                join_place("l", "t.project_id", "a.id")
            ),
            [id.into()],
        );
        let row = database::row(connection, &sql).await?.ok_or_else(Failure::not_found)?;
        let task_id = row.try_get("", "object_id")?;
        Ok(Self {
            id,
            task_id,
            author_id: row.try_get("", "person_id")?,
            author_role: read_place(&row, "author")?.role,
            author_studio: row.try_get("", "studio_id")?,
            for_client: row.try_get::<Option<bool>>("", "for_client")?.unwrap_or_default(),
            task_status_id: row.try_get("", "task_status_id")?,
            relation: relation(connection, caller, task_id).await?,
        })
    }

    /// The comment with that id, which must be on that task.
    ///
    /// # Errors
    /// 404 when it is not.
    pub async fn on_task(
        connection: &impl ConnectionTrait,
        caller: &Caller,
        task_id: Uuid,
        id: Uuid,
    ) -> Result<Self, Failure> {
        let subject = Self::find(connection, caller, id).await?;
        if subject.task_id == task_id {
            Ok(subject)
        } else {
            Err(Failure::not_found())
        }
    }

    /// The production of the task.
    #[must_use]
    pub fn project_id(&self) -> Option<Uuid> {
        self.relation.project_id
    }

    /// Facts that decide about the comment, without the viewer.
    #[must_use]
    pub fn seen(&self) -> Seen {
        Seen {
            author_id: self.author_id,
            author_role: self.author_role,
            for_client: self.for_client,
        }
    }

    /// The caller as a viewer of the comments of the production.
    #[must_use]
    pub fn viewer(&self, caller: &Caller) -> Viewer {
        Viewer {
            person_id: caller.person.id,
            place: self.relation.role,
            clients_isolated: self.relation.clients_isolated,
            works_on_entity: self.relation.holds(TaskFact::WorksOnEntity),
        }
    }

    /// True if a rule allows it to the caller.
    #[must_use]
    pub fn allows(&self, caller: &Caller, rule: &CommentRule) -> bool {
        self.viewer(caller).may(rule, self.seen())
    }

    /// As [`CommentSubject::allows`].
    ///
    /// # Errors
    /// 403 when the rule does not allow it to the caller.
    pub fn require(&self, caller: &Caller, rule: &CommentRule) -> Result<(), Failure> {
        self.viewer(caller).require(rule, self.seen())
    }

    /// Extent to which the caller sees the comment, of which some see no more than its previews.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn sight(&self, connection: &impl ConnectionTrait, caller: &Caller) -> Result<Sight, Failure> {
        let sight = self.viewer(caller).sight(self.seen());
        if sight != Sight::Previews {
            return Ok(sight);
        }
        let sql = Sql::with(
            "SELECT 1 FROM comment_preview_link WHERE comment = $1 LIMIT 1",
            [self.id.into()],
        );
        Ok(if database::row(connection, &sql).await?.is_some() {
            sight
        } else {
            Sight::Nothing
        })
    }

    /// `comment-reader`: whoever reads the task and the whole comment.
    ///
    /// # Errors
    /// 403 for everybody else.
    pub fn comment_reader(&self, caller: &Caller) -> Result<(), Failure> {
        self.relation.require(&tasks::READ)?;
        self.require(caller, &READ)
    }

    /// `comment-replier`: the author, whoever may comment the task, and whoever its comments mention, if they see anything
    /// of the comment. What is between clients and whoever runs the production is for managers and clients alone, and no client
    /// replies to a client of another studio.
    ///
    /// # Errors
    /// 403 for everybody else.
    pub async fn comment_replier(&self, connection: &impl ConnectionTrait, caller: &Caller) -> Result<(), Failure> {
        let relation = &self.relation;
        let of_clients = self.for_client || self.author_role == Role::Client;
        if of_clients && !relation.role.is_manager() && relation.role.role != Role::Client {
            return Err(Failure::forbidden());
        }
        if !relation.role.is_member() || self.sight(connection, caller).await? == Sight::Nothing {
            return Err(Failure::forbidden());
        }
        if self.author_id == caller.person.id {
            return Ok(());
        }
        let writes = relation.allows(&tasks::ACT) || is_mentioned(connection, caller, relation).await?;
        let between_clients = relation.role.role == Role::Client && self.author_role == Role::Client;
        if writes && (!between_clients || self.author_studio == caller.person.studio_id) {
            Ok(())
        } else {
            Err(Failure::forbidden())
        }
    }
}

/// `attachment-reader`: whoever reads the comment, or sees the entity of the chat, that a file is attached to.
/// Administrators see files of neither.
///
/// # Errors
/// 403 for everybody else.
pub async fn attachment_reader(
    connection: &impl ConnectionTrait,
    caller: &Caller,
    comment_id: Option<Uuid>,
    message_id: Option<Uuid>,
) -> Result<(), Failure> {
    use crate::access::entities;

    if let Some(comment_id) = comment_id {
        return CommentSubject::find(connection, caller, comment_id)
            .await?
            .comment_reader(caller);
    }
    let Some(message_id) = message_id else {
        return if caller.is_admin() {
            Ok(())
        } else {
            Err(Failure::forbidden())
        };
    };
    let sql = Sql::with(
        "SELECT c.object_id FROM chat_message m JOIN chat c ON c.id = m.chat_id WHERE m.id = $1",
        [message_id.into()],
    );
    let row = database::row(connection, &sql).await?.ok_or_else(Failure::not_found)?;
    entities::require(connection, caller, row.try_get("", "object_id")?, &entities::READ)
        .await
        .map(|_| ())
}

/// The name, media type and last change of an attached file (`name`, `mimetype`, `updated_at`), for those who may read it.
///
/// # Errors
/// 404 when there is no such file, 403 as [`attachment_reader`] says.
pub async fn readable_attachment(
    connection: &impl ConnectionTrait,
    caller: &Caller,
    id: Uuid,
) -> Result<QueryResult, Failure> {
    let sql = Sql::with(
        "SELECT name, mimetype, updated_at, comment_id, chat_message_id FROM attachment_file WHERE id = $1",
        [id.into()],
    );
    let row = database::row(connection, &sql).await?.ok_or_else(Failure::not_found)?;
    let (comment_id, message_id) = (row.try_get("", "comment_id")?, row.try_get("", "chat_message_id")?);
    attachment_reader(connection, caller, comment_id, message_id).await?;
    Ok(row)
}
