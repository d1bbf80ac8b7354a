//! The guard: finds out who calls, and makes the proofs of access that handlers take.

use std::sync::Arc;

use async_trait::async_trait;
use dailies_definitions::access::{
    Admin, Caller, EntityReader, Human, Identity, Person, PreviewWindow, ProjectManager, ProjectMember,
    ProjectSupervisor, Refresher, Role, SelfOrAdmin, SessionHolder, ShareVisitor, StudioManager, TaskActor, TaskReader,
    Token,
};
use dailies_definitions::call::{ConditionalRequest, Granting, Sessions, Working};
use dailies_definitions::facts::OperationFacts;
use dailies_definitions::failure::Failure;
use dailies_definitions::rules::Guard;
use futures::future::BoxFuture;
use poem::Request;
use poem::http::{HeaderMap, StatusCode};
use sea_orm::DbErr;
use serde_json::json;
use uuid::Uuid;

use super::persons::require_session;
use super::roles::{MANAGER, MEMBER, MEMBER_NOT_CLIENT, MEMBER_NOT_VENDOR, STAFF_MEMBER, SUPERVISOR, require};
use super::rule::RoleRule;
use super::{entities, shares, tasks};
use crate::app::{App, SharedApp};
use crate::conditional::sharing_a_look;
use crate::credentials::request_tokens::{ACCESS_COOKIE, REFRESH_COOKIE, token_of_request};
use crate::credentials::tokens::{Claims, Duty, TokenKind};
use crate::database::{self, Database};
use crate::events::transact;
use crate::sessions;
use crate::traces;

/// Checks tokens and access rules against the database.
pub struct AccessGuard(pub SharedApp);

/// Address that ends a session.
const LOGOUT: &str = "/auth/logout";

/// Addresses that somebody who still has to set up a second factor may reach.
const OPEN_BEFORE_SECOND_FACTOR: [&str; 8] = [
    "/auth/totp",
    "/auth/email-otp",
    "/auth/fido",
    "/auth/recovery-codes",
    "/auth/login",
    LOGOUT,
    "/auth/authenticated",
    "/auth/refresh-token",
];

const UNAUTHORIZED: &str = "The server could not verify that you are authorized to access the URL requested. You either supplied the wrong credentials (e.g. a bad password), or your browser doesn't understand how to supply the credentials required.";

impl AccessGuard {
    /// Person who sends a request with these headers to this path. One that reads goes on with the look at the marks of change that
    /// is made here.
    ///
    /// # Errors
    /// 401, 403 or 422, as the contract says of tokens.
    pub async fn identify(&self, headers: &HeaderMap, path: &str, reads: bool) -> Result<Caller, Failure> {
        let app = &self.0;
        let text = token_of_request(headers, ACCESS_COOKIE)?;
        let claims = app.tokens.verify(&text).map_err(|problem| problem.failure())?;
        if claims.kind == TokenKind::Refresh {
            return Err(Failure::token(
                StatusCode::UNPROCESSABLE_ENTITY,
                "Only non-refresh tokens are allowed",
            ));
        }
        let person = owner(app, &claims, reads).await?;
        let identity = claims.identity.ok_or_else(revoked)?;
        let id = claims.jti.clone().ok_or_else(revoked)?;
        let needs_second_factor = claims.duty == Duty::SetUp;
        if needs_second_factor && !OPEN_BEFORE_SECOND_FACTOR.contains(&path.strip_prefix("/api").unwrap_or(path)) {
            return Err(second_factor_needed());
        }
        let skips_second_factor = claims.duty == Duty::Excused;
        let token = Token {
            id,
            identity,
            refresh_id: claims.refresh_jti,
            needs_second_factor,
            skips_second_factor,
        };
        Ok(Caller {
            person,
            token: Arc::new(token),
        })
    }

    async fn role_by(&self, caller: &Caller, project_id: Uuid, rule: &RoleRule) -> Result<Role, Failure> {
        require(&self.0.database, caller, project_id, rule).await
    }
}

