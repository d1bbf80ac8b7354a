//! Duties of a call with the cookie: a page of this server, and a body that no foreign page can send unasked.
//!
//! A browser adds the cookie whichever page makes it call. A bearer token is only sent by who knows it.

use dailies_definitions::facts::OperationFacts;
use dailies_definitions::failure::Failure;
use poem::http::{HeaderMap, HeaderName, StatusCode, header};

use crate::credentials::request_tokens::{ACCESS_COOKIE, REFRESH_COOKIE};
use crate::origins::Origins;

/// Names of the cookies that tokens come in.
const COOKIES: [&str; 2] = [ACCESS_COOKIE, REFRESH_COOKIE];
const FOREIGN: &str = "A browser's call that changes something has to come from a page of this server. If it does, DOMAIN_NAME or \
                       CORS_ALLOWED_ORIGINS has to name the address of that page.";
const NO_JSON: &str = "Did not attempt to load JSON data because the request Content-Type was not 'application/json'.";

/// Refuses what another page may have made a browser do.
///
/// # Errors
/// 403 for a change that no trusted page asks for, 415 for a body that is neither JSON nor a form that the operation takes.
pub(super) fn check(origins: &Origins, facts: OperationFacts, headers: &HeaderMap) -> Result<(), Failure> {
    if !facts.needs_token || !facts.changes || !relies_on_cookie(headers) {
        return Ok(());
    }
    if !origins.vouch_for(headers) {
        return Err(Failure::plain(StatusCode::FORBIDDEN, FOREIGN));
    }
    if facts.body_limit > 0 && has_body(headers) && !takes(facts, headers) {
        return Err(Failure::plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, NO_JSON));
    }
    Ok(())
}

/// True when the cookie alone says who calls: no page can add a bearer token that it does not know.
fn relies_on_cookie(headers: &HeaderMap) -> bool {
    let bearer = text(headers, &header::AUTHORIZATION).is_some_and(|value| value.trim_start().starts_with("Bearer "));
    let cookies = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'));
    let mut names = cookies
        .filter_map(|cookie| cookie.split_once('='))
        .map(|(name, _)| name.trim());
    !bearer && names.any(|name| COOKIES.contains(&name))
}

fn has_body(headers: &HeaderMap) -> bool {
    headers.contains_key(header::TRANSFER_ENCODING)
        || text(headers, &header::CONTENT_LENGTH).is_some_and(|length| length != "0")
}

fn takes(facts: OperationFacts, headers: &HeaderMap) -> bool {
    let media = text(headers, &header::CONTENT_TYPE)
        .and_then(|value| value.split(';').next())
        .unwrap_or_default();
    let media = media.trim().to_ascii_lowercase();
    let json = media == "application/json" || (media.starts_with("application/") && media.ends_with("+json"));
    json || (facts.takes_files && media == "multipart/form-data")
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const COOKIE: (&str, &str) = ("cookie", "a=b; access_token_cookie=x");
    const OWN: (&str, &str) = ("sec-fetch-site", "same-origin");
    const FACTS: OperationFacts = OperationFacts {
        operation: "",
        body_limit: 1000,
        takes_files: false,
        needs_token: true,
        changes: true,
    };

    fn status(facts: OperationFacts, pairs: &[(&'static str, &str)]) -> Option<u16> {
        let headers = pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
            .collect();
        check(&Origins::default(), facts, &headers)
            .err()
            .map(|failure| failure.status().as_u16())
    }

    #[test]
    fn changes_with_a_cookie_need_a_page_of_their_own() {
        assert_eq!(status(FACTS, &[COOKIE, OWN]), None);
        for cookie in [COOKIE, ("cookie", "refresh_token_cookie=x")] {
            assert_eq!(status(FACTS, &[cookie]), Some(403));
            assert_eq!(
                status(
                    FACTS,
                    &[cookie, ("origin", "https://evil.example.org"), ("host", "here")]
                ),
                Some(403)
            );
            assert_eq!(status(FACTS, &[cookie, ("authorization", "Basic eDp5")]), Some(403));
        }
        assert_eq!(status(FACTS, &[COOKIE, ("authorization", "Bearer x")]), None);
        assert_eq!(status(FACTS, &[("cookie", "other=x")]), None);
        assert_eq!(
            status(
                OperationFacts {
                    changes: false,
                    ..FACTS
                },
                &[COOKIE]
            ),
            None
        );
        assert_eq!(
            status(
                OperationFacts {
                    needs_token: false,
                    ..FACTS
                },
                &[COOKIE]
            ),
            None
        );
    }

    #[test]
    fn bodies_with_a_cookie_are_json() {
        let sent = |facts, media| status(facts, &[COOKIE, OWN, ("content-length", "2"), ("content-type", media)]);
        for media in [
            "application/json",
            "Application/JSON; charset=utf-8",
            "application/vnd.api+json",
        ] {
            assert_eq!(sent(FACTS, media), None, "{media}");
        }
        for media in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "",
        ] {
            assert_eq!(sent(FACTS, media), Some(415), "{media}");
        }
        let form = OperationFacts {
            takes_files: true,
            ..FACTS
        };
        assert_eq!(sent(form, "multipart/form-data; boundary=x"), None);
        assert_eq!(sent(form, "text/plain"), Some(415));
        assert_eq!(
            status(
                FACTS,
                &[COOKIE, OWN, ("content-length", "0"), ("content-type", "text/plain")]
            ),
            None
        );
        assert_eq!(
            status(FACTS, &[COOKIE, OWN, ("transfer-encoding", "chunked")]),
            Some(415)
        );
    }
}
