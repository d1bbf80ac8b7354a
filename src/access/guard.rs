//! The guard: finds out who calls, and makes the proofs of access that handlers take.

use std::sync::Arc;

use async_trait::async_trait;
use dailies_definitions::access::{
    Admin, Caller, EntityReader, Human, Identity, Person, ProjectManager, ProjectMember, ProjectSupervisor, Refresher, Role, SelfOrAdmin,
    StudioManager, TaskActor, TaskReader, Token,
};
use dailies_definitions::call::{Sessions, Working};
use dailies_definitions::failure::Failure;
use dailies_definitions::rules::Guard;
use futures::future::BoxFuture;
use poem::Request;
use poem::http::{HeaderMap, StatusCode};
use sea_orm::DbErr;
use serde_json::json;
use uuid::Uuid;

use super::rules::{ProjectRole, is_assigned_to_entity, is_assigned_to_task, project_role, supervises_task_type};
use crate::app::{App, SharedApp};
use crate::auth::sessions;
use crate::auth::tokens::{self, Claims, TokenKind};
use crate::database::{Database, Sql};
use crate::events::transact;

/// Checks tokens and access rules against the database.
pub struct AccessGuard(pub SharedApp);

/// What somebody who still has to set up a second factor may reach.
const OPEN_BEFORE_SECOND_FACTOR: [&str; 8] = [
    "/auth/totp",
    "/auth/email-otp",
    "/auth/fido",
    "/auth/recovery-codes",
    "/auth/login",
    "/auth/logout",
    "/auth/authenticated",
    "/auth/refresh-token",
];

const UNAUTHORIZED: &str = "The server could not verify that you are authorized to access the URL requested. You either supplied the wrong credentials (e.g. a bad password), or your browser doesn't understand how to supply the credentials required.";

impl AccessGuard {
    /// Who sends a request with these headers to this path.
    ///
    /// # Errors
    /// 401, 403 or 422, as the contract says of tokens.
    pub async fn identify(&self, headers: &HeaderMap, path: &str) -> Result<Caller, Failure> {
        let app = &self.0;
        let text = tokens::from_request(headers, "access_token_cookie")?;
        let claims = app.tokens.verify(&text).map_err(|problem| problem.failure())?;
        if claims.kind == TokenKind::Refresh {
            return Err(Failure::token(StatusCode::UNPROCESSABLE_ENTITY, "Only non-refresh tokens are allowed"));
        }
        let person = owner(app, &claims).await?;
        let identity = claims.identity.ok_or_else(revoked)?;
        let id = claims.jti.clone().ok_or_else(revoked)?;
        if claims.needs_second_factor && !OPEN_BEFORE_SECOND_FACTOR.contains(&path.strip_prefix("/api").unwrap_or(path)) {
            return Err(second_factor_needed());
        }
        let token = Token { id, identity, refresh_id: claims.refresh_jti, needs_second_factor: claims.needs_second_factor };
        Ok(Caller { person, token: Arc::new(token) })
    }

    async fn role_in(&self, caller: &Caller, project_id: Uuid) -> Result<ProjectRole, Failure> {
        project_role(self.0.database.read(), caller, project_id).await
    }
}

/// The person behind a token that is good.
async fn owner(app: &App, claims: &Claims) -> Result<Arc<Person>, Failure> {
    let jti = claims.jti.as_deref().ok_or_else(revoked)?;
    let identity = claims.identity.ok_or_else(revoked)?;
    if identity == Identity::Person && sessions::is_revoked(app, claims).await? {
        return Err(revoked());
    }
    let id = dailies_definitions::query::parse_id(&claims.sub);
    let person = match id {
        Some(id) => app.people.find(id).await?,
        None => None,
    };
    // Bots and personal tokens: only the latest one is good, and the person's row says which that is.
    if identity != Identity::Person && person.as_ref().is_none_or(|person| person.token_id.as_deref() != Some(jti)) {
        return Err(revoked());
    }
    let person = person.ok_or_else(unauthorized)?;
    if !person.active {
        if identity == Identity::Person {
            sessions::revoke(app, claims).await?;
        }
        return Err(unauthorized());
    }
    Ok(person)
}

