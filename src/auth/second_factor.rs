//! The second factor of signing in: what somebody can prove themself with besides the password, and the recovery codes for
//! the day that it is lost.

use dailies_definitions::failure::Failure;
use dailies_definitions::schemas::{FidoAssertion, SecondFactorProof};
use entity::arrays::{BytesArray, JsonArray};
use entity::person;
use sea_orm::Value;
use uuid::Uuid;

use super::{email_code, fido, secrets, totp};
use crate::app::App;
use crate::config::SignInSettings;
use crate::credentials::passwords::PasswordError;
use crate::database::{self, Sql, Transaction};

/// Means besides the password by which a person proves who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SecondFactor {
    /// Codes of an authenticator app.
    Totp,
    /// Codes that are sent by e-mail.
    EmailOtp,
    /// Security keys.
    Fido,
}

impl SecondFactor {
    const ALL: [Self; 3] = [Self::Totp, Self::EmailOtp, Self::Fido];

    /// The name on the wire and in the database.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::EmailOtp => "email_otp",
            Self::Fido => "fido",
        }
    }

    /// The column that says whether it is set up.
    pub(super) fn column(self) -> &'static str {
        match self {
            Self::Totp => "totp_enabled",
            Self::EmailOtp => "email_otp_enabled",
            Self::Fido => "fido_enabled",
        }
    }

    /// Values that are stored of it when it is not set up.
    pub(super) fn no_secret(self) -> (&'static str, Value) {
        match self {
            Self::Totp => ("totp_secret", Value::String(None)),
            Self::EmailOtp => ("email_otp_secret", Value::String(None)),
            Self::Fido => ("fido_credentials", JsonArray::default().into()),
        }
    }

    /// Those that take its place as the preferred one, the first that is set up.
    pub(super) fn successors(self) -> [Self; 2] {
        match self {
            Self::Totp => [Self::Fido, Self::EmailOtp],
            Self::EmailOtp => [Self::Fido, Self::Totp],
            Self::Fido => [Self::Totp, Self::EmailOtp],
        }
    }

    pub(super) fn is_enabled(self, account: &person::Model) -> bool {
        match self {
            Self::Totp => account.totp_enabled == Some(true),
            Self::EmailOtp => account.email_otp_enabled == Some(true),
            Self::Fido => account.fido_enabled == Some(true),
        }
    }

    /// Those that the person has set up.
    pub(super) fn of(account: &person::Model) -> Vec<Self> {
        Self::ALL
            .into_iter()
            .filter(|factor| factor.is_enabled(account))
            .collect()
    }
}

/// True if signing in to the account takes a second factor.
pub(super) fn is_protected(account: &person::Model) -> bool {
    !SecondFactor::of(account).is_empty()
}

/// True if the person has to set up a second factor before anything else.
pub(super) fn is_missing(account: &person::Model, settings: &SignInSettings) -> bool {
    let exempt = account
        .email
        .as_ref()
        .is_some_and(|email| settings.two_factor_exempt_users.contains(email));
    settings.enforce_2fa && !is_protected(account) && !exempt && account.preview_project_id.is_none()
}

/// Proof that somebody sends of who they are.
#[derive(Clone, Debug, Default)]
pub(super) struct Proof {
    pub totp: Option<String>,
    pub email_otp: Option<String>,
    /// Answer of a browser about a security key that was touched.
    pub fido: Option<FidoAssertion>,
    pub recovery_code: Option<String>,
}

impl From<SecondFactorProof> for Proof {
    fn from(sent: SecondFactorProof) -> Self {
        Self {
            totp: sent.totp,
            email_otp: sent.email_otp,
            fido: sent.fido_authentication_response,
            recovery_code: sent.recovery_code,
        }
    }
}

