//! Facts in a request about the program and the place that it comes from.

use std::net::IpAddr;

use dailies_definitions::call::{Visitor, request_headers, request_peer};
use poem::http::{HeaderMap, HeaderName, header};

use crate::app::App;
pub(super) use crate::peers::address;

/// Marks, in the header `User-Agent`, of programs that carry a browser's name without being one.
const PROGRAMS: [&str; 5] = ["Electron/", "HeadlessChrome", "bot", "Bot", "; wv)"];
/// Marks of browsers, of computers and of phones. Most others bear one of these besides their own.
const BROWSERS: [&str; 9] = [
    "Chrome/",
    "CriOS/",
    "Firefox/",
    "FxiOS/",
    "EdgiOS/",
    "OPiOS/",
    "OPT/",
    "DuckDuckGo/",
    "UCBrowser/",
];

/// True if a request comes from a browser, so that tokens go into cookies.
#[must_use]
pub(super) fn is_browser(headers: &HeaderMap) -> bool {
    let agent = text(headers, &header::USER_AGENT);
    let bears = |marks: &[&str]| marks.iter().any(|mark| agent.contains(mark));
    let is_safari = agent.contains("Safari/") && agent.contains("Version/");
    !bears(&PROGRAMS) && (bears(&BROWSERS) || is_safari || agent.starts_with("Opera/"))
}

/// True if the request was made by following a link on another site, for which the browser sent its cookies along.
#[must_use]
pub(super) fn follows_foreign_link(headers: &HeaderMap) -> bool {
    let says = |name: &'static str, value| text(headers, &HeaderName::from_static(name)) == value;
    says("sec-fetch-site", "cross-site") && says("sec-fetch-mode", "navigate")
}

/// True if the browser reached the server over an encrypted connection, so that cookies may be kept to such.
///
/// The browser itself says it with `Origin`, a proxy with `X-Forwarded-Proto`; who lies there spoils only their own
/// cookie. When neither says, the configured public protocol counts, unless the request was made to this very machine or
/// to another name than the public one: there the public protocol means nothing, and a browser would drop the cookie.
#[must_use]
pub fn is_encrypted(headers: &HeaderMap, protocol: &str, domain: &str) -> bool {
    let origin = text(headers, &header::ORIGIN);
    if let Some((scheme, _)) = origin.split_once("://") {
        return scheme == "https";
    }
    let forwarded = text(headers, &HeaderName::from_static("x-forwarded-proto"));
    if !forwarded.is_empty() {
        return forwarded.split(',').next().is_some_and(|first| first.trim() == "https");
    }
    let host = host(text(headers, &header::HOST));
    protocol == "https" && host == self::host(domain) && !matches!(host, "localhost" | "127.0.0.1" | "[::1]" | "")
}

/// The name in `name:port`.
fn host(text: &str) -> &str {
    if text.starts_with('[') {
        return text.split_inclusive(']').next().unwrap_or(text);
    }
    text.split(':').next().unwrap_or(text)
}

/// The address of whoever sent the request that is being answered, as [`address`] tells it.
#[must_use]
pub fn caller_address(app: &App) -> Option<IpAddr> {
    address(
        &request_headers().unwrap_or_default(),
        request_peer(),
        &app.settings.trusted_proxies,
    )
}