fn revoked() -> Failure {
    Failure::token(StatusCode::UNAUTHORIZED, "Token has been revoked")
}

fn unauthorized() -> Failure {
    Failure::plain(StatusCode::UNAUTHORIZED, UNAUTHORIZED)
}

fn second_factor_needed() -> Failure {
    let message = "Two-factor authentication setup is required. Please configure 2FA before accessing the API.";
    Failure::answer(StatusCode::FORBIDDEN, json!({"error": true, "two_factor_authentication_required": true, "message": message}))
}

/// What the rules about tasks look at.
struct TaskFacts {
    project_id: Option<Uuid>,
    entity_id: Option<Uuid>,
    task_type_id: Option<Uuid>,
    entity_creator: Option<Uuid>,
}

impl TaskFacts {
    async fn find(app: &App, id: Uuid) -> Result<Self, Failure> {
        let sql = Sql::with(
            "SELECT t.project_id, t.entity_id, t.task_type_id, e.created_by FROM task t LEFT JOIN entity e ON e.id = t.entity_id WHERE t.id = $1",
            [id.into()],
        );
        let row = app.database.row(&sql).await?.ok_or_else(Failure::not_found)?;
        Ok(Self {
            project_id: row.try_get_by_index(0)?,
            entity_id: row.try_get_by_index(1)?,
            task_type_id: row.try_get_by_index(2)?,
            entity_creator: row.try_get_by_index(3)?,
        })
    }
}

impl Sessions for AccessGuard {
    fn keeping<'a>(&'a self, request: Working<'a>) -> Working<'a> {
        Box::pin(self.0.database.keeping(request))
    }

    fn release(&self) -> BoxFuture<'_, ()> {
        Box::pin(Database::release())
    }

    fn apart<'a>(&'a self, request: Working<'a>) -> Working<'a> {
        Box::pin(self.0.database.apart(request))
    }

    fn transact<'a>(&'a self, attempt: &'a (dyn Fn() -> Working<'a> + Sync)) -> Working<'a> {
        Box::pin(transact(&self.0, attempt))
    }
}

#[async_trait]
impl Guard for AccessGuard {
    async fn caller(&self, request: &Request) -> Result<Caller, Failure> {
        self.identify(request.headers(), request.uri().path()).await
    }

    async fn refresher(&self, request: &Request) -> Result<Refresher, Failure> {
        let text = tokens::from_request(request.headers(), "refresh_token_cookie")?;
        let claims = self.0.tokens.verify(&text).map_err(|problem| problem.failure())?;
        if claims.kind != TokenKind::Refresh {
            return Err(Failure::token(StatusCode::UNPROCESSABLE_ENTITY, "Only refresh tokens are allowed"));
        }
        let person = owner(&self.0, &claims).await?;
        if claims.identity == Some(Identity::Bot) {
            return Err(Failure::forbidden());
        }
        Ok(Refresher { person, refresh_id: claims.jti.unwrap_or_default() })
    }