/// The part of a proof that counts.
#[derive(Clone, Copy, Debug)]
pub(super) enum Evidence<'a> {
    Totp(&'a str),
    EmailOtp(&'a str),
    Fido(&'a FidoAssertion),
    RecoveryCode(&'a str),
}

impl Proof {
    /// Evidence that counts for an account: the first that is sent and set up, or else a recovery code. Nothing else is
    /// tried, so that one call is one guess. An empty text is nothing.
    pub(super) fn evidence(&self, account: &person::Model) -> Option<Evidence<'_>> {
        fn given(text: Option<&String>) -> Option<&str> {
            text.map(String::as_str).filter(|text| !text.is_empty())
        }
        let totp = given(self.totp.as_ref())
            .filter(|_| SecondFactor::Totp.is_enabled(account))
            .map(Evidence::Totp);
        let email_otp = || {
            given(self.email_otp.as_ref())
                .filter(|_| SecondFactor::EmailOtp.is_enabled(account))
                .map(Evidence::EmailOtp)
        };
        let fido = || {
            self.fido
                .as_ref()
                .filter(|_| SecondFactor::Fido.is_enabled(account))
                .map(Evidence::Fido)
        };
        totp.or_else(email_otp)
            .or_else(fido)
            .or_else(|| given(self.recovery_code.as_ref()).map(Evidence::RecoveryCode))
    }
}

impl Evidence<'_> {
    /// True if it proves the person. A code that does is used up. Call it while the account has your turn.
    ///
    /// # Errors
    /// The database does not answer.
    pub(super) async fn holds(self, app: &App, account: &person::Model) -> Result<bool, Failure> {
        match self {
            Self::Totp(code) => totp::use_code(app, account, code).await,
            Self::EmailOtp(code) => email_code::use_code(app, account, code).await,
            Self::Fido(assertion) => fido::use_assertion(app, account, assertion).await,
            Self::RecoveryCode(code) => use_recovery_code(app, account, code).await,
        }
    }
}

/// New recovery codes, and their hashes as the column takes them.
pub(super) async fn new_recovery_codes(app: &App) -> Result<(Vec<String>, Value), PasswordError> {
    let codes = secrets::recovery_codes();
    let hashes = app.passwords.hash_codes(&codes).await?;
    Ok((codes, BytesArray(hashes).into()))
}

/// True if the code is one of those left; it no longer is afterwards.
async fn use_recovery_code(app: &App, account: &person::Model, code: &str) -> Result<bool, Failure> {
    let Some(BytesArray(hashes)) = &account.otp_recovery_codes else {
        return Ok(false);
    };
    let found = app
        .passwords
        .find_code(&code.trim().to_ascii_uppercase(), hashes)
        .await?;
    let Some(hash) = found.and_then(|at| hashes.get(at)) else {
        return Ok(false);
    };
    // Another server may have taken it in the meantime, so it is looked for once more where nobody else can change it.
    app.database.transact(|| take_recovery_code(account.id, hash)).await
}

/// Takes a recovery code out of those that are left, by its hash.
async fn take_recovery_code(person_id: Uuid, hash: &[u8]) -> Result<bool, Failure> {
    let transaction = Transaction::current()?;
    let sql = Sql::with(
        "SELECT otp_recovery_codes FROM person WHERE id = $1",
        [person_id.into()],
    );
    let left = database::read_value::<Option<BytesArray>>(&transaction, &sql)
        .await?
        .flatten();
    let BytesArray(mut left) = left.unwrap_or_default();
    let Some(at) = left.iter().position(|known| known == hash) else {
        return Ok(false);
    };
    left.remove(at);
    let sql = Sql::with(
        "UPDATE person SET otp_recovery_codes = $1 WHERE id = $2",
        [BytesArray(left).into(), person_id.into()],
    );
    database::execute(&transaction, &sql).await?;
    transaction.finish();
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::test_account::blank_account;

    #[test]
    fn any_factor_protects() {
        let mut person = blank_account();
        assert!(!is_protected(&person) && SecondFactor::of(&person).is_empty());
        person.fido_enabled = Some(true);
        assert!(is_protected(&person));
        person.email_otp_enabled = Some(true);
        person.totp_enabled = Some(true);
        assert_eq!(
            SecondFactor::of(&person),
            [SecondFactor::Totp, SecondFactor::EmailOtp, SecondFactor::Fido]
        );
    }

    #[test]
    fn one_part_of_a_proof_counts() {
        let mut person = blank_account();
        let text = |text: &str| Some(text.to_owned());
        let key = FidoAssertion {
            id: None,
            raw_id: None,
            r#type: None,
            response: None,
        };
        let all = Proof {
            totp: text("1"),
            email_otp: text("2"),
            fido: Some(key),
            recovery_code: text("3"),
        };
        assert!(matches!(all.evidence(&person), Some(Evidence::RecoveryCode("3"))));
        person.fido_enabled = Some(true);
        assert!(matches!(all.evidence(&person), Some(Evidence::Fido(_))));
        person.email_otp_enabled = Some(true);
        assert!(matches!(all.evidence(&person), Some(Evidence::EmailOtp("2"))));
        person.totp_enabled = Some(true);
        assert!(matches!(all.evidence(&person), Some(Evidence::Totp("1"))));
        assert!(matches!(
            Proof { totp: text(""), ..all }.evidence(&person),
            Some(Evidence::EmailOtp("2"))
        ));
        assert!(
            Proof {
                totp: text(""),
                ..Proof::default()
            }
            .evidence(&person)
            .is_none()
        );
    }
}
