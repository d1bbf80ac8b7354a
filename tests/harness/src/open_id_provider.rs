//! A provider of OpenID Connect that vouches for whoever the test says, and lies when the test wants it to.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::Utc;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use poem::endpoint::make;
use poem::{Request, Response};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use url::Url;

use super::serve::serve;

/// Way of signing a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signing {
    /// With the key that the provider shows.
    Right,
    /// With a key that nobody knows, under the name of the one that the provider shows.
    OtherKey,
    /// Not at all: `alg` is `none`.
    Nothing,
    /// With the secret of the client.
    Secret,
    /// With the public key as if it was a secret.
    PublicKey,
}

struct State {
    url: String,
    key: u8,
    claims: Map<String, Value>,
    user_info: Value,
    signing: Signing,
    /// Questions by code.
    codes: HashMap<String, HashMap<String, String>>,
}

/// A provider that runs until it is dropped.
pub struct OpenIdProvider {
    pub url: String,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

/// Name of the server at the provider.
pub const CLIENT_ID: &str = "dailies";
/// Secret that the server shows to the provider.
pub const CLIENT_SECRET: &str = "a secret of the client";

impl OpenIdProvider {
    /// A provider at a free port of this machine, which signs as it should.
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let state = State {
            url: url.clone(),
            key: 1,
            claims: Map::new(),
            user_info: Value::Null,
            signing: Signing::Right,
            codes: HashMap::new(),
        };
        let state = Arc::new(Mutex::new(state));
        let shared = Arc::clone(&state);
        let endpoint = make(move |mut request: Request| {
            let state = Arc::clone(&shared);
            async move {
                let body = request.take_body().into_string().await.unwrap_or_default();
                Ok::<_, poem::Error>(answer(&mut state.lock().expect("the state"), &request, &body))
            }
        });
        let task = serve(listener, endpoint);
        Self { url, state, task }
    }

    /// Flags of a server that trusts this provider.
    pub fn flags(&self) -> Vec<String> {
        let address = format!("{}/.well-known/openid-configuration", self.url);
        let flags = [
            "--oidc-enabled",
            "true",
            "--oidc-discovery-url",
            &address,
            "--oidc-client-id",
            CLIENT_ID,
            "--oidc-client-secret",
            CLIENT_SECRET,
        ];
        flags.map(str::to_owned).to_vec()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("the state")
    }

    /// Claims of the next tokens beside those that the protocol needs, or instead of them. Null leaves one out.
    pub fn vouch(&self, claims: Value) {
        self.state().claims = claims.as_object().expect("claims").clone();
    }

    /// Facts about the person who signed in, when the server asks.
    pub fn tell(&self, user_info: Value) {
        self.state().user_info = user_info;
    }

    /// Signs in another way from now on.
    pub fn sign(&self, signing: Signing) {
        self.state().signing = signing;
    }

    /// Shows and uses another key from now on.
    pub fn rotate(&self) {
        self.state().key += 1;
    }

    /// Lets somebody sign in who was sent here, and gives the code that their browser takes back.
    pub fn code(&self, location: &str) -> String {
        let asked: HashMap<String, String> = Url::parse(location)
            .expect("an address")
            .query_pairs()
            .into_owned()
            .collect();
        let mut state = self.state();
        assert!(location.starts_with(&format!("{}/authorize?", state.url)), "{location}");
        for (name, expected) in [
            ("response_type", "code"),
            ("client_id", CLIENT_ID),
            ("code_challenge_method", "S256"),
        ] {
            assert_eq!(asked.get(name).map(String::as_str), Some(expected), "{location}");
        }
        let code = format!("code{}", state.codes.len());
        state.codes.insert(code.clone(), asked);
        code
    }
}

