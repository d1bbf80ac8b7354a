//! Lists that come in pages: each can be walked to its end, and brings every record once.

use std::collections::HashSet;

use rstest::rstest;
use serde_json::Value;

use harness::{Client, Growth, On, Studio, contract};

/// Rows of each table around the same records.
const ROWS: usize = 5;

/// Records on a page, where the caller may say how many.
const LIMIT: usize = 3;

/// A list with pages.
struct PagedList {
    path: &'static str,
    operation: &'static Value,
}

impl PagedList {
    fn all() -> Vec<Self> {
        let paths = contract()["paths"].as_object().expect("paths");
        paths
            .iter()
            .map(|(path, item)| Self {
                path,
                operation: &item["get"],
            })
            .filter(|list| list.takes("page"))
            .collect()
    }

    fn takes(&self, parameter: &str) -> bool {
        let parameters = self.operation["parameters"].as_array().into_iter().flatten();
        parameters
            .filter(|known| known["in"] == "query")
            .any(|known| known["name"] == parameter)
    }
}

/// Number of pages, and of records on them. The list ends with a page that is empty.
async fn walk(client: &Client, address: &str, limit: &str) -> Option<(usize, usize)> {
    let joint = if address.contains('?') { '&' } else { '?' };
    let mut seen = HashSet::new();
    let mut total = None;
    for number in 1.. {
        let page = format!("{address}{joint}page={number}{limit}");
        let answer = client.get(&page).await;
        if answer.status != 200 {
            assert_eq!(number, 1, "{page}: {}", answer.json);
            return None;
        }
        let rows = answer.json.as_array().or_else(|| answer.json["data"].as_array());
        let rows = rows.unwrap_or_else(|| panic!("{page} is no page: {}", answer.json));
        for row in rows {
            assert!(seen.insert(row["id"].to_string()), "{page} brings {} again", row["id"]);
        }
        // An empty page of open tasks has no sums.
        if number == 1 || !rows.is_empty() {
            total = answer.json["total"]
                .as_u64()
                .or_else(|| answer.json["stats"]["total"].as_u64());
        }
        if rows.is_empty() {
            let seen = seen.len();
            assert!(
                total.is_none_or(|total| total == seen as u64),
                "{address}: {seen} records of {total:?}"
            );
            return Some((number - 1, seen));
        }
    }
    None
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn pages_bring_every_record_once(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let mut growth = Growth::of(&studio).await;
    growth.to(ROWS).await;
    let mut long = 0;
    for list in PagedList::all() {
        let Some(address) = growth.address(list.path, list.operation).await else {
            continue;
        };
        let limit = if list.takes("limit") {
            format!("&limit={LIMIT}")
        } else {
            String::new()
        };
        let found = walk(&studio.admin, &address, &limit).await;
        long += usize::from(found.is_some_and(|(pages, _)| pages > 1));
    }
    assert!(long > 40, "only {long} lists have more than a page");
}

/// True if an answer of this schema says how many pages there are.
fn tells_pages(schema: &Value) -> bool {
    if let Some(reference) = schema["$ref"].as_str() {
        let named = contract().pointer(reference.trim_start_matches('#'));
        return named.is_some_and(tells_pages);
    }
    let parts = ["anyOf", "oneOf", "allOf"].map(|key| schema[key].as_array());
    schema["properties"]["nb_pages"].is_object() || parts.into_iter().flatten().flatten().any(tells_pages)
}

#[test]
fn what_tells_of_pages_takes_the_number_of_one() {
    let paged: HashSet<&str> = PagedList::all().iter().map(|list| list.path).collect();
    let mut told = 0;
    for (path, item) in contract()["paths"].as_object().expect("paths") {
        let schema = &item["get"]["responses"]["200"]["content"]["application/json"]["schema"];
        if tells_pages(schema) {
            told += 1;
            assert!(
                paged.contains(path.as_str()),
                "GET {path} tells of pages, and gives the first one alone"
            );
        }
    }
    assert!(told > 50, "{told} lists have pages");
}
