//! Pages of listings.

use dailies_definitions::failure::Failure;

use super::{Database, Sql};

/// A part of a listing.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// From 1 on.
    pub number: i64,
    /// Records on a full page.
    pub limit: i64,
}

impl Page {
    /// Records before this page.
    #[must_use]
    pub fn offset(self) -> i64 {
        (self.number - 1) * self.limit
    }

    /// The page as a JSON object; `more` are further keys with their values.
    #[must_use]
    pub fn written(self, total: i64, items: &[Vec<u8>], more: &[(&str, &[u8])]) -> Vec<u8> {
        let mut out = b"{\"data\":".to_vec();
        out.extend(super::json::array(items.iter().map(Vec::as_slice)));
        let Self { number, limit } = self;
        let pages = (total + limit - 1) / limit.max(1);
        let facts = format!(
            ",\"total\":{total},\"nb_pages\":{pages},\"limit\":{limit},\"offset\":{},\"page\":{number}",
            self.offset()
        );
        out.extend_from_slice(facts.as_bytes());
        for (key, value) in more {
            super::json::write_key(&mut out, key, Some(value));
        }
        out.push(b'}');
        out
    }
}

/// Number of rows of a condition that starts with `FROM`.
///
/// # Errors
/// The database does not answer.
pub async fn count(database: &Database, condition: &Sql) -> Result<i64, Failure> {
    Ok(
        super::read_value(database, &condition.clone().before("SELECT COUNT(*) "))
            .await?
            .unwrap_or_default(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_tells_where_it_is() {
        let page = Page { number: 2, limit: 10 };
        let text = page.written(11, &[b"{}".to_vec()], &[("stats", b"[]")]);
        let expected = r#"{"data":[{}],"total":11,"nb_pages":2,"limit":10,"offset":10,"page":2,"stats":[]}"#;
        assert_eq!(String::from_utf8(text).as_deref(), Ok(expected));
    }
}
