//! Task statuses as rules and effects see them, and those that are made when they are missing.

use std::collections::HashMap;

use dailies_definitions::access::Role;
use dailies_definitions::failure::Failure;
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};
use uuid::Uuid;

use crate::database::{self, Sql};
use crate::events::{Work, payload};

/// Meaning of a status.
#[derive(Clone, Debug, Default)]
pub struct Status {
    pub id: Uuid,
    pub name: String,
    pub short_name: String,
    pub color: String,
    pub is_done: bool,
    pub is_retake: bool,
    pub is_feedback_request: bool,
    pub is_wip: bool,
    /// True if artists and vendors may set it.
    pub is_artist_allowed: bool,
    /// True if clients may set it.
    pub is_client_allowed: bool,
}

impl Status {
    /// True if somebody with this role in the production may set the status.
    #[must_use]
    pub fn allows(&self, role: Role) -> bool {
        match role {
            Role::Artist | Role::Vendor => self.is_artist_allowed,
            Role::Client => self.is_client_allowed,
            Role::Admin | Role::Manager | Role::Supervisor => true,
        }
    }
}

/// Every status by its id: there are a few dozen at most.
///
/// # Errors
/// The database does not answer.
pub async fn all(connection: &impl ConnectionTrait) -> Result<HashMap<Uuid, Status>, DbErr> {
    let sql = Sql::new(
        "SELECT id, name, short_name, color, is_done, is_retake, is_feedback_request, is_wip, is_artist_allowed, is_client_allowed FROM task_status",
    );
    let mut statuses = HashMap::new();
    for row in database::rows(connection, &sql).await? {
        let flag = |name: &str| row.try_get::<Option<bool>>("", name);
        let status = Status {
            id: row.try_get("", "id")?,
            name: row.try_get("", "name")?,
            short_name: row.try_get("", "short_name")?,
            color: row.try_get("", "color")?,
            is_done: flag("is_done")?.unwrap_or_default(),
            is_retake: flag("is_retake")?.unwrap_or_default(),
            is_feedback_request: flag("is_feedback_request")?.unwrap_or_default(),
            is_wip: flag("is_wip")?.unwrap_or_default(),
            is_artist_allowed: flag("is_artist_allowed")?.unwrap_or(true),
            is_client_allowed: flag("is_client_allowed")?.unwrap_or(true),
        };
        statuses.insert(status.id, status);
    }
    Ok(statuses)
}

/// Statuses that people may set in some productions, which may say for themselves what clients may do.
#[derive(Clone, Debug, Default)]
pub struct Settable {
    known: HashMap<Uuid, Status>,
    /// Settings of productions for statuses, by the ids of both.
    for_clients: HashMap<(Uuid, Uuid), bool>,
}

#[derive(FromQueryResult)]
struct ClientRule {
    project_id: Uuid,
    task_status_id: Uuid,
    is_client_allowed: bool,
}

impl Settable {
    /// The statuses of these productions.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn find(
        connection: &impl ConnectionTrait,
        projects: impl IntoIterator<Item = Option<Uuid>>,
    ) -> Result<Self, DbErr> {
        let projects: Vec<Uuid> = projects.into_iter().flatten().collect();
        let mut sql = Sql::new(
            "SELECT project_id, task_status_id, is_client_allowed FROM project_task_status_link WHERE is_client_allowed IS NOT NULL AND project_id",
        );
        sql.among(&projects);
        let rules: Vec<ClientRule> = database::read_all(connection, &sql).await?;
        let for_clients = rules
            .into_iter()
            .map(|rule| ((rule.project_id, rule.task_status_id), rule.is_client_allowed))
            .collect();
        Ok(Self {
            known: all(connection).await?,
            for_clients,
        })
    }

    /// True if somebody with this role may set a status in a production; nothing for an unknown status.
    #[must_use]
    pub fn allows(&self, project_id: Option<Uuid>, id: Uuid, role: Role) -> Option<bool> {
        let status = self.known.get(&id)?;
        let rule = project_id
            .and_then(|project_id| self.for_clients.get(&(project_id, id)))
            .filter(|_| role == Role::Client);
        Some(rule.copied().unwrap_or_else(|| status.allows(role)))
    }

    /// As [`Settable::allows`].
    ///
    /// # Errors
    /// 404 for an unknown status, 403 for one that the role may not set.
    pub fn require(&self, project_id: Option<Uuid>, id: Uuid, role: Role) -> Result<(), Failure> {
        let unknown = || Failure::not_found().naming("task_status_id");
        if self.allows(project_id, id, role).ok_or_else(unknown)? {
            Ok(())
        } else {
            Err(Failure::forbidden())
        }
    }
}

