//! Answers to those who are not signed in. Clients compare their keys and texts.

use dailies_definitions::failure::Failure;
use entity::person;
use poem::http::StatusCode;
use sea_orm::DbErr;
use serde_json::json;

use super::second_factor::SecondFactor;

pub(super) fn no_strategy() -> Failure {
    Failure::answer(StatusCode::CONFLICT, json!({"login": false}))
}

/// The one answer for an unknown person and for a wrong password.
pub(super) fn wrong() -> Failure {
    Failure::answer(
        StatusCode::BAD_REQUEST,
        json!({"login": false, "message": "Wrong email or password."}),
    )
}

pub(super) fn locked() -> Failure {
    let message = "Too many failed login attempts, retry in a minute.";
    Failure::answer(
        StatusCode::BAD_REQUEST,
        json!({"error": true, "login": false, "too_many_failed_login_attemps": true, "message": message}),
    )
}

pub(super) fn inactive() -> Failure {
    let message = "User is unactive, he cannot log in.";
    Failure::answer(
        StatusCode::UNAUTHORIZED,
        json!({"error": true, "login": false, "unactive": true, "message": message}),
    )
}

pub(super) fn factor_missing(account: &person::Model) -> Failure {
    let enabled: Vec<&str> = ["recovery_code"]
        .into_iter()
        .chain(SecondFactor::of(account).into_iter().map(SecondFactor::code))
        .collect();
    let body = json!({
        "error": true,
        "login": false,
        "missing_OTP": true,
        "preferred_two_factor_authentication": account.preferred_two_factor_authentication,
        "two_factor_authentication_enabled": enabled,
        "message": "A two-factor authentication code is required.",
    });
    Failure::answer(StatusCode::BAD_REQUEST, body)
}

pub(super) fn factor_wrong() -> Failure {
    let message = "Wrong two-factor authentication code.";
    Failure::answer(
        StatusCode::BAD_REQUEST,
        json!({"error": true, "login": false, "wrong_OTP": true, "message": message}),
    )
}

pub(super) fn default_password(token: &str) -> Failure {
    Failure::answer(
        StatusCode::BAD_REQUEST,
        json!({"login": false, "default_password": true, "token": token}),
    )
}

/// Message to a client that signs in about an error that nobody expected.
pub(super) fn explain(error: &(dyn std::error::Error + Send + Sync + 'static)) -> Failure {
    let unreachable = matches!(
        error.downcast_ref::<DbErr>(),
        Some(DbErr::Conn(_) | DbErr::ConnectionAcquire(_))
    );
    let message = if unreachable {
        "Database doesn't seem reachable."
    } else {
        "A server error occurred. Please contact your administrator."
    };
    tracing::error!(error = error as &dyn std::error::Error, "somebody could not sign in");
    Failure::answer(
        StatusCode::INTERNAL_SERVER_ERROR,
        json!({"error": true, "login": false, "message": message}),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::test_account::blank_account;

    #[test]
    fn refusals_are_what_clients_compare_with() {
        let mut protected = blank_account();
        protected.totp_enabled = Some(true);
        protected.preferred_two_factor_authentication = Some("totp".into());
        for (failure, status, text) in [
            (wrong(), 400, r#"{"login":false,"message":"Wrong email or password."}"#),
            (no_strategy(), 409, r#"{"login":false}"#),
            (
                locked(),
                400,
                r#"{"error":true,"login":false,"too_many_failed_login_attemps":true,"message":"Too many failed login attempts, retry in a minute."}"#,
            ),
            (
                inactive(),
                401,
                r#"{"error":true,"login":false,"unactive":true,"message":"User is unactive, he cannot log in."}"#,
            ),
            (
                factor_missing(&protected),
                400,
                r#"{"error":true,"login":false,"missing_OTP":true,"preferred_two_factor_authentication":"totp","two_factor_authentication_enabled":["recovery_code","totp"],"message":"A two-factor authentication code is required."}"#,
            ),
            (
                factor_wrong(),
                400,
                r#"{"error":true,"login":false,"wrong_OTP":true,"message":"Wrong two-factor authentication code."}"#,
            ),
            (
                default_password("T"),
                400,
                r#"{"login":false,"default_password":true,"token":"T"}"#,
            ),
            (
                explain(&DbErr::Custom(String::new())),
                500,
                r#"{"error":true,"login":false,"message":"A server error occurred. Please contact your administrator."}"#,
            ),
        ] {
            let Failure::Answer {
                status: found, body, ..
            } = failure
            else {
                panic!("no answer")
            };
            assert_eq!((found.as_u16(), body.to_string().as_str()), (status, text));
        }
    }
}
