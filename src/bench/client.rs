//! The client that measures: signed in, with the records at hand that calls name.

use std::collections::HashMap;
use std::error::Error;
use std::time::{Duration, Instant};

use reqwest::header::{ETAG, IF_NONE_MATCH};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::routes::{PLACES, Route};

/// Reason why something can't be measured.
pub(super) type Problem = Box<dyn Error + Send + Sync>;

/// A call that is ready to be made.
#[derive(Clone, Debug)]
pub(super) struct Call {
    method: Method,
    url: String,
    body: Option<String>,
    /// The tag of the answer that the caller has.
    known: Option<String>,
}

/// Result of one call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answered {
    /// Until the head of the answer was there.
    pub(super) first_byte: Duration,
    /// Until all of it was there.
    pub(super) whole: Duration,
    pub(super) bytes: usize,
}

/// Somebody who is signed in.
#[derive(Clone)]
pub(super) struct Client {
    http: reqwest::Client,
    base: String,
    token: String,
    gzip: bool,
    places: HashMap<&'static str, String>,
}

impl Client {
    /// Signs in.
    ///
    /// # Errors
    /// The server does not answer, or refuses the password.
    pub(super) async fn sign_in(url: &str, email: &str, password: &str, gzip: bool) -> Result<Self, Problem> {
        let http = http()?;
        let base = url.trim_end_matches('/').to_owned();
        let body = json!({"email": email, "password": password}).to_string();
        let request = http.post(format!("{base}/auth/login")).header("content-type", "application/json").body(body);
        let response = request.send().await?;
        let status = response.status();
        let answer: Value = serde_json::from_slice(&response.bytes().await?)?;
        let token = answer["access_token"].as_str().ok_or_else(|| format!("signing in was answered by {status}"))?.to_owned();
        let places = HashMap::from([("email", email.to_owned()), ("password", password.to_owned())]);
        Ok(Self { http, base, token, gzip, places })
    }

    /// Prepares the call of a route: finds the records that it names.
    ///
    /// # Errors
    /// The studio has no such record.
    pub(super) async fn call(&mut self, route: &Route) -> Result<Call, Problem> {
        let path = self.filled(route.path).await?;
        let mut body = route.body.to_owned();
        while let Some((before, rest)) = body.split_once("{{") {
            let (place, after) = rest.split_once("}}").ok_or("a place has no end")?;
            body = format!("{before}{}{after}", self.place(place).await?);
        }
        Ok(Call {
            method: Method::from_bytes(route.method.as_bytes())?,
            url: format!("{}{path}", self.base),
            body: (!body.is_empty()).then_some(body),
            known: None,
        })
    }

    /// The same call by somebody who has the answer.
    ///
    /// # Errors
    /// The connection breaks, or the answer has no tag.
    pub(super) async fn knowing(&self, call: Call) -> Result<Call, Problem> {
        let response = self.http.request(call.method.clone(), &call.url).bearer_auth(&self.token).send().await?;
        let tag = response.headers().get(ETAG).and_then(|tag| tag.to_str().ok()).ok_or("the answer has no tag")?.to_owned();
        response.bytes().await?;
        Ok(Call { known: Some(tag), ..call })
    }

    /// Looks at a list: its tag, and the bytes that came, none where it is the known one.
    ///
    /// # Errors
    /// The connection breaks, or the answer is no success.
    pub(super) async fn look(&self, path: &str, known: Option<&str>) -> Result<(Option<String>, usize), Problem> {
        let mut request = self.http.get(format!("{}{path}", self.base)).bearer_auth(&self.token).header("accept-encoding", "gzip");
        if let Some(tag) = known {
            request = request.header(IF_NONE_MATCH, tag);
        }
        let response = request.send().await?;
        let status = response.status();
        if !status.is_success() && status != StatusCode::NOT_MODIFIED {
            return Err(refused(status));
        }
        let tag = response.headers().get(ETAG).and_then(|tag| tag.to_str().ok()).map(str::to_owned);
        Ok((tag, response.bytes().await?.len()))
    }

    /// The same caller on connections of its own: the next call opens one.
    ///
    /// # Errors
    /// No client can be made.
    pub(super) fn anew(&self) -> Result<Self, Problem> {
        Ok(Self { http: http()?, ..self.clone() })
    }

    /// Sets a place that is not asked for.
    pub(super) fn set_place(&mut self, name: &'static str, value: String) {
        self.places.insert(name, value);
    }

    /// Makes a call, and gives how long it took with the whole answer.
    ///
    /// # Errors
    /// The connection breaks, or the answer is no success.
    pub(super) async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Result<(Duration, Value), Problem> {
        let mut request = self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let started = Instant::now();
        let response = request.send().await?;
        let status = response.status();
        let bytes = response.bytes().await?;
        let elapsed = started.elapsed();
        if !status.is_success() {
            return Err(refused(status));
        }
        Ok((elapsed, if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes)? }))
    }

    async fn filled(&mut self, path: &str) -> Result<String, Problem> {
        let mut path = path.to_owned();
        while let Some((before, rest)) = path.split_once('{') {
            let (place, after) = rest.split_once('}').ok_or("a place has no end")?;
            path = format!("{before}{}{after}", self.place(place).await?);
        }
        Ok(path)
    }

    /// The value of a place, which is asked for once.
    ///
    /// # Errors
    /// The studio has no such record.
    pub(super) async fn place(&mut self, name: &str) -> Result<String, Problem> {
        if let Some(value) = self.places.get(name) {
            return Ok(value.clone());
        }
        let (name, path, pointer) = *PLACES.iter().find(|(known, ..)| *known == name).ok_or("an unknown place")?;
        let path = Box::pin(self.filled(path)).await?;
        let response = self.http.get(format!("{}{path}", self.base)).bearer_auth(&self.token).send().await?;
        let answer: Value = serde_json::from_slice(&response.bytes().await?)?;
        let value = answer.pointer(pointer).and_then(Value::as_str).ok_or_else(|| format!("there is no {}", name.replace('_', " ")))?.to_owned();
        self.places.insert(name, value.clone());
        Ok(value)
    }

    /// Makes a call, and reads the whole answer.
    ///
    /// # Errors
    /// The connection breaks, or the answer is no success.
    pub(super) async fn make(&self, call: &Call) -> Result<Answered, Problem> {
        let mut request = self.http.request(call.method.clone(), &call.url).bearer_auth(&self.token);
        if self.gzip {
            request = request.header("accept-encoding", "gzip");
        }
        if let Some(body) = &call.body {
            request = request.header("content-type", "application/json").body(body.clone());
        }
        if let Some(tag) = &call.known {
            request = request.header(IF_NONE_MATCH, tag);
        }
        let started = Instant::now();
        let mut response = request.send().await?;
        let first_byte = started.elapsed();
        let status = response.status();
        let mut bytes = 0;
        while let Some(part) = response.chunk().await? {
            bytes += part.len();
        }
        if !status.is_success() && status != StatusCode::NOT_MODIFIED {
            return Err(refused(status));
        }
        Ok(Answered { first_byte, whole: started.elapsed(), bytes })
    }
}

fn http() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder().pool_max_idle_per_host(1000).timeout(Duration::from_secs(120)).build()
}

fn refused(status: StatusCode) -> Problem {
    format!("answered by {status}").into()
}
