//! Sessions: how they end before their tokens do, by signing out or because a password changed.
//!
//! The store keeps `revoked:<token id>` for single tokens, and `not-before:<person id>` for all tokens of a person that
//! were made before a moment, except those of one session. When the store does not answer, nobody is let in.

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use dailies_definitions::query::parse_id;
use uuid::Uuid;

use crate::app::App;
use crate::config::{CacheType, SignInSettings};
use crate::credentials::Bound;
use crate::credentials::tokens::{Claims, TokenKind};
use crate::store::StoreError;

fn revoked_key(token_id: &str) -> String {
    format!("revoked:{token_id}")
}

fn bound_key(person_id: Uuid) -> String {
    format!("not-before:{person_id}")
}

fn remembers(app: &App) -> bool {
    app.settings.cache_type != Some(CacheType::Null)
}

/// Revokes one token for as long as it would have been good, and its refresh token with it.
///
/// # Errors
/// The store does not answer.
pub async fn revoke(app: &App, claims: &Claims) -> Result<(), StoreError> {
    let lifetime = match claims.kind {
        TokenKind::Access => SignInSettings::ACCESS_LIFETIME,
        TokenKind::Refresh => SignInSettings::REFRESH_LIFETIME,
    };
    if let Some(id) = &claims.jti {
        revoke_id(app, id, lifetime).await?;
    }
    if let Some(id) = &claims.refresh_jti {
        revoke_id(app, id, SignInSettings::REFRESH_LIFETIME).await?;
    }
    Ok(())
}

/// Revokes the access token of a session, and the refresh token that belongs to it.
///
/// # Errors
/// The store does not answer.
pub async fn sign_out(app: &App, access_id: &str, refresh_id: Option<&str>) -> Result<(), StoreError> {
    revoke_id(app, access_id, SignInSettings::ACCESS_LIFETIME).await?;
    match refresh_id {
        Some(id) => revoke_id(app, id, SignInSettings::REFRESH_LIFETIME).await,
        None => Ok(()),
    }
}

async fn revoke_id(app: &App, id: &str, lifetime: Duration) -> Result<(), StoreError> {
    app.store.put(&revoked_key(id), "true", lifetime).await?;
    app.tokens.revoked.insert(id.to_owned(), true).await;
    app.bus.end_session(id);
    Ok(())
}

/// Ends the sessions of a person: every token that was made until now is refused, but for those of the session that the
/// kept token belongs to. Call it after the commit of the change that it follows from: the store may be in the same
/// database.
///
/// # Errors
/// The store does not answer.
pub async fn end_sessions(app: &App, person_id: Uuid, kept: Option<&str>) -> Result<(), StoreError> {
    let ends_all = kept.is_none();
    let bound = Bound {
        moment: Utc::now().timestamp_micros(),
        kept: kept.map(str::to_owned),
    };
    app.store
        .put(&bound_key(person_id), &bound.write(), SignInSettings::REFRESH_LIFETIME)
        .await?;
    app.tokens.bounds.insert(person_id, Some(Arc::new(bound))).await;
    if ends_all {
        app.bus.end_person(person_id);
    } else {
        app.bus.person_changed(person_id);
    }
    Ok(())
}

/// Notes that another server revoked a token.
pub async fn revoked_elsewhere(app: &App, token_id: &str) {
    app.tokens.revoked.insert(token_id.to_owned(), true).await;
}

/// Forgets what is kept in mind of the sessions of a person: another server changed the person.
pub async fn changed_elsewhere(app: &App, person_id: Uuid) {
    app.tokens.bounds.invalidate(&person_id).await;
}

/// Forgets everything that is kept in mind.
pub fn forget_all(app: &App) {
    app.tokens.revoked.invalidate_all();
    app.tokens.bounds.invalidate_all();
}

/// True if a token of a person who signed in is no longer good. What other servers revoke is seen at once when Redis joins
/// them or when caches are switched off, and after three seconds at the latest.
///
/// # Errors
/// The store does not answer.
pub async fn is_revoked(app: &App, claims: &Claims) -> Result<bool, StoreError> {
    let Some(id) = &claims.jti else {
        return Ok(true);
    };
    if is_revoked_id(app, id).await? {
        return Ok(true);
    }
    let Some(person_id) = parse_id(&claims.sub) else {
        return Ok(false);
    };
    Ok(bound(app, person_id).await?.is_some_and(|bound| bound.ends(claims)))
}

async fn is_revoked_id(app: &App, id: &str) -> Result<bool, StoreError> {
    let memory = &app.tokens.revoked;
    if remembers(app)
        && let Some(known) = memory.get(id).await
    {
        return Ok(known);
    }
    let found = app.store.get(&revoked_key(id)).await?.is_some();
    if !remembers(app) {
        return Ok(found);
    }
    // Somebody may have revoked it since the store was asked; then that is what stays in mind.
    Ok(memory.entry_by_ref(id).or_insert(found).await.into_value())
}

/// The moment before which sessions of a person ended, if any did.
///
/// # Errors
/// The store does not answer.
pub async fn bound(app: &App, person_id: Uuid) -> Result<Option<Arc<Bound>>, StoreError> {
    let memory = &app.tokens.bounds;
    if remembers(app)
        && let Some(known) = memory.get(&person_id).await
    {
        return Ok(known);
    }
    let found = app
        .store
        .get(&bound_key(person_id))
        .await?
        .map(|text| Arc::new(Bound::read(&text)));
    if !remembers(app) {
        return Ok(found);
    }
    Ok(memory.entry(person_id).or_insert(found).await.into_value())
}

/// True if something of a person that was made at that moment, in microseconds since 1970, is from before the last time
/// that all sessions ended.
///
/// # Errors
/// The store does not answer.
pub async fn is_before_end(app: &App, person_id: Uuid, moment: i64) -> Result<bool, StoreError> {
    Ok(bound(app, person_id).await?.is_some_and(|bound| moment < bound.moment))
}