impl Drop for OpenIdProvider {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn json_answer(status: u16, body: &Value) -> Response {
    let status = poem::http::StatusCode::from_u16(status).expect("a status");
    Response::builder()
        .status(status)
        .content_type("application/json")
        .body(body.to_string())
}

fn answer(state: &mut State, request: &Request, body: &str) -> Response {
    match request.uri().path() {
        "/.well-known/openid-configuration" => {
            let address = |path: &str| format!("{}{path}", state.url);
            json_answer(
                200,
                &json!({
                    "issuer": state.url,
                    "authorization_endpoint": address("/authorize"),
                    "token_endpoint": address("/token"),
                    "userinfo_endpoint": address("/userinfo"),
                    "jwks_uri": address("/keys"),
                    "response_types_supported": ["code"],
                    "subject_types_supported": ["public"],
                    "id_token_signing_alg_values_supported": ["ES256", "HS256", "none"],
                }),
            )
        }
        "/keys" => {
            let (x, y) = coordinates(&key(state.key));
            let key = json!({"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": state.key.to_string(), "x": x, "y": y});
            json_answer(200, &json!({"keys": [key]}))
        }
        "/userinfo" if !state.user_info.is_null() => json_answer(200, &state.user_info),
        "/token" => match tokens(state, request, body) {
            Some(tokens) => json_answer(200, &tokens),
            None => json_answer(400, &json!({"error": "invalid_grant"})),
        },
        _ => json_answer(404, &json!({"error": "not_found"})),
    }
}

/// The tokens for a code, which is good once.
fn tokens(state: &mut State, request: &Request, body: &str) -> Option<Value> {
    let form: HashMap<String, String> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let secret: String = url::form_urlencoded::byte_serialize(CLIENT_SECRET.as_bytes()).collect();
    let expected = format!("Basic {}", STANDARD.encode(format!("{CLIENT_ID}:{secret}")));
    let asked = state.codes.remove(form.get("code")?)?;
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(form.get("code_verifier")?));
    let right = request.header("authorization") == Some(&expected)
        && asked.get("code_challenge") == Some(&challenge)
        && asked.get("redirect_uri") == form.get("redirect_uri");
    right.then(|| json!({"access_token": "access", "token_type": "Bearer", "expires_in": 60, "id_token": token(state, asked.get("nonce"))}))
}

fn token(state: &State, nonce: Option<&String>) -> String {
    let now = Utc::now().timestamp();
    let mut claims = json!({
        "iss": state.url,
        "aud": CLIENT_ID,
        "sub": "somebody",
        "iat": now,
        "exp": now + 300,
        "nonce": nonce,
    });
    let claims = claims.as_object_mut().expect("claims");
    claims.extend(state.claims.clone());
    claims.retain(|_, value| !value.is_null());
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let claims = Value::Object(claims.clone());
    let secret = |secret: &[u8]| {
        jsonwebtoken::encode(
            &Header::new(Algorithm::HS256),
            &claims,
            &EncodingKey::from_secret(secret),
        )
        .expect("a token")
    };
    let signed = |private: SigningKey| {
        let head = json!({"alg": "ES256", "typ": "JWT", "kid": state.key.to_string()});
        let text = format!("{}.{}", part(&head), part(&claims));
        let signature: Signature = private.sign(text.as_bytes());
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    };
    match state.signing {
        Signing::Right => signed(key(state.key)),
        Signing::OtherKey => signed(key(99)),
        Signing::Nothing => format!("{}.{}.", part(&json!({"alg": "none", "typ": "JWT"})), part(&claims)),
        Signing::Secret => secret(CLIENT_SECRET.as_bytes()),
        Signing::PublicKey => secret(key(state.key).verifying_key().to_encoded_point(false).as_bytes()),
    }
}

fn key(number: u8) -> SigningKey {
    SigningKey::from_slice(&[number; 32]).expect("a key")
}

fn coordinates(key: &SigningKey) -> (String, String) {
    let point = key.verifying_key().to_encoded_point(false);
    (
        URL_SAFE_NO_PAD.encode(&point.as_bytes()[1..33]),
        URL_SAFE_NO_PAD.encode(&point.as_bytes()[33..]),
    )
}
