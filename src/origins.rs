//! Pages that may use the cookie of a visitor: those of this server, and those of the origins that the settings allow.

use poem::http::header::{HOST, HeaderName, ORIGIN, REFERER};
use poem::http::{HeaderMap, Uri};

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The pages that are trusted.
#[derive(Clone, Debug, Default)]
pub struct Origins {
    allowed: Vec<String>,
}

impl Origins {
    /// Pages of this server, and of these origins, such as `https://kitsu.example.org`.
    pub fn new(allowed: impl IntoIterator<Item = String>) -> Self {
        let allowed = allowed
            .into_iter()
            .map(|origin| origin.trim().trim_end_matches('/').to_owned());
        Self {
            allowed: allowed.filter(|origin| !origin.is_empty()).collect(),
        }
    }

    /// True when a request says that a trusted page sends it, or that somebody typed the address. A request that says
    /// nothing is not trusted.
    ///
    /// Browsers say it in `Sec-Fetch-Site`, but over encrypted connections only; in `Origin`, but not when they only read;
    /// and else in `Referer`. Another page can set none of these.
    #[must_use]
    pub fn vouch_for(&self, headers: &HeaderMap) -> bool {
        let site = text(headers, &FETCH_SITE);
        if matches!(site, Some("same-origin" | "none")) {
            return true;
        }
        let Some(origin) = text(headers, &ORIGIN).or_else(|| text(headers, &REFERER).and_then(origin_of)) else {
            return false;
        };
        self.allows(origin) || (site.is_none() && is_of_this_server(headers, origin))
    }

    /// True unless a request says that a page of somewhere else sends it. A request that says nothing is fine: programs say
    /// nothing, and nor do browsers that read from their own server.
    #[must_use]
    pub fn tolerate(&self, headers: &HeaderMap) -> bool {
        !headers.contains_key(ORIGIN) || self.vouch_for(headers)
    }

    fn allows(&self, origin: &str) -> bool {
        self.allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin))
    }
}

/// True when scheme, host and port of an origin are those that the server was asked under.
fn is_of_this_server(headers: &HeaderMap, origin: &str) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else {
        return false;
    };
    // Without a proxy that tells, either scheme may be the one.
    let told = text(headers, &FORWARDED_PROTO).and_then(|told| told.split(',').next());
    if told.is_some_and(|told| !told.trim().eq_ignore_ascii_case(scheme)) {
        return false;
    }
    let wanted = bare(scheme, authority);
    [HOST, FORWARDED_HOST]
        .iter()
        .filter_map(|name| text(headers, name))
        .any(|host| bare(scheme, host).eq_ignore_ascii_case(wanted))
}

/// An authority without the port that its scheme has anyway.
fn bare<'a>(scheme: &str, authority: &'a str) -> &'a str {
    let usual = if scheme.eq_ignore_ascii_case("https") {
        ":443"
    } else {
        ":80"
    };
    authority.strip_suffix(usual).unwrap_or(authority)
}

/// The origin of an address.
fn origin_of(address: &str) -> Option<&str> {
    let uri: Uri = address.parse().ok()?;
    let (scheme, authority) = (uri.scheme_str()?, uri.authority()?);
    address.get(..scheme.len() + "://".len() + authority.as_str().len())
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: (&str, &str) = ("host", "kitsu.example.org");

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
            .collect()
    }

    fn vouches(pairs: &[(&'static str, &str)]) -> bool {
        Origins::new(["https://other.example.org/".to_owned()]).vouch_for(&headers(&[&[HERE], pairs].concat()))
    }

    #[test]
    fn own_and_allowed_pages_are_trusted() {
        let origin = ("origin", "https://kitsu.example.org");
        for own in [
            &[origin][..],
            &[("origin", "https://Kitsu.example.org:443")],
            &[("origin", "http://kitsu.example.org")],
            &[origin, ("x-forwarded-proto", "https")],
            &[
                ("origin", "https://public.example.org"),
                ("x-forwarded-host", "public.example.org"),
            ],
            &[("sec-fetch-site", "same-origin")],
            &[("sec-fetch-site", "none")],
            &[("referer", "https://kitsu.example.org/people?page=1")],
            &[("origin", "https://other.example.org"), ("sec-fetch-site", "same-site")],
        ] {
            assert!(vouches(own), "{own:?}");
        }
    }

    #[test]
    fn other_pages_and_those_that_hide_are_not() {
        for foreign in [
            &[][..],
            &[("origin", "null")],
            &[("origin", "https://evil.example.org")],
            &[("origin", "https://kitsu.example.org.evil.org")],
            &[("origin", "https://kitsu.example.org:8443")],
            &[("origin", "http://kitsu.example.org"), ("x-forwarded-proto", "https")],
            &[("origin", "http://kitsu.example.org"), ("sec-fetch-site", "cross-site")],
            &[
                ("origin", "https://evil.example.org"),
                ("referer", "https://kitsu.example.org/"),
            ],
            &[("referer", "https://evil.example.org/https://kitsu.example.org/")],
            &[("referer", "https://kitsu.example.org@evil.example.org/")],
            &[("sec-fetch-site", "same-site")],
        ] {
            assert!(!vouches(foreign), "{foreign:?}");
        }
    }

    #[test]
    fn who_says_nothing_is_tolerated() {
        let origins = Origins::default();
        assert!(origins.tolerate(&headers(&[HERE])));
        assert!(!origins.tolerate(&headers(&[HERE, ("origin", "https://evil.example.org")])));
    }
}
