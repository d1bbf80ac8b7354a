//! Rules about accounts: who may change what decides over signing in.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use poem::http::StatusCode;
use sea_orm::Value as SqlValue;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::access::persons::{require_session, signed_in};
use crate::app::App;
use crate::crud::{Changes, Record};
use crate::database::{self, Sql};
use crate::events::Work;
use crate::people::checks;

/// The caller's own password in a body that changes what only its owner may change.
pub(super) const CURRENT_PASSWORD: &str = "current_password";

/// Columns that decide what a token is good for.
const OF_TOKENS: [&str; 2] = ["expiration_date", "is_bot"];

/// Leaves the columns that tokens depend on to those who signed in: a token could make itself last otherwise. A form that
/// sends back what is stored changes nothing, and a bot never changes its own.
pub(super) fn only_by_session(caller: &Caller, record: &Record, body: &mut Map<String, Value>) -> Result<(), Failure> {
    if signed_in(caller) {
        return Ok(());
    }
    for column in OF_TOKENS {
        let given = body.remove(column);
        let own_of_bot = caller.person.is_bot && caller.person.id == record.id;
        if given.is_some_and(|given| record.values.get(column) != Some(&given)) && !own_of_bot {
            require_session(caller)?;
        }
    }
    Ok(())
}

/// Refuses another e-mail address of one's own without one's password, and one of another administrator: who has the
/// address can choose a password.
pub(super) fn only_with_password(caller: &Caller, record: &Record, body: &Map<String, Value>) -> Result<(), Failure> {
    if !changes_address(record, body) {
        return Ok(());
    }
    if caller.person.id == record.id {
        let confirmed = body.contains_key(CURRENT_PASSWORD) || record.flag("is_bot");
        return if confirmed {
            Ok(())
        } else {
            Err(Failure::parameter(
                "To change your e-mail address, send your password as current_password.",
            ))
        };
    }
    if is_admin_with_password(record) {
        return Err(Failure::parameter("An admin can't change another admin's e-mail address.").naming("email"));
    }
    Ok(())
}

fn changes_address(record: &Record, body: &Map<String, Value>) -> bool {
    let stored = record.text("email").unwrap_or_default().to_lowercase();
    body.get("email")
        .is_some_and(|given| given.as_str().unwrap_or_default().trim().to_lowercase() != stored)
}

/// True for the account of an administrator that somebody signs in to; nobody needs to steal another one.
fn is_admin_with_password(record: &Record) -> bool {
    let password = record.values.get("password");
    record.text("role") == Some("admin") && password.is_some_and(|password| !password.is_null())
}

/// Refuses a token of another administrator or of somebody else's protected account, for whoever has it is that person: one
/// that is made, and a bot that is made of the person, who has no other way to sign in than a token. A form that sends back
/// what is stored changes nothing, and a token can be ended.
pub(super) fn no_token_of_others(
    app: &App,
    caller: &Caller,
    record: &Record,
    body: &mut Map<String, Value>,
) -> Result<(), Failure> {
    let is_other = caller.person.id != record.id && !record.flag("is_bot");
    if !is_other || !(is_admin_with_password(record) || is_protected(app, record)) {
        return Ok(());
    }
    for column in OF_TOKENS {
        let stored = record.values.get(column);
        let Some(given) = body.get(column).filter(|given| !given.is_null()) else {
            continue;
        };
        if stored != Some(given) {
            return Err(
                Failure::parameter("Nobody makes a token of another administrator or of a protected account.")
                    .naming(column),
            );
        }
        body.remove(column);
    }
    Ok(())
}

/// Refuses a change by which an administrator stops being one, when nobody else is.
pub(super) async fn leaves_an_administrator(
    work: &Work<'_>,
    record: &Record,
    changes: &Changes,
) -> Result<(), Failure> {
    let text = |column, expected: &str| {
        changes
            .get(column)
            .is_none_or(|value| *value == SqlValue::String(Some(expected.into())))
    };
    let flag = |column, expected| {
        changes
            .get(column)
            .is_none_or(|value| *value == SqlValue::Bool(Some(expected)))
    };
    if text("role", "admin") && flag("active", true) && flag("is_bot", false) {
        Ok(())
    } else {
        require_another(work, record).await
    }
}

/// Refuses to go on without an administrator who can sign in, when this one is about to go. Two that send each other away at
/// once are in conflict, and the second one is asked again.
pub(super) async fn require_another(work: &Work<'_>, record: &Record) -> Result<(), Failure> {
    if record.text("role") != Some("admin") || !record.flag("active") || record.flag("is_bot") {
        return Ok(());
    }
    let sql = Sql::with(
        "SELECT 1 FROM person WHERE role = 'admin' AND active = $1 AND is_bot = $2 AND is_guest = $2 AND id <> $3 LIMIT 1",
        [true.into(), false.into(), record.id.into()],
    );
    let another = database::row(&**work, &sql).await?;
    another
        .map(|_| ())
        .ok_or_else(|| Failure::refused("The last administrator can't be demoted, made inactive or deleted."))
}

/// True if a person is switched on, as it is stored now.
pub(super) async fn is_active(work: &Work<'_>, id: Uuid) -> Result<bool, Failure> {
    let row = database::row(
        &**work,
        &Sql::with("SELECT active FROM person WHERE id = $1", [id.into()]),
    )
    .await?;
    Ok(row
        .map(|row| row.try_get::<Option<bool>>("", "active"))
        .transpose()?
        .flatten()
        .unwrap_or_default())
}

/// True if a body asks for a second factor of the caller's own that is set up, or for none of them.
pub(super) fn prefers_what_is_set_up(caller: &Caller, record: &Record, body: &Map<String, Value>) -> bool {
    let preferred = body.get("preferred_two_factor_authentication").and_then(Value::as_str);
    caller.person.id == record.id && preferred.is_none_or(|factor| record.flag(&format!("{factor}_enabled")))
}

pub(super) fn is_protected(app: &App, record: &Record) -> bool {
    app.settings.protects(record.text("email"))
}

/// Others can't deactivate a protected account, nor change its role, nor the address by which it is protected.
pub(super) fn protect(app: &App, caller: &Caller, record: &Record, body: &Map<String, Value>) -> Result<(), Failure> {
    if caller.person.id == record.id || !is_protected(app, record) {
        return Ok(());
    }
    let refuse = |message: &str| Err(Failure::plain(StatusCode::FORBIDDEN, message));
    if body.get("active") == Some(&Value::Bool(false)) {
        return refuse("Can't set this person as inactive it's a protected account.");
    }
    if body.get("role").is_some_and(|role| !role.is_null()) {
        return refuse("Can't change the role of this person it's a protected account.");
    }
    if changes_address(record, body) {
        return refuse("Can't change the e-mail address of this person it's a protected account.");
    }
    Ok(())
}

/// Refuses one more active person than the studio may have.
pub(super) async fn limit(work: &Work<'_>, record: Option<&Record>, body: &Map<String, Value>) -> Result<(), Failure> {
    let is_bot = record.map_or_else(
        || body.get("is_bot") == Some(&Value::Bool(true)),
        |record| record.flag("is_bot"),
    );
    let becomes_active = match record {
        None => body.get("active").and_then(Value::as_bool).unwrap_or(true),
        Some(record) => !record.flag("active") && body.get("active") == Some(&Value::Bool(true)),
    };
    if is_bot || !becomes_active {
        return Ok(());
    }
    if checks::has_room(work, 1).await? {
        return Ok(());
    }
    Err(if record.is_none() {
        checks::no_room(work.app())
    } else {
        Failure::parameter("User limit reached.").naming("active")
    })
}