    fn explain(&self, error: Box<dyn std::error::Error + Send + Sync>) -> Failure {
        if let Some(answer) = error.downcast_ref::<DbErr>().and_then(crate::crud::explain) {
            return answer;
        }
        tracing::error!(error = &*error as &dyn std::error::Error, "an operation failed");
        Failure::plain(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error.")
    }

    async fn human(&self, caller: Caller) -> Result<Human, Failure> {
        if caller.token.identity == Identity::Bot { Err(Failure::forbidden()) } else { Ok(Human::granted(caller)) }
    }

    async fn admin(&self, caller: Caller) -> Result<Admin, Failure> {
        if caller.is_admin() { Ok(Admin::granted(caller)) } else { Err(Failure::forbidden()) }
    }

    async fn studio_manager(&self, caller: Caller) -> Result<StudioManager, Failure> {
        if matches!(caller.person.role, Role::Admin | Role::Manager) { Ok(StudioManager::granted(caller)) } else { Err(Failure::forbidden()) }
    }

    async fn project_member(&self, caller: Caller, id: Uuid) -> Result<ProjectMember, Failure> {
        let found = self.role_in(&caller, id).await?;
        if found.is_member() { Ok(ProjectMember::granted(caller, id, found.role)) } else { Err(Failure::forbidden()) }
    }

    async fn project_member_not_vendor(&self, caller: Caller, id: Uuid) -> Result<ProjectMember, Failure> {
        let member = self.project_member(caller, id).await?;
        if member.role() == Role::Vendor { Err(Failure::forbidden()) } else { Ok(member) }
    }

    async fn project_staff(&self, caller: Caller, id: Uuid) -> Result<ProjectMember, Failure> {
        let member = self.project_member(caller, id).await?;
        if matches!(member.role(), Role::Vendor | Role::Client) { Err(Failure::forbidden()) } else { Ok(member) }
    }

    async fn project_supervisor(&self, caller: Caller, id: Uuid) -> Result<ProjectSupervisor, Failure> {
        let found = self.role_in(&caller, id).await?;
        if found.is_supervisor() { Ok(ProjectSupervisor::granted(caller, id, found.role)) } else { Err(Failure::forbidden()) }
    }

    async fn project_manager(&self, caller: Caller, id: Uuid) -> Result<ProjectManager, Failure> {
        let found = self.role_in(&caller, id).await?;
        if found.is_manager() { Ok(ProjectManager::granted(caller, id, found.role)) } else { Err(Failure::forbidden()) }
    }

    async fn entity_reader(&self, caller: Caller, id: Uuid) -> Result<EntityReader, Failure> {
        let sql = Sql::with("SELECT project_id FROM entity WHERE id = $1", [id.into()]);
        let row = self.0.database.row(&sql).await?.ok_or_else(Failure::not_found)?;
        let project_id: Uuid = row.try_get_by_index(0)?;
        let found = self.role_in(&caller, project_id).await?;
        let allowed =
            found.is_member() && (found.role != Role::Vendor || is_assigned_to_entity(self.0.database.read(), caller.person.id, id).await?);
        if allowed { Ok(EntityReader::granted(caller, project_id, found.role)) } else { Err(Failure::forbidden()) }
    }

    async fn task_reader(&self, caller: Caller, id: Uuid) -> Result<TaskReader, Failure> {
        let task = TaskFacts::find(&self.0, id).await?;
        let project_id = task.project_id.ok_or_else(Failure::forbidden)?;
        let found = self.role_in(&caller, project_id).await?;
        let mut allowed = found.is_member();
        if allowed && found.role == Role::Vendor {
            allowed = match task.entity_id {
                Some(entity_id) => is_assigned_to_entity(self.0.database.read(), caller.person.id, entity_id).await?,
                None => false,
            };
        }
        if allowed { Ok(TaskReader::granted(caller, project_id, found.role)) } else { Err(Failure::forbidden()) }
    }

    async fn task_actor(&self, caller: Caller, id: Uuid) -> Result<TaskActor, Failure> {
        let task = TaskFacts::find(&self.0, id).await?;
        let project_id = task.project_id.ok_or_else(Failure::forbidden)?;
        let found = self.role_in(&caller, project_id).await?;
        let connection = self.0.database.read();
        let allowed = found.is_manager()
            || (found.in_team
                && (found.role == Role::Client
                    || task.entity_creator == Some(caller.person.id)
                    || is_assigned_to_task(connection, caller.person.id, id).await?
                    || (found.role == Role::Supervisor && supervises_task_type(connection, &caller.person, task.task_type_id).await?)));
        if allowed { Ok(TaskActor::granted(caller, project_id, found.role)) } else { Err(Failure::forbidden()) }
    }

    async fn self_or_admin(&self, caller: Caller, id: Uuid) -> Result<SelfOrAdmin, Failure> {
        if caller.is_admin() || caller.person.id == id { Ok(SelfOrAdmin::granted(caller, id)) } else { Err(Failure::forbidden()) }
    }
}
