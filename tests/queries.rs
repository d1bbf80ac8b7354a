//! However many rows a list has, it takes the same number of statements.

use std::collections::BTreeMap;

use dailies_definitions::access::Role;
use reqwest::Method;
use rstest::rstest;
use serde_json::Value;

use crate::harness::{Client, Growth, On, Studio, contract};

/// Rows of each table around the same records.
const FEW: usize = 10;
const MANY: usize = 100;

/// Calls that are counted at most. What the server does beside is counted, too, so the least of several counts.
const CALLS: usize = 6;

/// Statements of one call, when it is answered with success: no more than `enough`, if one of several calls takes so
/// few. Persons and productions that the server keeps in mind are there from a first call.
async fn statements(studio: &Studio, client: &Client, path: &str, enough: Option<u64>) -> Option<u64> {
    let call = || async {
        let response = client.request(Method::GET, path).send().await.expect("the server answers");
        let status = response.status();
        response.bytes().await.expect("the whole answer");
        assert!(!status.is_server_error(), "GET {path} answered {status}");
        status.is_success()
    };
    if !call().await {
        return None;
    }
    let mut least = u64::MAX;
    for calls in 1..=CALLS {
        let before = studio.server.app.database.statements();
        call().await;
        least = least.min(studio.server.app.database.statements() - before);
        if calls > 1 && enough.is_none_or(|enough| least <= enough) {
            break;
        }
    }
    Some(least)
}

/// The address of an operation, with records of the studio for its parameters.
async fn address(studio: &Studio, growth: &Growth<'_>, path: &str, operation: &Value) -> Option<String> {
    let mut address = path.to_owned();
    let mut query = Vec::new();
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let name = parameter["name"].as_str()?;
        let required = parameter["required"].as_bool().unwrap_or_default();
        let known = match growth.of_parameter(name) {
            Some(id) => Some(id.to_string()),
            None if name == "instance_id" => {
                let list = studio.admin.request(Method::GET, &path.replace("/{instance_id}", "?page=1&limit=1")).send().await.ok()?;
                let list: Value = serde_json::from_slice(&list.bytes().await.ok()?).ok()?;
                list["data"][0]["id"].as_str().map(str::to_owned)
            }
            None if parameter["schema"]["format"] == "uuid" => None,
            None => parameter["example"].as_str().map(str::to_owned).or_else(|| parameter["example"].as_i64().map(|number| number.to_string())),
        };
        match (parameter["in"].as_str()?, required) {
            ("path", _) => address = address.replace(&format!("{{{name}}}"), &known?),
            ("query", true) => query.push(format!("{name}={}", known?)),
            _ => {}
        }
    }
    if !query.is_empty() {
        address = format!("{address}?{}", query.join("&"));
    }
    Some(address)
}

async fn all_statements(studio: &Studio, client: &Client, addresses: &[String], few: &BTreeMap<String, u64>) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for address in addresses {
        if let Some(count) = statements(studio, client, address, few.get(address).copied()).await {
            counts.insert(address.clone(), count);
        }
    }
    counts
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn more_rows_take_no_more_statements(#[values(On::Sqlite, On::Postgres)] on: On) {
    let studio = Studio::open(on).await;
    let mut growth = Growth::of(&studio).await;
    growth.to(FEW).await;
    let mut addresses = Vec::new();
    for (path, item) in contract()["paths"].as_object().expect("paths") {
        let operation = &item["get"];
        // Some of these change something: signing out, for one.
        let reads = !path.starts_with("/auth") && !path.starts_with("/actions");
        if reads
            && !operation.is_null()
            && let Some(address) = address(&studio, &growth, path, operation).await
        {
            addresses.push(address);
        }
    }
    let clients = [("an administrator", studio.admin.clone()), ("a vendor", studio.member(Role::Vendor))];
    let mut few = Vec::new();
    for (_, client) in &clients {
        few.push(all_statements(&studio, client, &addresses, &BTreeMap::new()).await);
    }
    growth.to(MANY).await;
    let mut worse = Vec::new();
    for ((who, client), few) in clients.iter().zip(&few) {
        let many = all_statements(&studio, client, &addresses, few).await;
        worse.extend(few.iter().filter_map(|(address, before)| {
            let after = many.get(address).filter(|after| *after > before)?;
            Some(format!("GET {address} for {who}: {before} statements for {FEW} rows, {after} for {MANY}"))
        }));
    }
    assert!(worse.is_empty(), "{}", worse.join("\n"));
    let left_out: Vec<&String> = addresses.iter().filter(|address| !few[0].contains_key(*address)).collect();
    assert!(left_out.len() * 5 < addresses.len(), "too many are not answered: {left_out:#?}");
}
