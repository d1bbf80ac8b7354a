//! Tokens of sessions, bots and persons: their making, and the check of those that are sent.

use std::sync::Arc;
use std::time::Duration;

use chrono::{Days, NaiveDate, NaiveTime, Utc};
use dailies_definitions::access::Identity;
use jsonwebtoken::errors::Error;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use moka::future::Cache;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::bound::Bound;
use super::token_problem::{TokenProblem, find_problem};
use crate::config::SignInSettings;

/// Purpose of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// Every operation but the renewal of tokens.
    Access,
    /// The renewal of tokens alone.
    Refresh,
}

/// Duty of a session to bring second factors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Duty {
    /// Nothing, or nothing any more.
    #[default]
    None,
    /// One has to be set up before anything else.
    SetUp,
    /// None is asked for: whoever vouches for the person has asked.
    Excused,
}

impl From<bool> for Duty {
    fn from(needs_second_factor: bool) -> Self {
        if needs_second_factor { Self::SetUp } else { Self::None }
    }
}

/// Contents of a token. The signature, the end and the beginning of its validity have been checked; whether it was
/// revoked has not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// Identifier of the person, as text.
    pub sub: String,
    /// Identifier of the token. A token without one counts as revoked.
    pub jti: Option<String>,
    pub kind: TokenKind,
    /// Subject of the token. A token that does not say counts as revoked.
    pub identity: Option<Identity>,
    /// Identifier of the refresh token that was made with it, or that it was got with.
    pub refresh_jti: Option<String>,
    pub duty: Duty,
    /// Moment of its making, in microseconds since 1970; 0 when it does not say.
    pub issued_at: i64,
    /// End of the token, in seconds since 1970. A token without an end is good for ever.
    pub exp: Option<i64>,
}

/// The claims of a new token, as they are written.
#[derive(Serialize)]
struct TokenPayload<'a> {
    fresh: bool,
    iat: i64,
    jti: &'a str,
    r#type: &'a str,
    sub: String,
    nbf: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
    identity_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_jti: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    requires_2fa_setup: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    skip_2fa_setup: bool,
    /// `iat` is in seconds, which is too coarse to tell a session that was opened just before a change of password from
    /// one that was opened just after it.
    iat_micros: i64,
}

/// The claims of a token that was sent, before anything is known of it.
#[derive(Deserialize)]
struct SentClaims {
    sub: Option<Value>,
    jti: Option<Value>,
    r#type: Option<Value>,
    identity_type: Option<Value>,
    refresh_jti: Option<Value>,
    requires_2fa_setup: Option<Value>,
    skip_2fa_setup: Option<Value>,
    iat: Option<f64>,
    iat_micros: Option<i64>,
    exp: Option<f64>,
}

/// The two tokens of a session.
#[derive(Clone, Debug)]
pub struct SessionTokens {
    pub access: String,
    pub refresh: String,
}

/// Makes and checks tokens. It also keeps in mind, for seconds, which of them were found to be good.
pub struct Tokens {
    signing: EncodingKey,
    checking: DecodingKey,
    validation: Validation,
    /// Identifiers of tokens, with whether they are revoked.
    pub revoked: Cache<String, bool>,
    /// Persons, with the moment before which their sessions ended.
    pub bounds: Cache<Uuid, Option<Arc<Bound>>>,
}

/// Time for which a token that was found to be good is not asked for again.
const CHECK_LIFETIME: Duration = Duration::from_secs(3);