/// The address of somebody who is not signed in, as [`address`] tells it.
pub(super) fn visitor_address(app: &App, visitor: &Visitor) -> Option<IpAddr> {
    address(&visitor.headers, visitor.address, &app.settings.trusted_proxies)
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> &'a str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use poem::http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn browsers_are_told_from_programs() {
        const WEBKIT: &str = "AppleWebKit/537.36 (KHTML, like Gecko)";
        for (agent, browser) in [
            (format!("Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} Chrome/126.0.0.0 Safari/537.36"), true),
            (format!("Mozilla/5.0 (Linux; Android 14) {WEBKIT} Chrome/126.0.0.0 Mobile Safari/537.36"), true),
            (format!("Mozilla/5.0 (Linux; Android 14; wv) {WEBKIT} Version/4.0 Chrome/126.0.0.0 Mobile Safari/537.36"), false),
            (format!("Mozilla/5.0 (Windows NT 10.0) {WEBKIT} Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0"), true),
            (format!("Mozilla/5.0 (Windows NT 10.0) {WEBKIT} Chrome/126.0.0.0 Safari/537.36 OPR/112.0.0.0"), true),
            (format!("Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} HeadlessChrome/126.0.0.0 Safari/537.36"), false),
            (format!("Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} app/1.0 Chrome/126.0.0.0 Electron/31.0.0 Safari/537.36"), false),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0".into(), true),
            ("Mozilla/5.0 (Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0".into(), true),
            (format!("Mozilla/5.0 (Linux; Android 14; SM-S921B) {WEBKIT} SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36"), true),
            (format!("Mozilla/5.0 (Linux; Android 14; Pixel 8) {WEBKIT} Chrome/126.0.0.0 Mobile Safari/537.36 EdgA/126.0.0.0"), true),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/127.0 Mobile/15E148 Safari/605.1.15".into(), true),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15".into(), true),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/126.0 Mobile/15E148 Safari/604.1".into(), true),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1".into(), true),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) OPiOS/16.0.15 Mobile/15E148 Safari/9537.53".into(), true),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X; en-US) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 UCBrowser/13.5".into(), true),
            ("Opera/9.80 (X11; Linux x86_64) Presto/2.12.388 Version/12.16".into(), true),
            ("Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Woolbot/2.1) Chrome/126.0.0.0 Safari/537.36".into(), false),
            ("python-requests/2.32".into(), false),
            ("curl/8.5.0".into(), false),
            (String::new(), false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::USER_AGENT, HeaderValue::from_str(&agent).expect("a value"));
            assert_eq!(is_browser(&headers), browser, "{agent}");
        }
    }

    #[test]
    fn cookies_are_kept_to_encrypted_connections_where_there_is_one() {
        for (sent, domain, expected) in [
            (&[("origin", "https://studio.example")][..], "localhost:8080", true),
            (
                &[("origin", "http://studio.example"), ("x-forwarded-proto", "https")],
                "studio.example",
                false,
            ),
            (
                &[("origin", "null"), ("x-forwarded-proto", "https, http")],
                "localhost",
                true,
            ),
            (&[("host", "studio.example:8080")], "studio.example", true),
            (&[("host", "10.0.0.5:5000")], "studio.example", false),
            (&[("host", "localhost:8080")], "localhost:8080", false),
            (&[("host", "[::1]:5000")], "[::1]:80", false),
            (&[], "studio.example", false),
        ] {
            assert_eq!(is_encrypted(&headers(sent), "https", domain), expected, "{sent:?}");
        }
        assert!(!is_encrypted(
            &headers(&[("host", "studio.example")]),
            "http",
            "studio.example"
        ));
    }

    #[test]
    fn only_trusted_proxies_say_who_called() {
        let peer: IpAddr = "10.0.0.1".parse().expect("an address");
        let real = "203.0.113.9".parse().ok();
        let sent = headers(&[("x-real-ip", "203.0.113.9")]);
        assert_eq!(address(&sent, Some(peer), &[peer]), real);
        assert_eq!(address(&sent, Some(peer), &[]), Some(peer));
        assert_eq!(address(&sent, None, &[peer]), None);
        assert_eq!(
            address(&headers(&[("x-real-ip", "nobody")]), Some(peer), &[peer]),
            Some(peer)
        );
        let mapped = "::ffff:10.0.0.1".parse().ok();
        assert_eq!(address(&sent, mapped, &[peer]), real);
    }

    #[test]
    fn a_link_on_another_site_is_noticed() {
        assert!(follows_foreign_link(&headers(&[
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate")
        ])));
        assert!(!follows_foreign_link(&headers(&[
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "cors")
        ])));
        assert!(!follows_foreign_link(&headers(&[])));
    }
}
