//! The errors of the contract: every answer from 400 on that a handler can give.

use std::error::Error;

use poem::http::{HeaderName, HeaderValue, StatusCode, header};
use poem::{IntoResponse, Response};
use serde_json::{Value, json};

const NOT_FOUND: &str = "404 Not Found: The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.";
const FORBIDDEN: &str = "You don't have the permission to access the requested resource. It is either read-protected or not readable by the server.";

/// Reason why an operation gives no result.
///
/// Any error of a library turns into a [`Failure::Fault`] with `?`; the server then decides what the client is told.
#[derive(Debug)]
pub enum Failure {
    /// An answer that the contract describes.
    Answer {
        status: StatusCode,
        body: Value,
        headers: Vec<(HeaderName, HeaderValue)>,
    },
    /// Something broke; the client must not see what.
    Fault(Box<dyn Error + Send + Sync>),
}

impl<E: Error + Send + Sync + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Fault(Box::new(error))
    }
}

impl Failure {
    /// An answer with any body.
    #[must_use]
    pub fn answer(status: StatusCode, body: Value) -> Self {
        Self::Answer {
            status,
            body,
            headers: Vec::new(),
        }
    }

    /// The usual error: `{"error": true, "message": …}`.
    #[must_use]
    pub fn plain(status: StatusCode, message: impl Into<String>) -> Self {
        Self::answer(status, json!({"error": true, "message": message.into()}))
    }

    /// 404: there is no such thing.
    #[must_use]
    pub fn not_found() -> Self {
        Self::plain(StatusCode::NOT_FOUND, NOT_FOUND)
    }

    /// 403: the caller may not do this.
    #[must_use]
    pub fn forbidden() -> Self {
        Self::plain(StatusCode::FORBIDDEN, FORBIDDEN)
    }

    /// 400 with the usual body.
    #[must_use]
    pub fn refused(message: impl Into<String>) -> Self {
        Self::plain(StatusCode::BAD_REQUEST, message)
    }

    /// 400 for a parameter or field that can't be accepted.
    #[must_use]
    pub fn parameter(message: impl Into<String>) -> Self {
        Self::parameter_with(message, Value::Null)
    }

    /// 400 for a parameter or field, with details.
    #[must_use]
    pub fn parameter_with(message: impl Into<String>, data: Value) -> Self {
        Self::answer(
            StatusCode::BAD_REQUEST,
            json!({"error": true, "message": message.into(), "data": data}),
        )
    }

    /// 400 for a record that the rules of the database refuse: `{"message": …}`.
    #[must_use]
    pub fn record(message: impl Into<String>) -> Self {
        Self::answer(StatusCode::BAD_REQUEST, json!({"message": message.into()}))
    }

    /// 400 for a body whose fields are wrong, each with what is wrong with it.
    #[must_use]
    pub fn fields(errors: &[FieldProblem]) -> Self {
        let errors: Vec<Value> = errors
            .iter()
            .map(|error| json!({"field": error.field, "message": error.message}))
            .collect();
        Self::parameter_with("Validation error.", json!({"errors": errors}))
    }

    /// 400 for one field that is wrong.
    #[must_use]
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::fields(&[FieldProblem {
            field: field.into(),
            message: message.into(),
        }])
    }

    /// The same refusal with the name of the parameter or field that is wrong, where clients know the message without it.
    #[must_use]
    pub fn naming(mut self, field: impl Into<String>) -> Self {
        if let Self::Answer { body, .. } = &mut self {
            let message = body.get("message").or_else(|| body.get("error")).cloned();
            let field: String = field.into();
            let error = json!({"field": field, "message": message});
            body["data"]["errors"] = Value::Array(vec![error]);
        }
        self
    }

    /// The same refusal with the name of the field that means what is not there; other refusals stay as they are.
    #[must_use]
    pub fn naming_unknown(self, field: impl Into<String>) -> Self {
        if self.status() == StatusCode::NOT_FOUND {
            self.naming(field)
        } else {
            self
        }
    }

    /// The same refusal with the details of another one, where there are any.
    #[must_use]
    pub fn with_details(mut self, data: &Value) -> Self {
        if let Self::Answer { body, .. } = &mut self
            && !data.is_null()
        {
            body["data"] = data.clone();
        }
        self
    }

    /// An answer about a token: `{"msg": …}`.
    #[must_use]
    pub fn token(status: StatusCode, message: &str) -> Self {
        Self::answer(status, json!({"msg": message}))
    }

    /// The same failure with one more header.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        if let Self::Answer { headers, .. } = &mut self {
            headers.push((name, value));
        }
        self
    }

    /// The status that the client gets.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Answer { status, .. } => *status,
            Self::Fault(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, body, headers) = match self {
            Self::Answer { status, body, headers } => (status, body, headers),
            Self::Fault(_) => {
                let body = json!({"error": true, "message": "Internal server error."});
                (StatusCode::INTERNAL_SERVER_ERROR, body, Vec::new())
            }
        };
        let mut response = Response::builder()
            .status(status)
            .header(header::CONTENT_TYPE, "application/json")
            .body(body.to_string());
        response.headers_mut().extend(headers);
        response
    }
}

/// Problem with one field of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldProblem {
    /// Name, with dots for nested fields; empty for the body as a whole.
    pub field: String,
    pub message: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(failure: Failure) -> Value {
        match failure {
            Failure::Answer { body, .. } => body,
            Failure::Fault(_) => Value::Null,
        }
    }

    #[test]
    fn a_refusal_names_its_field_beside_the_message() {
        let errors = json!([{"field": "tree_name", "message": "No such tree"}]);
        assert_eq!(
            body(Failure::parameter("No such tree").naming("tree_name")),
            json!({"error": true, "message": "No such tree", "data": {"errors": errors}})
        );
        assert_eq!(
            body(Failure::record("No such tree").naming("tree_name")),
            json!({"message": "No such tree", "data": {"errors": errors}})
        );
        let limited = Failure::parameter_with("No such tree", json!({"limit": 3})).naming("tree_name");
        assert_eq!(body(limited)["data"], json!({"limit": 3, "errors": errors}));
        let unknown = body(Failure::not_found().naming_unknown("tree_id"));
        assert_eq!(unknown["data"]["errors"][0]["field"], "tree_id");
        assert_eq!(body(Failure::forbidden().naming_unknown("tree_id")).get("data"), None);
        let said = Failure::answer(StatusCode::BAD_REQUEST, json!({"error": "No such tree"})).naming("tree_name");
        assert_eq!(body(said)["data"], json!({"errors": errors}));
        assert_eq!(body(Failure::record("No")).get("data"), None);
        let details = json!({"errors": errors});
        assert_eq!(body(Failure::record("No").with_details(&details))["data"], details);
    }
}
