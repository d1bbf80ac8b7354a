//! The other instance, over HTTP.

use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

use crate::background::with_causes;

/// Number of times that a request is made before it counts as failed, and the time in between.
const ATTEMPTS: u32 = 3;
const RETRY_PAUSE: Duration = Duration::from_millis(500);
/// Time for which the other side may be silent. A movie may take minutes.
const SILENCE: Duration = Duration::from_secs(120);
const CONNECTING: Duration = Duration::from_secs(10);

/// Reason why the other instance gave no answer that helps.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    #[error("{url} can't be reached: {}", with_causes(.error))]
    Unreachable { url: String, error: reqwest::Error },
    #[error("{method} {path} was answered with {status}: {message}")]
    Refused {
        method: Method,
        path: String,
        status: StatusCode,
        message: String,
    },
    #[error("{0} does not answer as Zou or Dailies do")]
    Strange(String),
    #[error("give a token in SYNC_TOKEN, or --login with a password in SYNC_PASSWORD")]
    NoCredentials,
}

impl RemoteError {
    /// True if the other instance does not offer what was asked for.
    pub(super) fn is_missing(&self) -> bool {
        matches!(self, Self::Refused { status, .. } if [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED].contains(status))
    }
}

/// Another instance, with somebody signed in.
#[derive(Clone)]
pub struct Remote {
    http: reqwest::Client,
    /// Address of its API, without a slash at the end.
    url: String,
    token: String,
}

impl Remote {
    /// Signs in at the instance of an address, which may be that of its API or of its web pages.
    ///
    /// # Errors
    /// Nobody answers there, or refuses.
    pub async fn sign_in(
        address: &str,
        login: Option<&str>,
        password: Option<&str>,
        token: Option<&str>,
    ) -> Result<Self, RemoteError> {
        let unreachable = |error| RemoteError::Unreachable {
            url: address.to_owned(),
            error,
        };
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECTING)
            .read_timeout(SILENCE)
            .build()
            .map_err(unreachable)?;
        let address = address.trim_end_matches('/');
        let mut remote = Self {
            http,
            url: address.to_owned(),
            token: String::new(),
        };
        if !remote.is_api().await? {
            remote.url = format!("{address}/api");
            if !remote.is_api().await? {
                return Err(RemoteError::Strange(address.to_owned()));
            }
        }
        remote.token = match (token, login, password) {
            (Some(token), ..) => token.to_owned(),
            (None, Some(email), Some(password)) => remote.log_in(email, password).await?,
            _ => return Err(RemoteError::NoCredentials),
        };
        Ok(remote)
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    async fn is_api(&self) -> Result<bool, RemoteError> {
        let answer = self
            .http
            .get(format!("{}/", self.url))
            .send()
            .await
            .map_err(|error| self.unreachable(error))?;
        let answer: Result<Value, _> = answer.json().await;
        Ok(answer.is_ok_and(|answer| answer["api"].is_string()))
    }

    async fn log_in(&self, email: &str, password: &str) -> Result<String, RemoteError> {
        let body = json!({"email": email, "password": password});
        let request = self.http.post(format!("{}/auth/login", self.url)).json(&body);
        let answer = self.once(Method::POST, "/auth/login", request).await?;
        let answer: Value = answer.json().await.map_err(|error| self.unreachable(error))?;
        answer["access_token"]
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| RemoteError::Strange(self.url.clone()))
    }

    /// A request to be sent once.
    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, format!("{}{path}", self.url))
            .bearer_auth(&self.token)
    }

    /// Sends a request, and gives its answer when that is a success.
    ///
    /// # Errors
    /// Nobody answers, or with an error.
    pub(super) async fn once(
        &self,
        method: Method,
        path: &str,
        request: RequestBuilder,
    ) -> Result<Response, RemoteError> {
        let answer = request.send().await.map_err(|error| self.unreachable(error))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let text = answer.text().await.unwrap_or_default();
        Err(RemoteError::Refused {
            method,
            path: path.to_owned(),
            status,
            message: message(&text),
        })
    }

    /// Answer at a path, which is asked for again when nobody answers.
    ///
    /// # Errors
    /// Nobody answers, or with an error.
    pub(super) async fn get(&self, path: &str, query: &[(&str, String)]) -> Result<Response, RemoteError> {
        let mut attempt = 1;
        loop {
            match self
                .once(Method::GET, path, self.request(Method::GET, path).query(query))
                .await
            {
                Err(error) if attempt < ATTEMPTS && passes(&error) => tokio::time::sleep(RETRY_PAUSE).await,
                done => return done,
            }
            attempt += 1;
        }
    }

    /// The JSON at a path.
    ///
    /// # Errors
    /// Nobody answers, or with an error, or with something else.
    pub(super) async fn json(&self, path: &str, query: &[(&str, String)]) -> Result<Value, RemoteError> {
        self.get(path, query)
            .await?
            .json()
            .await
            .map_err(|error| self.unreachable(error))
    }

    pub(super) fn unreachable(&self, error: reqwest::Error) -> RemoteError {
        RemoteError::Unreachable {
            url: self.url.clone(),
            error: error.without_url(),
        }
    }
}

/// True if it may go well another time.
fn passes(error: &RemoteError) -> bool {
    match error {
        RemoteError::Unreachable { .. } => true,
        RemoteError::Refused { status, .. } => status.is_server_error() || *status == StatusCode::TOO_MANY_REQUESTS,
        RemoteError::Strange(_) | RemoteError::NoCredentials => false,
    }
}

/// Message of an error, with the first field that is wrong.
fn message(text: &str) -> String {
    const MOST: usize = 300;
    let Ok(body) = serde_json::from_str::<Value>(text) else {
        return text.chars().take(MOST).collect();
    };
    let field = body["data"]["errors"]
        .get(0)
        .map(|error| format!(" {}: {}", error["field"], error["message"]));
    let said = ["message", "msg"]
        .into_iter()
        .find_map(|key| body[key].as_str())
        .unwrap_or_default();
    format!("{said}{}", field.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_the_field() {
        let text = r#"{"message": "Validation error.", "data": {"errors": [{"field": "0.name", "message": "Field required"}]}}"#;
        assert_eq!(message(text), r#"Validation error. "0.name": "Field required""#);
        assert_eq!(message(r#"{"msg": "Expired"}"#), "Expired");
        assert_eq!(message("<html>"), "<html>");
    }
}
