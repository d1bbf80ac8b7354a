//! The client that measures: signed in, with the records at hand that calls name.

use std::collections::HashMap;
use std::error::Error;
use std::time::{Duration, Instant};

use reqwest::header::{ETAG, IF_NONE_MATCH};
use reqwest::multipart::{Form, Part};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::routes::PLACES;

/// Reason why something can't be measured.
pub type Problem = Box<dyn Error + Send + Sync>;

/// Longest time for an answer: a change of many tasks takes long on a slow server.
const TIMEOUT: Duration = Duration::from_secs(600);

/// A call that is ready to be made.
#[derive(Clone, Debug)]
pub struct Call {
    method: Method,
    path: String,
    body: Option<String>,
    /// The tag of the answer that the caller has.
    known: Option<String>,
}

/// Result of one call.
#[derive(Clone, Copy, Debug)]
pub struct Answered {
    /// Until the head of the answer was there.
    pub first_byte: Duration,
    /// Until all of it was there.
    pub whole: Duration,
    pub bytes: usize,
}

/// A server by what it says of itself.
#[derive(Debug, Deserialize)]
pub struct Identity {
    pub name: String,
    pub version: String,
}

/// Somebody who is signed in.
#[derive(Clone)]
pub struct Client {
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
    pub async fn sign_in(url: &str, email: &str, password: &str, gzip: bool) -> Result<Self, Problem> {
        let http = http()?;
        let base = url.trim_end_matches('/').to_owned();
        let body = json!({"email": email, "password": password}).to_string();
        let request = http
            .post(format!("{base}/auth/login"))
            .header("content-type", "application/json")
            .body(body);
        let response = request.send().await?;
        let status = response.status();
        let answer: Value = serde_json::from_slice(&response.bytes().await?)?;
        let token = answer["access_token"]
            .as_str()
            .ok_or_else(|| format!("signing in to {base} was answered by {status}"))?
            .to_owned();
        let places = HashMap::from([("email", email.to_owned()), ("password", password.to_owned())]);
        Ok(Self {
            http,
            base,
            token,
            gzip,
            places,
        })
    }

    /// Address of the server.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Token of the person.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Asks the server for its name and release.
    ///
    /// # Errors
    /// It does not answer, or says neither.
    pub async fn identity(&self) -> Result<Identity, Problem> {
        let response = success(self.request(Method::GET, "/status").send().await?)?;
        Ok(serde_json::from_slice(&response.bytes().await?)?)
    }

    /// Chooses the open production whose records are asked for, by its name or else the first one, and gives its name; nothing
    /// where none is open.
    ///
    /// # Errors
    /// The server does not answer, or no open production has the name.
    pub async fn choose_production(&mut self, name: Option<&str>) -> Result<Option<String>, Problem> {
        let (_, open) = self.send(Method::GET, "/data/projects/open", None).await?;
        let mut open = open.as_array().into_iter().flatten();
        let chosen = open.find(|row| name.is_none_or(|name| row["name"] == name));
        let Some((id, found)) = chosen.and_then(|row| Some((row["id"].as_str()?, row["name"].as_str()?))) else {
            return name.map_or(Ok(None), |name| {
                Err(format!(
                    "{} has no open production {name}; --production names another one",
                    self.base
                )
                .into())
            });
        };
        let (id, found) = (id.to_owned(), found.to_owned());
        self.set_place("project", id);
        Ok(Some(found))
    }

    /// Prepares a call: finds the records that it names.
    ///
    /// # Errors
    /// The studio has no such record.
    pub async fn call(&mut self, method: &str, path: &str, body: &str) -> Result<Call, Problem> {
        let path = self.filled(path).await?;
        let mut body = body.to_owned();
        while let Some((before, rest)) = body.split_once("{{") {
            let (place, after) = rest.split_once("}}").ok_or("a place has no end")?;
            body = format!("{before}{}{after}", self.place(place).await?);
        }
        Ok(Call {
            method: Method::from_bytes(method.as_bytes())?,
            path,
            body: (!body.is_empty()).then_some(body),
            known: None,
        })
    }

    /// The same call by somebody who has the answer.
    ///
    /// # Errors
    /// The connection breaks, or the answer has no tag.
    pub async fn knowing(&self, call: Call) -> Result<Call, Problem> {
        let response = success(self.request(call.method.clone(), &call.path).send().await?)?;
        let tag = tag(&response).ok_or("the answer has no tag")?;
        response.bytes().await?;
        Ok(Call {
            known: Some(tag),
            ..call
        })
    }

    /// Looks at a list: its tag, and the bytes that came, none where it is the known one.
    ///
    /// # Errors
    /// The connection breaks, or the answer is no success.
    pub async fn look(&self, path: &str, known: Option<&str>) -> Result<(Option<String>, usize), Problem> {
        let mut request = self.request(Method::GET, path).header("accept-encoding", "gzip");
        if let Some(tag) = known {
            request = request.header(IF_NONE_MATCH, tag);
        }
        let response = success(request.send().await?)?;
        let tag = tag(&response);
        Ok((tag, response.bytes().await?.len()))
    }

    /// The same caller on connections of its own: the next call opens one.
    ///
    /// # Errors
    /// No client can be made.
    pub fn anew(&self) -> Result<Self, Problem> {
        Ok(Self {
            http: http()?,
            ..self.clone()
        })
    }

