//! Requests to the provider.

use std::pin::Pin;

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use serde::de::DeserializeOwned;

use super::super::read_limited;
use super::problem::Problem;

/// The way in which the library asks the provider.
pub(super) struct Http(pub(super) reqwest::Client);

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Problem>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let answer = self
                .0
                .request(parts.method, parts.uri.to_string())
                .headers(parts.headers)
                .body(body)
                .send()
                .await?;
            let (status, headers) = (answer.status(), answer.headers().clone());
            let mut response = HttpResponse::new(read_body(answer).await?);
            *response.status_mut() = status;
            *response.headers_mut() = headers;
            Ok(response)
        })
    }
}

/// Asks the provider for a document.
pub(super) async fn fetch<T: DeserializeOwned>(
    http: &reqwest::Client,
    address: &str,
    token: Option<&str>,
) -> Result<T, Problem> {
    let mut request = http.get(address).header(reqwest::header::ACCEPT, "application/json");
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let answer = request.send().await?;
    if !answer.status().is_success() {
        return Err(Problem::Status(answer.status()));
    }
    Ok(serde_json::from_slice(&read_body(answer).await?)?)
}

/// The body of an answer.
async fn read_body(answer: reqwest::Response) -> Result<Vec<u8>, Problem> {
    read_limited(answer).await?.ok_or(Problem::TooLong)
}
