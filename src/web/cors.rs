//! Tells browsers which other origins may call the server and see its answers.
//!
//! Two middlewares were compared. That of poem 3.1 refuses requests of other origins, and of questions with other headers,
//! where clients know an answer without the headers; that of tower-http 0.6 takes every `OPTIONS` for a question and answers
//! it itself. Neither tells an origin to a request that names none.

use poem::Request;
use poem::http::{HeaderMap, HeaderValue, Method, header};

const METHODS: &str = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT";

/// The origins that were configured; without any, browsers keep other origins away.
pub(super) struct Cors {
    origins: Vec<HeaderValue>,
}

/// Facts in a request about the page that it comes from.
pub(super) struct PageOrigin {
    origin: Option<HeaderValue>,
    /// For a question before the real request: the headers that it will have.
    preflight: Option<Option<HeaderValue>>,
}

impl PageOrigin {
    pub(super) fn by(request: &Request) -> Self {
        let header = |name| request.headers().get(name).cloned();
        let method = header(header::ACCESS_CONTROL_REQUEST_METHOD);
        let known = method.is_some_and(|method| {
            METHODS
                .split(", ")
                .any(|known| known.as_bytes().eq_ignore_ascii_case(method.as_bytes()))
        });
        Self {
            origin: header(header::ORIGIN),
            preflight: (request.method() == Method::OPTIONS && known)
                .then(|| header(header::ACCESS_CONTROL_REQUEST_HEADERS)),
        }
    }
}

impl Cors {
    /// Takes origins such as `https://kitsu.example.org`; what can't be one is left out.
    pub(super) fn new(origins: &[String]) -> Self {
        let origins = origins.iter().map(|origin| origin.trim().trim_end_matches('/'));
        let origins = origins.filter(|origin| !origin.is_empty());
        Self {
            origins: origins
                .filter_map(|origin| HeaderValue::from_str(origin).ok())
                .collect(),
        }
    }

    /// Adds the headers to an answer. A request without origin, which no browser sends from
    /// elsewhere, is told the first one.
    pub(super) fn allow(&self, asked: PageOrigin, headers: &mut HeaderMap) {
        let Some(first) = self.origins.first() else {
            return;
        };
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
        let origin = match asked.origin {
            None => first.clone(),
            Some(origin) => {
                let matches = |known: &HeaderValue| known.as_bytes().eq_ignore_ascii_case(origin.as_bytes());
                if !self.origins.iter().any(matches) {
                    return;
                }
                origin
            }
        };
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        let yes = HeaderValue::from_static("true");
        headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, yes);
        if let Some(requested) = asked.preflight {
            let methods = HeaderValue::from_static(METHODS);
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
            if let Some(requested) = requested {
                headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, requested);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(origins: &[&str], method: Method, sent: &[(&str, &str)]) -> HeaderMap {
        let cors = Cors::new(&origins.iter().map(ToString::to_string).collect::<Vec<_>>());
        let mut request = Request::builder().method(method);
        for (name, value) in sent {
            request = request.header(*name, *value);
        }
        let mut headers = HeaderMap::new();
        cors.allow(PageOrigin::by(&request.finish()), &mut headers);
        headers
    }

    const ORIGINS: [&str; 3] = ["https://kitsu.example.org/", " https://b.example.org", ""];

    #[test]
    fn says_nothing_unless_configured() {
        assert!(answered(&[""], Method::GET, &[("origin", "https://b.example.org")]).is_empty());
    }

    #[test]
    fn echoes_an_origin_that_is_configured() {
        let headers = answered(&ORIGINS, Method::GET, &[("origin", "https://b.example.org")]);
        assert_eq!(headers["access-control-allow-origin"], "https://b.example.org");
        assert_eq!(headers["access-control-allow-credentials"], "true");
        assert_eq!(headers["vary"], "Origin");
        assert_eq!(headers.len(), 3);
    }

    #[test]
    fn is_silent_to_other_origins() {
        for origin in ["https://evil.example.org", "https://b.example.org.evil.org", "null"] {
            let headers = answered(&ORIGINS, Method::GET, &[("origin", origin)]);
            assert_eq!(headers.keys().collect::<Vec<_>>(), ["vary"]);
        }
    }

    #[test]
    fn tells_the_first_origin_to_requests_without_one() {
        let headers = answered(&ORIGINS, Method::GET, &[]);
        assert_eq!(headers["access-control-allow-origin"], "https://kitsu.example.org");
    }

    #[test]
    fn answers_a_preflight() {
        let sent = [
            ("origin", "https://b.example.org"),
            ("access-control-request-method", "PUT"),
            ("access-control-request-headers", "authorization, content-type"),
        ];
        let headers = answered(&ORIGINS, Method::OPTIONS, &sent);
        assert_eq!(headers["access-control-allow-methods"], METHODS);
        assert_eq!(headers["access-control-allow-headers"], "authorization, content-type");
        let other = answered(&ORIGINS, Method::GET, &sent);
        assert!(!other.contains_key("access-control-allow-methods"));
    }
}