impl Tokens {
    /// Tokens that are signed with this key.
    #[must_use]
    pub fn new(secret: &str) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.required_spec_claims.clear();
        validation.leeway = 0;
        // A token is over in the very second of its end, not one later.
        validation.reject_tokens_expiring_in_less_than = 1;
        validation.validate_nbf = true;
        validation.validate_aud = false;
        Self {
            signing: EncodingKey::from_secret(secret.as_bytes()),
            checking: DecodingKey::from_secret(secret.as_bytes()),
            validation,
            revoked: Cache::builder()
                .max_capacity(50_000)
                .time_to_live(CHECK_LIFETIME)
                .build(),
            bounds: Cache::builder()
                .max_capacity(10_000)
                .time_to_live(CHECK_LIFETIME)
                .build(),
        }
    }

    /// The tokens of a new session.
    ///
    /// # Errors
    /// The token can't be signed.
    pub fn session(&self, person_id: Uuid, duty: impl Into<Duty>) -> Result<SessionTokens, Error> {
        let (refresh_jti, duty) = (Uuid::new_v4().to_string(), duty.into());
        Ok(SessionTokens {
            access: self.access(person_id, &refresh_jti, duty)?,
            refresh: self.refresh(person_id, &refresh_jti, duty)?,
        })
    }

    /// An access token that belongs to a refresh token.
    ///
    /// # Errors
    /// The token can't be signed.
    pub fn access(&self, person_id: Uuid, refresh_jti: &str, duty: Duty) -> Result<String, Error> {
        let jti = Uuid::new_v4().to_string();
        let mut payload = payload(person_id, &jti, "access", "person");
        payload.exp = Some(payload.iat + seconds(SignInSettings::ACCESS_LIFETIME));
        payload.refresh_jti = Some(refresh_jti);
        payload.owe(duty);
        self.sign(&payload)
    }

    fn refresh(&self, person_id: Uuid, jti: &str, duty: Duty) -> Result<String, Error> {
        let mut payload = payload(person_id, jti, "refresh", "person");
        payload.exp = Some(payload.iat + seconds(SignInSettings::REFRESH_LIFETIME));
        payload.owe(duty);
        self.sign(&payload)
    }

    /// The token of a bot, or the personal token of a person. It is good to the end of its last day in UTC, or for ever.
    ///
    /// # Errors
    /// The token can't be signed.
    pub fn personal(
        &self,
        person_id: Uuid,
        jti: &str,
        is_bot: bool,
        expiration_date: Option<NaiveDate>,
    ) -> Result<String, Error> {
        let mut payload = payload(person_id, jti, "access", if is_bot { "bot" } else { "person_api" });
        let end = expiration_date.and_then(|day| day.checked_add_days(Days::new(1)));
        payload.exp = end.map(|day| day.and_time(NaiveTime::MIN).and_utc().timestamp());
        self.sign(&payload)
    }

    fn sign(&self, payload: &TokenPayload<'_>) -> Result<String, Error> {
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), payload, &self.signing)
    }

    /// Reads a token.
    ///
    /// # Errors
    /// The fault of a token that is not good.
    pub fn verify(&self, token: &str) -> Result<Claims, TokenProblem> {
        let sent = jsonwebtoken::decode::<SentClaims>(token, &self.checking, &self.validation)
            .map_err(|error| find_problem(token, &error))?
            .claims;
        let text = |value: Option<Value>| value.as_ref().and_then(Value::as_str).map(str::to_owned);
        Ok(Claims {
            sub: text(sent.sub).ok_or(TokenProblem::NoSubject)?,
            jti: text(sent.jti),
            kind: if text(sent.r#type).as_deref() == Some("refresh") {
                TokenKind::Refresh
            } else {
                TokenKind::Access
            },
            identity: match text(sent.identity_type).as_deref() {
                Some("person") => Some(Identity::Person),
                Some("person_api") => Some(Identity::PersonalToken),
                Some("bot") => Some(Identity::Bot),
                _ => None,
            },
            refresh_jti: text(sent.refresh_jti),
            duty: match (sent.requires_2fa_setup, sent.skip_2fa_setup) {
                (Some(Value::Bool(true)), _) => Duty::SetUp,
                (_, Some(Value::Bool(true))) => Duty::Excused,
                _ => Duty::None,
            },
            issued_at: sent
                .iat_micros
                .or_else(|| sent.iat.map(|moment| whole(moment * 1e6)))
                .unwrap_or_default(),
            exp: sent.exp.map(whole),
        })
    }

    /// A digest of a secret that may be kept where others could read it: it is made with the server's key, so the secret
    /// can't be guessed from it.
    ///
    /// # Errors
    /// The digest can't be made.
    pub fn digest(&self, purpose: &str, secret: &str) -> Result<String, Error> {
        // The NUL keeps a purpose and a secret apart, and no token starts with one of the purposes.
        jsonwebtoken::crypto::sign(
            format!("{purpose}\0{secret}").as_bytes(),
            &self.signing,
            Algorithm::HS256,
        )
    }
}

impl TokenPayload<'_> {
    fn owe(&mut self, duty: Duty) {
        self.requires_2fa_setup = duty == Duty::SetUp;
        self.skip_2fa_setup = duty == Duty::Excused;
    }
}

fn payload<'a>(person_id: Uuid, jti: &'a str, kind: &'a str, identity: &'a str) -> TokenPayload<'a> {
    let now = Utc::now();
    TokenPayload {
        fresh: false,
        iat: now.timestamp(),
        jti,
        r#type: kind,
        sub: person_id.to_string(),
        nbf: now.timestamp(),
        exp: None,
        identity_type: identity,
        refresh_jti: None,
        requires_2fa_setup: false,
        skip_2fa_setup: false,
        iat_micros: now.timestamp_micros(),
    }
}

fn seconds(lifetime: Duration) -> i64 {
    i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX)
}

/// A moment that may have come with a fraction.
fn whole(number: f64) -> i64 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "what does not fit is cut to the nearest number that does"
    )]
    let whole = number as i64;
    whole
}

#[cfg(test)]
mod tests {
    use dailies_definitions::failure::Failure;
    use serde_json::json;

    use super::*;

    fn tokens() -> Tokens {
        Tokens::new("a key for tests")
    }

