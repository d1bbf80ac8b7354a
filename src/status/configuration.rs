//! Configuration of the server, for whoever runs it: a token of its own lets in, and nothing else does.

use dailies_definitions::call::Visitor;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::{CheckedNumber, CheckedText, ConfigurationCheck};
use poem::http::header;
use subtle::ConstantTimeEq;

use crate::app::App;
use crate::database::{self, Sql};

/// The settings in use. Every process has them from its environment alone, so none is in a store.
///
/// # Errors
/// 404 when no token is set, 403 when another one is sent.
pub(super) async fn check(app: &App, visitor: &Visitor) -> Result<Json<ConfigurationCheck>, Failure> {
    let settings = &app.settings;
    let expected = settings
        .admin_token
        .as_deref()
        .filter(|token| !token.is_empty())
        .ok_or_else(Failure::not_found)?;
    let sent = visitor
        .headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let sent = sent.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    if !bool::from(sent.as_bytes().ct_eq(expected.as_bytes())) {
        return Err(Failure::forbidden());
    }
    let sql = Sql::new(
        "SELECT COUNT(*) FROM person WHERE active = true AND is_bot = false AND is_guest = false AND preview_project_id IS NULL",
    );
    let active_users = database::read_value(&app.database, &sql).await.ok().flatten();
    let text = |value: &str| CheckedText {
        env: Some(value.to_owned()),
        redis: None,
    };
    let unused = || CheckedText { env: None, redis: None };
    Ok(Json::of(&ConfigurationCheck {
        user_limit: CheckedNumber {
            env: i64::try_from(settings.user_limit).unwrap_or(i64::MAX),
            redis: None,
        },
        default_timezone: text(&settings.default_timezone),
        default_locale: text(&settings.default_locale),
        nomad_host: unused(),
        nomad_normalize_job: unused(),
        nomad_playlist_job: unused(),
        nomad_tile_job: unused(),
        active_users,
    })?)
}
