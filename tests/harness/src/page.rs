//! Pages for a browser that goes to a provider of sign-in and back.

use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use super::{Checker, Client};

/// Page that a browser is sent to that signed in.
pub const HOME: &str = "https://localhost:8080";

/// An answer to a browser, checked against the contract.
pub struct Page {
    pub status: u16,
    pub location: String,
    pub cookies: Vec<String>,
    pub json: Value,
}

impl Page {
    /// Opens a page, with a cookie or without.
    pub async fn open(nobody: &Client, path: &str, cookie: Option<&str>) -> Self {
        Self::of(Method::GET, path, nobody.request(Method::GET, path), cookie).await
    }

    /// Sends a form.
    pub async fn send(nobody: &Client, path: &str, fields: &[(&str, &str)], cookie: Option<&str>) -> Self {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let request = nobody
            .request(Method::POST, path)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form);
        Self::of(Method::POST, path, request, cookie).await
    }

    async fn of(method: Method, path: &str, request: RequestBuilder, cookie: Option<&str>) -> Self {
        let request = match cookie {
            Some(cookie) => request.header("cookie", cookie),
            None => request,
        };
        let answer = request.send().await.expect("an answer");
        let text = |name: &str| {
            answer
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
                .to_owned()
        };
        let (status, location, media) = (answer.status().as_u16(), text("location"), text("content-type"));
        let cookies = answer
            .headers()
            .get_all("set-cookie")
            .iter()
            .filter_map(|value| value.to_str().ok().map(str::to_owned))
            .collect();
        let bytes = answer.bytes().await.expect("a body");
        let (bare, query) = path.split_once('?').unwrap_or((path, ""));
        assert_eq!(
            Checker::get().problem(method.as_str(), bare, query, status, &media, &bytes),
            None
        );
        Self {
            status,
            location,
            cookies,
            json: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
        }
    }

    /// A cookie, as a browser sends it back.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let mut pairs = self.cookies.iter().filter_map(|cookie| cookie.split(';').next());
        pairs
            .find(|pair| pair.starts_with(&format!("{name}=")))
            .map(str::to_owned)
    }

    /// The cookie that says which visit to a provider is meant, with its attributes.
    pub fn visit_cookie(&self) -> &str {
        let mut cookies = self.cookies.iter();
        cookies.find(|cookie| cookie.starts_with("session=")).expect("a cookie")
    }

    /// The value of a cookie.
    pub fn value(&self, name: &str) -> Option<String> {
        self.cookie(name)
            .and_then(|cookie| cookie.split_once('=').map(|(_, value)| value.to_owned()))
    }

    /// Reason why nobody was let in.
    #[track_caller]
    pub fn error(&self) -> &str {
        assert_eq!(self.status, 400);
        assert!(self.cookies.is_empty(), "{:?}", self.cookies);
        self.json["error"].as_str().unwrap_or_default()
    }

    /// Whoever was let in.
    pub async fn user(&self, nobody: &Client) -> Value {
        assert_eq!((self.status, self.location.as_str()), (302, HOME), "{}", self.json);
        let cookie = self.cookie("access_token_cookie").expect("a token");
        assert!(self.cookie("refresh_token_cookie").is_some());
        let request = nobody
            .request(Method::GET, "/auth/authenticated")
            .header("cookie", cookie);
        nobody
            .finish(Method::GET, "/auth/authenticated", request)
            .await
            .expect(200)["user"]
            .clone()
    }
}