    /// Sets a place that is not asked for.
    pub fn set_place(&mut self, name: &'static str, value: String) {
        self.places.insert(name, value);
    }

    /// Makes a call, and gives how long it took with the whole answer.
    ///
    /// # Errors
    /// The connection breaks, or the answer is no success.
    pub async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Result<(Duration, Value), Problem> {
        self.fetch(with_body(self.request(method, path), body.map(Value::to_string)))
            .await
    }

    /// Makes a call, and gives its answer.
    ///
    /// # Errors
    /// The connection breaks, or the answer is no success.
    pub async fn ask(&self, call: &Call) -> Result<Value, Problem> {
        let (_, answer) = self
            .fetch(with_body(
                self.request(call.method.clone(), &call.path),
                call.body.clone(),
            ))
            .await?;
        Ok(answer)
    }

    /// Sends a picture as the file of a form.
    ///
    /// # Errors
    /// The connection breaks, or the answer is no success.
    pub async fn upload(&self, path: &str, picture: &[u8]) -> Result<(), Problem> {
        let part = Part::bytes(picture.to_vec())
            .file_name("measured.png")
            .mime_str("image/png")?;
        self.fetch(
            self.request(Method::POST, path)
                .multipart(Form::new().part("file", part)),
        )
        .await?;
        Ok(())
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, format!("{}{path}", self.base))
            .bearer_auth(&self.token)
    }

    async fn fetch(&self, request: RequestBuilder) -> Result<(Duration, Value), Problem> {
        let started = Instant::now();
        let response = success(request.send().await?)?;
        let bytes = response.bytes().await?;
        let elapsed = started.elapsed();
        Ok((
            elapsed,
            if bytes.is_empty() {
                Value::Null
            } else {
                serde_json::from_slice(&bytes)?
            },
        ))
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
    pub async fn place(&mut self, name: &str) -> Result<String, Problem> {
        if let Some(value) = self.places.get(name) {
            return Ok(value.clone());
        }
        let (name, path, pointer) = *PLACES
            .iter()
            .find(|(known, ..)| *known == name)
            .ok_or("an unknown place")?;
        let path = Box::pin(self.filled(path)).await?;
        let (_, answer) = self.send(Method::GET, &path, None).await?;
        let value = found(&answer, pointer)
            .ok_or_else(|| format!("there is no {}", name.replace('_', " ")))?
            .to_owned();
        self.places.insert(name, value.clone());
        Ok(value)
    }

    /// Makes a call, and reads the whole answer.
    ///
    /// # Errors
    /// The connection breaks, or the answer is no success.
    pub async fn make(&self, call: &Call) -> Result<Answered, Problem> {
        let mut request = with_body(self.request(call.method.clone(), &call.path), call.body.clone());
        if self.gzip {
            request = request.header("accept-encoding", "gzip");
        }
        if let Some(tag) = &call.known {
            request = request.header(IF_NONE_MATCH, tag);
        }
        let started = Instant::now();
        let mut response = success(request.send().await?)?;
        let first_byte = started.elapsed();
        let mut bytes = 0;
        while let Some(part) = response.chunk().await? {
            bytes += part.len();
        }
        Ok(Answered {
            first_byte,
            whole: started.elapsed(),
            bytes,
        })
    }
}

fn http() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .pool_max_idle_per_host(1000)
        .timeout(TIMEOUT)
        .build()
}

fn with_body(request: RequestBuilder, body: Option<String>) -> RequestBuilder {
    match body {
        Some(body) => request.header("content-type", "application/json").body(body),
        None => request,
    }
}

fn tag(response: &Response) -> Option<String> {
    response
        .headers()
        .get(ETAG)
        .and_then(|tag| tag.to_str().ok())
        .map(str::to_owned)
}

/// The response, when it is a success or says that nothing changed.
fn success(response: Response) -> Result<Response, Problem> {
    let status = response.status();
    if status.is_success() || status == StatusCode::NOT_MODIFIED {
        Ok(response)
    } else {
        Err(format!("answered by {status}").into())
    }
}

/// The value of a place in an answer. Of a list it is that of the record with the smallest id, so that servers with the same
/// records are asked for the same one.
fn found<'a>(answer: &'a Value, pointer: &str) -> Option<&'a str> {
    let Some((list, key)) = pointer.split_once("/0/") else {
        return answer.pointer(pointer)?.as_str();
    };
    let records = answer.pointer(list)?.as_array()?;
    records.iter().min_by_key(|record| record["id"].as_str())?[key].as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_with_the_same_records_are_asked_for_the_same_one() {
        let one = json!([{"id": "b", "object_id": "x"}, {"id": "a", "object_id": "y"}]);
        let other = json!({"data": [{"id": "a", "object_id": "y"}, {"id": "b", "object_id": "x"}]});
        assert_eq!(
            (found(&one, "/0/id"), found(&other, "/data/0/id")),
            (Some("a"), Some("a"))
        );
        assert_eq!(
            (found(&one, "/0/object_id"), found(&other, "/data/0/object_id")),
            (Some("y"), Some("y"))
        );
        assert_eq!(found(&json!({"user": {"id": "me"}}), "/user/id"), Some("me"));
        assert_eq!(
            (found(&json!([]), "/0/id"), found(&json!({"error": true}), "/data/0/id")),
            (None, None)
        );
    }
}