/// A status that is made when there is none like it.
struct MissingStatus {
    name: &'static str,
    short_name: &'static str,
    color: &'static str,
    is_default: bool,
    for_concept: bool,
}

/// The status that new tasks begin with. It is made when there is none.
///
/// # Errors
/// The database refuses.
pub async fn default_status(work: &mut Work<'_>, for_concept: bool) -> Result<Uuid, Failure> {
    let wanted = if for_concept {
        MissingStatus {
            name: "Neutral",
            short_name: "neutral",
            color: "#CCCCCC",
            is_default: true,
            for_concept,
        }
    } else {
        MissingStatus {
            name: "Todo",
            short_name: "todo",
            color: "#f5f5f5",
            is_default: true,
            for_concept,
        }
    };
    let sql = Sql::with(
        "SELECT id FROM task_status WHERE (is_default = $1 AND COALESCE(for_concept, false) = $2) OR short_name = $3 OR name = $4 \
         ORDER BY CASE WHEN is_default = $1 AND COALESCE(for_concept, false) = $2 THEN 0 WHEN short_name = $3 THEN 1 ELSE 2 END, \
         created_at, id LIMIT 1",
        [
            true.into(),
            for_concept.into(),
            wanted.short_name.into(),
            wanted.name.into(),
        ],
    );
    find_or_make(work, &sql, &wanted).await
}

/// The status *To review*. It is made when there is none.
///
/// # Errors
/// The database refuses.
pub async fn to_review_status(work: &mut Work<'_>) -> Result<Uuid, Failure> {
    let wanted = MissingStatus {
        name: "To review",
        short_name: "pndng",
        color: "#f5f5f5",
        is_default: false,
        for_concept: false,
    };
    let sql = Sql::with(
        "SELECT id FROM task_status WHERE (name = $1 AND COALESCE(for_concept, false) = $2) OR short_name = $3 \
         ORDER BY CASE WHEN name = $1 THEN 0 ELSE 1 END, created_at, id LIMIT 1",
        [wanted.name.into(), false.into(), wanted.short_name.into()],
    );
    find_or_make(work, &sql, &wanted).await
}

async fn find_or_make(work: &mut Work<'_>, sql: &Sql, wanted: &MissingStatus) -> Result<Uuid, Failure> {
    if let Some(id) = database::read_value(&**work, sql).await? {
        return Ok(id);
    }
    let values = vec![
        ("name", wanted.name.into()),
        ("short_name", wanted.short_name.into()),
        ("color", wanted.color.into()),
        ("is_default", wanted.is_default.into()),
        ("for_concept", wanted.for_concept.into()),
    ];
    let id = database::insert(&**work, &entity::task_status::TABLE, values).await?;
    work.emit_of_studio(
        &entity::task_status::TABLE,
        "task-status:new",
        payload([("task_status_id", id)]),
    );
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn artists_clients_and_vendors_are_limited() {
        let status = Status {
            is_client_allowed: true,
            ..Status::default()
        };
        let allowed: Vec<Role> = Role::ALL.into_iter().filter(|role| status.allows(*role)).collect();
        assert_eq!(allowed, [Role::Admin, Role::Manager, Role::Supervisor, Role::Client]);
    }

    #[test]
    fn a_production_says_for_itself_what_clients_may_set() {
        let (project, status) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let known = HashMap::from([(
            status,
            Status {
                id: status,
                is_client_allowed: true,
                ..Status::default()
            },
        )]);
        let settable = Settable {
            known,
            for_clients: HashMap::from([((project, status), false)]),
        };
        assert_eq!(settable.allows(Some(project), status, Role::Client), Some(false));
        assert_eq!(settable.allows(Some(status), status, Role::Client), Some(true));
        assert_eq!(settable.allows(Some(project), status, Role::Manager), Some(true));
        assert_eq!(settable.allows(Some(project), project, Role::Manager), None);
    }
}
