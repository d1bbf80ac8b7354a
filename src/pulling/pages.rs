//! Pages of a collection of the other instance.

use std::collections::HashSet;

use serde_json::Value;

use super::remote::{Remote, RemoteError};
use crate::sources::ForeignRow;

/// Rows of one page.
const ROWS: usize = 200;
/// Ids of one page.
const IDS: usize = 1000;

/// A page of rows.
#[derive(Debug)]
pub(super) struct RowPage {
    pub(super) rows: Vec<ForeignRow>,
    pub(super) pages: usize,
    pub(super) total: u64,
}

/// A condition on rows: a column, and the value or the list of values that it has.
pub(super) type RowFilter = Option<(String, String)>;

/// One page of a collection, from 1 on, with the relations of its rows.
///
/// # Errors
/// The other instance does not answer, or refuses.
pub(super) async fn page(
    remote: &Remote,
    collection: &str,
    filter: &RowFilter,
    page: usize,
) -> Result<RowPage, RemoteError> {
    let mut query = vec![
        ("relations", "true".to_owned()),
        ("page", page.to_string()),
        ("limit", ROWS.to_string()),
    ];
    if collection == "persons" {
        // Zou gives administrators the hashes of passwords, so that people sign in here as there.
        query.push(("with_pass_hash", "true".to_owned()));
    }
    ask(remote, collection, filter, query).await
}

/// Number of rows of a collection for which one of the conditions is true.
///
/// # Errors
/// The other instance does not answer, or refuses.
pub(super) async fn count(remote: &Remote, collection: &str, filters: &[RowFilter]) -> Result<u64, RemoteError> {
    let by = |filter: &RowFilter| filter.as_ref().map(|(column, _)| column.clone());
    let columns: HashSet<Option<String>> = filters.iter().map(by).collect();
    if columns.len() <= 1 {
        let mut total = 0;
        for filter in filters {
            total += ask(
                remote,
                collection,
                filter,
                vec![("page", "1".to_owned()), ("limit", "1".to_owned())],
            )
            .await?
            .total;
        }
        return Ok(total);
    }
    // A row may be found by several columns.
    let mut ids = HashSet::new();
    for filter in filters {
        let mut at = 1;
        loop {
            let query = vec![
                ("fields", "id".to_owned()),
                ("page", at.to_string()),
                ("limit", IDS.to_string()),
            ];
            let RowPage { rows, pages, .. } = ask(remote, collection, filter, query).await?;
            ids.extend(
                rows.iter()
                    .filter_map(|row| row.get("id").and_then(Value::as_str).map(str::to_owned)),
            );
            if at >= pages {
                break;
            }
            at += 1;
        }
    }
    Ok(ids.len() as u64)
}

async fn ask(
    remote: &Remote,
    collection: &str,
    filter: &RowFilter,
    query: Vec<(&str, String)>,
) -> Result<RowPage, RemoteError> {
    let filter = filter.as_ref().map(|(column, value)| (column.as_str(), value.clone()));
    let query: Vec<(&str, String)> = query.into_iter().chain(filter).collect();
    let path = format!("/data/{collection}");
    let strange = || RemoteError::Strange(format!("{}{path}", remote.url()));
    let mut answer = remote.json(&path, &query).await?;
    let number = |answer: &Value, key: &str| answer[key].as_u64();
    let (pages, total) = (number(&answer, "nb_pages"), number(&answer, "total"));
    // Some instances give small collections whole.
    let rows = if answer.is_array() {
        answer.take()
    } else {
        answer.get_mut("data").map(Value::take).unwrap_or_default()
    };
    let Value::Array(rows) = rows else {
        return Err(strange());
    };
    let rows: Vec<ForeignRow> = rows
        .into_iter()
        .filter_map(|row| if let Value::Object(row) = row { Some(row) } else { None })
        .collect();
    let total = total.unwrap_or(rows.len() as u64);
    Ok(RowPage {
        rows,
        pages: pages.and_then(|pages| pages.try_into().ok()).unwrap_or(1),
        total,
    })
}
