//! Which headers of a handshake may be believed.

use std::borrow::Cow;

use poem::http::{
    HeaderMap, Uri,
    header::{COOKIE, HOST, HeaderName, ORIGIN},
};

const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The headers to look for a token in.
///
/// A browser joins the visitor's cookie to a WebSocket whichever page opens it, and no
/// cross-origin rule keeps that page from reading the answers. So the cookie only counts for
/// pages of this host and for the `trusted` origins; a bearer token always does, since a page
/// must know it to send it.
pub(super) fn credible<'a>(headers: &'a HeaderMap, trusted: &[String]) -> Cow<'a, HeaderMap> {
    if !headers.contains_key(COOKIE) || is_own_page(headers, trusted) {
        return Cow::Borrowed(headers);
    }
    tracing::warn!(origin = ?headers.get(ORIGIN), "ignored the cookie of a foreign page");
    let mut headers = headers.clone();
    headers.remove(COOKIE);
    Cow::Owned(headers)
}

/// Without `Origin` the request comes from no page, or from one of this host.
fn is_own_page(headers: &HeaderMap, trusted: &[String]) -> bool {
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if !headers.contains_key(ORIGIN) || text(&FETCH_SITE) == Some("same-origin") {
        return true;
    }
    let Some(origin) = text(&ORIGIN) else {
        return false;
    };
    let same = |other: &str| other.trim_end_matches('/').eq_ignore_ascii_case(origin);
    if trusted.iter().any(|other| same(other)) {
        return true;
    }
    let authority = origin.parse::<Uri>().ok().and_then(|uri| uri.authority().map(|authority| authority.as_str().to_owned()));
    authority.is_some_and(|authority| [HOST, FORWARDED_HOST].iter().filter_map(text).any(|host| host.eq_ignore_ascii_case(&authority)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has_cookie(pairs: &[(HeaderName, &'static str)], trusted: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, "access_token_cookie=x".parse().unwrap());
        for (name, value) in pairs {
            headers.insert(name, value.parse().unwrap());
        }
        let trusted: Vec<_> = trusted.iter().map(|origin| origin.to_string()).collect();
        credible(&headers, &trusted).contains_key(COOKIE)
    }

    #[test]
    fn own_pages_and_programs_keep_their_cookie() {
        assert!(has_cookie(&[], &[]));
        let origin = (ORIGIN, "https://kitsu.example.org");
        assert!(has_cookie(&[origin.clone(), (HOST, "Kitsu.example.org")], &[]));
        assert!(has_cookie(&[origin.clone(), (FORWARDED_HOST, "kitsu.example.org")], &[]));
        assert!(has_cookie(&[origin.clone(), (FETCH_SITE, "same-origin")], &[]));
        assert!(has_cookie(&[origin], &["https://kitsu.example.org/"]));
    }

    #[test]
    fn foreign_pages_lose_it() {
        let origin = (ORIGIN, "https://evil.example.org");
        assert!(!has_cookie(&[origin.clone(), (HOST, "kitsu.example.org"), (FETCH_SITE, "same-site")], &["https://kitsu.example.org"]));
        assert!(!has_cookie(&[(ORIGIN, "null"), (HOST, "kitsu.example.org")], &[]));
    }
}
