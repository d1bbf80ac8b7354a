//! Tokens as requests carry them: in a cookie, or in the header `Authorization`.

use dailies_definitions::failure::Failure;
use poem::http::{HeaderMap, StatusCode, header};

/// The cookie that browsers keep the access token in.
pub const ACCESS_COOKIE: &str = "access_token_cookie";
/// The cookie that browsers keep the refresh token in.
pub const REFRESH_COOKIE: &str = "refresh_token_cookie";

/// The token that a request carries: in the cookie of that name, or else in the header `Authorization`.
///
/// # Errors
/// 401 when there is no token, 422 when the header is malformed.
pub fn token_of_request(headers: &HeaderMap, cookie: &str) -> Result<String, Failure> {
    if let Some(token) = cookie_value(headers, cookie) {
        return Ok(token.to_owned());
    }
    let missing = |what: &str| {
        let message = format!("Missing JWT in cookies or headers (Missing cookie \"{cookie}\"; {what})");
        Err(Failure::token(StatusCode::UNAUTHORIZED, &message))
    };
    let value = headers
        .get(header::AUTHORIZATION)
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        .unwrap_or_default();
    let mut words = value.split_whitespace();
    match (words.next(), words.next(), words.next()) {
        (None, ..) => missing("Missing Authorization Header"),
        (Some("Bearer"), Some(token), None) => Ok(token.to_owned()),
        (Some("Bearer"), ..) => {
            let message = "Bad Authorization header. Expected 'Authorization: Bearer <JWT>'";
            Err(Failure::token(StatusCode::UNPROCESSABLE_ENTITY, message))
        }
        _ => missing("Missing 'Bearer' type in 'Authorization' header. Expected 'Authorization: Bearer <JWT>'"),
    }
}

/// The value of a cookie, unless it is empty.
#[must_use]
pub fn cookie_value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'));
    let mut values = cookies
        .filter_map(|cookie| cookie.trim().split_once('='))
        .filter(|(found, _)| *found == name);
    values
        .next()
        .map(|(_, value)| value.trim_matches('"'))
        .filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use poem::http::HeaderValue;
    use serde_json::json;

    use super::*;

    fn headers(pairs: &[(header::HeaderName, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn the_cookie_wins_over_the_header() {
        let both = headers(&[
            (header::COOKIE, "a=b; access_token_cookie=one"),
            (header::AUTHORIZATION, "Bearer two"),
        ]);
        assert_eq!(token_of_request(&both, ACCESS_COOKIE).expect("a token"), "one");
        assert_eq!(token_of_request(&both, REFRESH_COOKIE).expect("a token"), "two");
    }

    #[test]
    fn a_missing_token_is_told_from_a_malformed_one() {
        let refusal = |value: Option<&'static str>| {
            let headers = value
                .map(|value| headers(&[(header::AUTHORIZATION, value)]))
                .unwrap_or_default();
            let failure = token_of_request(&headers, ACCESS_COOKIE).expect_err("no token");
            let Failure::Answer { status, body, .. } = failure else {
                panic!("no answer")
            };
            (status.as_u16(), body)
        };
        let missing = "Missing JWT in cookies or headers (Missing cookie \"access_token_cookie\"; ";
        assert_eq!(
            refusal(None),
            (401, json!({"msg": format!("{missing}Missing Authorization Header)")}))
        );
        let word = "Missing 'Bearer' type in 'Authorization' header. Expected 'Authorization: Bearer <JWT>')";
        for value in ["bearer x", "Basic eDp5", "token"] {
            assert_eq!(refusal(Some(value)), (401, json!({"msg": format!("{missing}{word}")})));
        }
        for value in ["Bearer", "Bearer a b"] {
            assert_eq!(
                refusal(Some(value)),
                (
                    422,
                    json!({"msg": "Bad Authorization header. Expected 'Authorization: Bearer <JWT>'"})
                )
            );
        }
    }
}
