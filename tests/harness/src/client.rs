//! A client that checks every answer against the contract.

use std::collections::BTreeMap;

use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use uuid::Uuid;

use super::{Checker, TestServer, id};

/// Somebody who calls the server.
#[derive(Clone)]
pub struct Client {
    pub url: String,
    pub token: Option<String>,
    pub http: reqwest::Client,
}

/// Statuses and bodies by their addresses.
pub type Answers = BTreeMap<String, (u16, Vec<u8>)>;

/// Answer of the server.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub bytes: Vec<u8>,
    /// The body, where it is JSON.
    pub json: Value,
    headers: HeaderMap,
}

impl Answer {
    /// A header, where it is there and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body, once the status is the expected one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(
            self.status,
            status,
            "the answer was {}",
            String::from_utf8_lossy(&self.bytes)
        );
        self.json
    }

    /// The `message` of an error, once the status is the expected one.
    #[track_caller]
    pub fn message(self, status: u16) -> String {
        self.expect(status)["message"].as_str().unwrap_or_default().to_owned()
    }
}

impl Client {
    /// The same person at another server on the same database.
    pub fn at(&self, server: &TestServer) -> Self {
        Self {
            url: server.url.clone(),
            ..self.clone()
        }
    }

    /// The same client with a token that an answer brings.
    #[track_caller]
    pub fn with_token(&self, token: &Value) -> Self {
        let token = token.as_str().unwrap_or_else(|| panic!("{token} is no token"));
        Self {
            token: Some(token.to_owned()),
            ..self.clone()
        }
    }

    /// The answers at addresses.
    pub async fn answers(&self, addresses: &[String]) -> Answers {
        let mut answers = Answers::new();
        for address in addresses {
            let request = self.request(Method::GET, address);
            let response = request.send().await.expect("the server answers");
            let status = response.status().as_u16();
            let bytes = response.bytes().await.expect("the whole answer");
            answers.insert(address.clone(), (status, bytes.to_vec()));
        }
        answers
    }

    /// Sends a `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    /// Sends a `POST` with a body.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body)).await
    }

    /// Sends a `PUT` with a body.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, Some(body)).await
    }

    /// Sends a `DELETE`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }

    /// Sends a call by any method, with a body where one is given.
    pub async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let mut request = self.request(method.clone(), path);
        if let Some(body) = &body {
            request = request.json(body);
        }
        self.finish(method, path, request).await
    }

    /// A request with the token of the client, which is not sent yet.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// A request that brings one file as a form.
    pub fn upload(&self, path: &str, name: &str, content: &[u8]) -> reqwest::RequestBuilder {
        let head = format!("--limit\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n");
        let body = [head.as_bytes(), content, b"\r\n--limit--\r\n"].concat();
        self.form(path, body)
    }

    /// A request with a form that is written out, whose boundary is `limit`.
    pub fn form(&self, path: &str, body: impl Into<reqwest::Body>) -> reqwest::RequestBuilder {
        self.request(Method::POST, path)
            .header("content-type", "multipart/form-data; boundary=limit")
            .body(body)
    }

    /// The id of a record by its name, in a collection.
    pub async fn named(&self, collection: &str, name: &str) -> Uuid {
        id(&self.get(&format!("/data/{collection}?name={name}")).await.expect(200)[0])
    }

    /// Sends a file as a form, and checks the answer.
    pub async fn send_file(&self, path: &str, name: &str, content: &[u8]) -> Answer {
        self.finish(Method::POST, path, self.upload(path, name, content)).await
    }

    /// Sends a form that is written out, whose boundary is `limit`, and checks the answer.
    pub async fn send_form(&self, path: &str, body: impl Into<reqwest::Body>) -> Answer {
        self.finish(Method::POST, path, self.form(path, body)).await
    }

    /// Sends a request, and checks the answer.
    pub async fn finish(&self, method: Method, path: &str, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.expect("the server answers");
        let status = response.status();
        let headers = response.headers().clone();
        let bytes = response.bytes().await.expect("the whole answer").to_vec();
        assert!(
            status != StatusCode::INTERNAL_SERVER_ERROR,
            "{method} {path}: {}",
            String::from_utf8_lossy(&bytes)
        );
        let media = headers
            .get("content-type")
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let (bare, query) = path.split_once('?').unwrap_or((path, ""));
        if let Some(problem) = Checker::get().problem(method.as_str(), bare, query, status.as_u16(), media, &bytes) {
            panic!(
                "{method} {path} is off the contract: {problem}\n{}",
                String::from_utf8_lossy(&bytes)
            );
        }
        let json = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer {
            status: status.as_u16(),
            bytes,
            json,
            headers,
        }
    }
}