    fn signed(claims: &Value) -> String {
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &tokens().signing).expect("a token")
    }

    #[test]
    fn the_tokens_of_a_session_know_each_other() {
        let person = Uuid::new_v4();
        let session = tokens().session(person, true).expect("tokens");
        let access = tokens().verify(&session.access).expect("good");
        let refresh = tokens().verify(&session.refresh).expect("good");
        assert_eq!(access.sub, person.to_string());
        assert_eq!((access.kind, refresh.kind), (TokenKind::Access, TokenKind::Refresh));
        assert_eq!(access.refresh_jti, refresh.jti);
        assert_eq!(
            (access.identity, access.duty, refresh.duty),
            (Some(Identity::Person), Duty::SetUp, Duty::SetUp)
        );
        for duty in [Duty::None, Duty::Excused] {
            let session = tokens().session(person, duty).expect("tokens");
            assert!(
                [session.access, session.refresh]
                    .iter()
                    .all(|token| tokens().verify(token).expect("good").duty == duty)
            );
        }
        let lifetime = |claims: &Claims| claims.exp.expect("an end") - claims.issued_at / 1_000_000;
        assert_eq!((lifetime(&access), lifetime(&refresh)), (604_800, 1_296_000));
    }

    #[test]
    fn a_personal_token_lasts_to_the_end_of_its_day() {
        let day = NaiveDate::from_ymd_opt(2999, 12, 31);
        let token = tokens().personal(Uuid::new_v4(), "one", true, day).expect("a token");
        let claims = tokens().verify(&token).expect("good");
        assert_eq!(
            claims.exp,
            NaiveDate::from_ymd_opt(3000, 1, 1).map(|day| day.and_time(NaiveTime::MIN).and_utc().timestamp())
        );
        assert_eq!(
            (claims.jti.as_deref(), claims.identity),
            (Some("one"), Some(Identity::Bot))
        );
        let endless = tokens().personal(Uuid::new_v4(), "two", false, None).expect("a token");
        assert_eq!(tokens().verify(&endless).expect("good").exp, None);
    }

    #[test]
    fn what_is_left_out_is_taken_kindly_or_left_to_the_guard() {
        let claims = tokens().verify(&signed(&json!({"sub": "somebody"}))).expect("good");
        assert_eq!(
            (claims.kind, claims.jti, claims.identity, claims.exp),
            (TokenKind::Access, None, None, None)
        );
        let claims = tokens()
            .verify(&signed(
                &json!({"sub": "somebody", "identity_type": "robot", "iat": 1.5}),
            ))
            .expect("good");
        assert_eq!((claims.identity, claims.issued_at), (None, 1_500_000));
    }

    #[test]
    fn each_fault_has_its_answer() {
        let now = Utc::now().timestamp();
        let good = signed(&json!({"sub": "a"}));
        let (head, _) = good.rsplit_once('.').expect("three parts");
        // {"alg":"none","typ":"JWT"} and {"alg":"HS512","typ":"JWT"}
        let none = format!(
            "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0{}",
            &good[good.find('.').expect("a dot")..]
        );
        let other = format!(
            "eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9{}",
            &good[good.find('.').expect("a dot")..]
        );
        for (token, status, body) in [
            ("nonsense".to_owned(), 422, json!({"msg": "Not enough segments"})),
            ("a.b.c".to_owned(), 422, json!({"msg": "Invalid header padding"})),
            (none, 422, json!({"msg": "The specified alg value is not allowed"})),
            (other, 422, json!({"msg": "The specified alg value is not allowed"})),
            (
                format!("{head}.AAAA"),
                422,
                json!({"msg": "Signature verification failed"}),
            ),
            (signed(&json!({"jti": "a"})), 422, json!({"msg": "Missing claim: sub"})),
            (
                signed(&json!({"sub": "a", "nbf": now + 100})),
                422,
                json!({"msg": "The token is not yet valid (nbf)"}),
            ),
            (
                signed(&json!({"sub": "a", "exp": now})),
                401,
                json!({"error": true, "message": "Signature has expired"}),
            ),
        ] {
            let failure = tokens().verify(&token).expect_err("refused").failure();
            let Failure::Answer {
                status: found,
                body: answer,
                ..
            } = failure
            else {
                panic!("no answer")
            };
            assert_eq!((found.as_u16(), answer), (status, body));
        }
    }

    #[test]
    fn digests_depend_on_purpose_and_key() {
        let digest = |tokens: &Tokens, purpose| tokens.digest(purpose, "secret").expect("a digest");
        assert_eq!(digest(&tokens(), "a"), digest(&tokens(), "a"));
        assert_ne!(digest(&tokens(), "a"), digest(&tokens(), "b"));
        assert_ne!(digest(&tokens(), "a"), digest(&Tokens::new("another key"), "a"));
    }
}