/// The person behind a token that is good.
async fn owner(app: &App, claims: &Claims, reads: bool) -> Result<Arc<Person>, Failure> {
    let jti = claims.jti.as_deref().ok_or_else(revoked)?;
    let identity = claims.identity.ok_or_else(revoked)?;
    if identity == Identity::Person && sessions::is_revoked(app, claims).await? {
        return Err(revoked());
    }
    let id = dailies_definitions::query::parse_id(&claims.sub);
    let person = match id {
        Some(id) if reads => app.callers.find_kept(id).await?,
        Some(id) => app.callers.find(id).await?,
        None => None,
    };
    // Bots and personal tokens: only the latest one is good, and the person's row says which that is.
    if identity != Identity::Person
        && person
            .as_ref()
            .is_none_or(|person| person.token_id.as_deref() != Some(jti))
    {
        return Err(revoked());
    }
    let person = person.ok_or_else(unauthorized)?;
    if !person.active {
        if identity == Identity::Person {
            sessions::revoke(app, claims).await?;
        }
        return Err(unauthorized());
    }
    let admits = |window: PreviewWindow| {
        app.settings.sign_in.keeps_passwords() && window.admits(claims.issued_at / 1_000_000, database::now())
    };
    if !person.preview.is_none_or(admits) {
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
    Failure::answer(
        StatusCode::FORBIDDEN,
        json!({"error": true, "two_factor_authentication_required": true, "message": message}),
    )
}

/// True if a request changes more than the session that it comes with.
fn changes(request: &Request) -> bool {
    let facts = request.data::<OperationFacts>().copied().unwrap_or_default();
    let path = request.uri().path();
    !request.method().is_safe() || (facts.changes && path.strip_prefix("/api").unwrap_or(path) != LOGOUT)
}

impl Sessions for AccessGuard {
    fn keeping<'a>(&'a self, request: Working<'a>) -> Working<'a> {
        Box::pin(sharing_a_look(self.0.database.keeping(request)))
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

    fn conditional<'a>(&'a self, asked: ConditionalRequest, request: Granting<'a>) -> Working<'a> {
        Box::pin(async move { self.0.conditional.answer(&self.0.database, &asked, request).await })
    }
}

#[async_trait]
impl Guard for AccessGuard {
    async fn caller(&self, request: &Request) -> Result<Caller, Failure> {
        let caller = self
            .identify(request.headers(), request.uri().path(), request.method().is_safe())
            .await?;
        traces::note_role(caller.person.role.code());
        if caller.person.preview.is_some() && changes(request) {
            return Err(Failure::forbidden());
        }
        Ok(caller)
    }

    async fn refresher(&self, request: &Request) -> Result<Refresher, Failure> {
        let text = token_of_request(request.headers(), REFRESH_COOKIE)?;
        let claims = self.0.tokens.verify(&text).map_err(|problem| problem.failure())?;
        if claims.kind != TokenKind::Refresh {
            return Err(Failure::token(
                StatusCode::UNPROCESSABLE_ENTITY,
                "Only refresh tokens are allowed",
            ));
        }
        let person = owner(&self.0, &claims, false).await?;
        if claims.identity == Some(Identity::Bot) {
            return Err(Failure::forbidden());
        }
        let skips_second_factor = claims.duty == Duty::Excused;
        Ok(Refresher {
            person,
            refresh_id: claims.jti.unwrap_or_default(),
            skips_second_factor,
        })
    }

    async fn share_visitor(&self, request: &Request, token: &str) -> Result<ShareVisitor, Failure> {
        shares::visitor(&self.0, request, token).await
    }

    fn explain(&self, error: Box<dyn std::error::Error + Send + Sync>) -> Failure {
        if let Some(answer) = error.downcast_ref::<DbErr>().and_then(crate::database::explain) {
            return answer;
        }
        tracing::error!(error = &*error as &dyn std::error::Error, "an operation failed");
        Failure::plain(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error.")
    }

    async fn human(&self, caller: Caller) -> Result<Human, Failure> {
        if caller.token.identity == Identity::Bot {
            Err(Failure::forbidden())
        } else {
            Ok(Human::granted(caller))
        }
    }

    async fn session(&self, caller: Caller) -> Result<SessionHolder, Failure> {
        require_session(&caller)?;
        Ok(SessionHolder::granted(caller))
    }

    async fn admin(&self, caller: Caller) -> Result<Admin, Failure> {
        if caller.is_admin() {
            Ok(Admin::granted(caller))
        } else {
            Err(Failure::forbidden())
        }
    }

    async fn studio_manager(&self, caller: Caller) -> Result<StudioManager, Failure> {
        if matches!(caller.person.role, Role::Admin | Role::Manager) {
            Ok(StudioManager::granted(caller))
        } else {
            Err(Failure::forbidden())
        }
    }

    async fn project_member(&self, caller: Caller, id: Uuid) -> Result<ProjectMember, Failure> {
        let role = self.role_by(&caller, id, &MEMBER).await?;
        Ok(ProjectMember::granted(caller, id, role))
    }

    async fn project_member_not_vendor(&self, caller: Caller, id: Uuid) -> Result<ProjectMember, Failure> {
        let role = self.role_by(&caller, id, &MEMBER_NOT_VENDOR).await?;
        Ok(ProjectMember::granted(caller, id, role))
    }

    async fn project_member_not_client(&self, caller: Caller, id: Uuid) -> Result<ProjectMember, Failure> {
        let role = self.role_by(&caller, id, &MEMBER_NOT_CLIENT).await?;
        Ok(ProjectMember::granted(caller, id, role))
    }

    async fn project_staff(&self, caller: Caller, id: Uuid) -> Result<ProjectMember, Failure> {
        let role = self.role_by(&caller, id, &STAFF_MEMBER).await?;
        Ok(ProjectMember::granted(caller, id, role))
    }

    async fn project_supervisor(&self, caller: Caller, id: Uuid) -> Result<ProjectSupervisor, Failure> {
        let role = self.role_by(&caller, id, &SUPERVISOR).await?;
        Ok(ProjectSupervisor::granted(caller, id, role))
    }

    async fn project_manager(&self, caller: Caller, id: Uuid) -> Result<ProjectManager, Failure> {
        let role = self.role_by(&caller, id, &MANAGER).await?;
        Ok(ProjectManager::granted(caller, id, role))
    }

    async fn entity_reader(&self, caller: Caller, id: Uuid) -> Result<EntityReader, Failure> {
        let relation = entities::require(&self.0.database, &caller, id, &entities::READ).await?;
        Ok(EntityReader::granted(caller, relation.project_id, relation.role.role))
    }

    async fn task_reader(&self, caller: Caller, id: Uuid) -> Result<TaskReader, Failure> {
        let relation = tasks::require(&self.0.database, &caller, id, &tasks::READ).await?;
        Ok(TaskReader::granted(
            caller,
            relation.project_id.ok_or_else(Failure::forbidden)?,
            relation.role.role,
        ))
    }

    async fn task_actor(&self, caller: Caller, id: Uuid) -> Result<TaskActor, Failure> {
        let relation = tasks::require(&self.0.database, &caller, id, &tasks::ACT).await?;
        Ok(TaskActor::granted(
            caller,
            relation.project_id.ok_or_else(Failure::forbidden)?,
            relation.role.role,
        ))
    }

    async fn self_or_admin(&self, caller: Caller, id: Uuid) -> Result<SelfOrAdmin, Failure> {
        if caller.is_admin() || caller.person.id == id {
            Ok(SelfOrAdmin::granted(caller, id))
        } else {
            Err(Failure::forbidden())
        }
    }
}
