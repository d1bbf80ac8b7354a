//! A comment as the rules see it, with where the caller stands towards its task.

use dailies_definitions::access::{Caller, Role};
use dailies_definitions::failure::Failure;
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::visibility::{Seen, Sight, Viewer};
use crate::database::{self, Sql};
use crate::tasks::standing::{Standing, role_in, standing};

/// What decides about a comment.
#[derive(Clone, Debug)]
pub struct Subject {
    pub id: Uuid,
    pub task_id: Uuid,
    pub author_id: Uuid,
    /// Role of the author in the production.
    pub author_role: Role,
    pub for_client: bool,
    pub task_status_id: Option<Uuid>,
    /// Where the caller stands towards the task.
    pub standing: Standing,
}

impl Subject {
    /// The comment with that id, for this caller.
    ///
    /// # Errors
    /// 404 when there is no such comment, or no task that it is on.
    pub async fn find(connection: &impl ConnectionTrait, caller: &Caller, id: Uuid) -> Result<Self, Failure> {
        let sql = Sql::with(
            "SELECT c.object_id, c.person_id, c.for_client, c.task_status_id, a.role, l.person_id, l.role FROM comment c \
             JOIN task t ON t.id = c.object_id JOIN person a ON a.id = c.person_id \
             LEFT JOIN project_person_link l ON l.project_id = t.project_id AND l.person_id = a.id WHERE c.id = $1",
            [id.into()],
        );
        let row = database::row(connection, &sql).await?.ok_or_else(Failure::not_found)?;
        let task_id = row.try_get_by_index(0)?;
        let global = Role::from_code(&row.try_get_by_index::<String>(4)?);
        let in_team = row.try_get_by_index::<Option<Uuid>>(5)?.is_some();
        let own: Option<String> = row.try_get_by_index(6)?;
        Ok(Self {
            id,
            task_id,
            author_id: row.try_get_by_index(1)?,
            for_client: row.try_get_by_index::<Option<bool>>(2)?.unwrap_or_default(),
            task_status_id: row.try_get_by_index(3)?,
            author_role: role_in(global, in_team, own.as_deref()).role,
            standing: standing(connection, caller, task_id).await?,
        })
    }

    /// The comment with that id, which must be on that task.
    ///
    /// # Errors
    /// 404 when it is not.
    pub async fn on_task(connection: &impl ConnectionTrait, caller: &Caller, task_id: Uuid, id: Uuid) -> Result<Self, Failure> {
        let subject = Self::find(connection, caller, id).await?;
        if subject.task_id == task_id { Ok(subject) } else { Err(Failure::not_found()) }
    }

    /// The production of the task.
    #[must_use]
    pub fn project_id(&self) -> Option<Uuid> {
        self.standing.project_id
    }

    /// How much the caller sees of the comment.
    #[must_use]
    pub fn sight(&self, caller: &Caller) -> Sight {
        let viewer = Viewer { person_id: caller.person.id, role: self.standing.role.role, clients_isolated: self.standing.clients_isolated };
        viewer.sight(Seen { author_id: self.author_id, author_role: self.author_role, for_client: self.for_client })
    }

    /// How much the caller sees of the comment, of which some see no more than its previews.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn seen(&self, connection: &impl ConnectionTrait, caller: &Caller) -> Result<Sight, Failure> {
        let sight = self.sight(caller);
        if sight != Sight::Previews {
            return Ok(sight);
        }
        let sql = Sql::with("SELECT 1 FROM comment_preview_link WHERE comment = $1 LIMIT 1", [self.id.into()]);
        Ok(if database::row(connection, &sql).await?.is_some() { sight } else { Sight::Nothing })
    }

    /// # Errors
    /// 403 for those who may not read the comment.
    pub fn require_reader(&self, caller: &Caller) -> Result<(), Failure> {
        if self.standing.may_read() && self.sight(caller) == Sight::Whole { Ok(()) } else { Err(Failure::forbidden()) }
    }

    /// # Errors
    /// 403 for everybody but the author and those who manage the production, and when the comment is not on that task.
    pub fn require_keeper(&self, caller: &Caller, task_id: Uuid) -> Result<(), Failure> {
        let keeps = self.standing.role.is_manager() || self.author_id == caller.person.id;
        if keeps && self.task_id == task_id { Ok(()) } else { Err(Failure::forbidden()) }
    }
}
