//! Answers that show the person who is signed in, with the organisation. They are put together of rows that are JSON already.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::{Authenticated, SignedIn};

use super::sign_in::OpenSession;
use crate::app::App;
use crate::credentials::tokens::Duty;
use crate::studio::organisation_row;
use crate::vocabulary::persons::{PersonRowOptions, person_row};

/// The answer to somebody with a good token.
///
/// # Errors
/// The database does not answer.
pub(super) async fn authenticated(app: &App, access: &Caller) -> Result<Json<Authenticated>, Failure> {
    let options = PersonRowOptions {
        departments: true,
        fido_devices: true,
    };
    let user = person_row(&app.database, access.person.id, options)
        .await?
        .ok_or_else(Failure::not_found)?;
    let organisation = organisation_row(app, access.is_admin()).await?;
    let parts: [&[u8]; 5] = [
        b"{\"authenticated\":true,\"user\":",
        &user,
        b",\"organisation\":",
        &organisation,
        b"}",
    ];
    Ok(Json::written(parts.concat()))
}

/// The answer to somebody who signed in, without cookies.
///
/// # Errors
/// The database does not answer.
pub(super) async fn signed_in(app: &App, session: &OpenSession) -> Result<Json<SignedIn>, Failure> {
    let OpenSession { account, tokens, duty } = session;
    let options = PersonRowOptions {
        departments: true,
        fido_devices: false,
    };
    let user = person_row(&app.database, account.id, options)
        .await?
        .ok_or_else(Failure::not_found)?;
    let organisation = organisation_row(app, account.role == "admin").await?;
    let required = if *duty == Duty::SetUp {
        ",\"two_factor_authentication_required\":true"
    } else {
        ""
    };
    // Tokens are made of letters, digits, `-`, `_` and dots, which JSON takes as they are.
    let rest = format!(
        ",\"login\":true,\"access_token\":\"{}\",\"refresh_token\":\"{}\"{required}}}",
        tokens.access, tokens.refresh
    );
    let parts: [&[u8]; 5] = [
        b"{\"user\":",
        &user,
        b",\"organisation\":",
        &organisation,
        rest.as_bytes(),
    ];
    Ok(Json::written(parts.concat()))
}
