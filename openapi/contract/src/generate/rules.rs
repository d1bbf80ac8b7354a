//! Writes the access rules as a trait and the CRUD collections as an enum.

use std::fmt::Write;

use super::names::{doc, pascal, snake};
use crate::Contract;
use crate::access::ROW;
use crate::model::Operation;

/// The proof of those who hold the link of a shared playlist.
pub(super) const SHARE_VISITOR: &str = "ShareVisitor";

pub(super) fn file(contract: &Contract) -> String {
    let mut text = String::from(
        "use async_trait::async_trait;\nuse poem::Request;\nuse uuid::Uuid;\n\nuse crate::access::*;\nuse crate::call::Sessions;\nuse crate::failure::Failure;\n\n",
    );
    guard(&mut text, contract);
    rules(&mut text, contract);
    record_rules(&mut text, contract);
    collections(&mut text, contract);
    text
}

/// The trait of the access rules, with a method for each.
fn guard(text: &mut String, contract: &Contract) {
    text.push_str("/// Decides who may call: one method for each access rule of the contract.\n");
    text.push_str("#[async_trait]\npub trait Guard: Sessions {\n");
    text.push_str("    /// Person who sends the request, by its token.\n");
    text.push_str("    async fn caller(&self, request: &Request) -> Result<Caller, Failure>;\n");
    text.push_str("    /// Person who asks for a new token, by the refresh token.\n");
    text.push_str("    async fn refresher(&self, request: &Request) -> Result<Refresher, Failure>;\n");
    text.push_str("    /// Holder of the link of a shared playlist, by its secret and the password that comes with the request.\n");
    text.push_str(
        "    async fn share_visitor(&self, request: &Request, token: &str) -> Result<ShareVisitor, Failure>;\n",
    );
    text.push_str("    /// Answer to a client about an error that no handler expected.\n");
    text.push_str("    fn explain(&self, error: Box<dyn std::error::Error + Send + Sync>) -> Failure;\n");
    for rule in &contract.access.rules {
        let Some(proof) = rule.proof.as_deref() else { continue };
        if matches!(proof, "Caller" | "Refresher" | SHARE_VISITOR) {
            continue;
        }
        let id = if rule.finds { ", id: Uuid" } else { "" };
        text.push_str(&doc(&rule.who, "    "));
        let _ = writeln!(
            text,
            "    async fn {}(&self, caller: Caller{id}) -> Result<{proof}, Failure>;",
            snake(&rule.name)
        );
    }
    text.push_str("}\n\n");
}

/// The rules that CRUD operations name, as an enum.
fn rules(text: &mut String, contract: &Contract) {
    text.push_str("/// The access rules that CRUD operations name.\n#[derive(Clone, Copy, Debug, PartialEq, Eq)]\npub enum Rule {\n");
    for name in crud_rules(contract) {
        let who = contract
            .access
            .find(&name)
            .map(|rule| rule.who.as_str())
            .unwrap_or_default();
        text.push_str(&doc(who, "    "));
        let named = if name == ROW { "(RecordRule)" } else { "" };
        let _ = writeln!(text, "    {}{named},", pascal(&name));
    }
    text.push_str("}\n\n");
}

/// The collections of the CRUD pattern, as an enum.
fn collections(text: &mut String, contract: &Contract) {
    let collections = collection_names(contract);
    text.push_str("/// The collections of the CRUD pattern.\n#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]\npub enum Collection {\n");
    for collection in &collections {
        let _ = writeln!(text, "    /// `/data/{collection}`\n    {},", pascal(collection));
    }
    text.push_str("}\n\nimpl Collection {\n    /// Every collection, in the order of the contract.\n");
    let _ = writeln!(text, "    pub const ALL: [Self; {}] = [", collections.len());
    for collection in &collections {
        let _ = writeln!(text, "        Self::{},", pascal(collection));
    }
    text.push_str("    ];\n\n    /// The segment of the path.\n    #[must_use]\n    pub fn name(self) -> &'static str {\n        match self {\n");
    for collection in &collections {
        let _ = writeln!(text, "            Self::{} => \"{collection}\",", pascal(collection));
    }
    text.push_str("        }\n    }\n}\n");
}

/// The rules about records, as an enum whose every value the server has to answer for.
fn record_rules(text: &mut String, contract: &Contract) {
    let records = &contract.access.records;
    text.push_str("/// The rules about records, which decide where an operation says `row`.\n#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]\n");
    text.push_str("pub enum RecordRule {\n");
    for rule in records {
        text.push_str(&doc(&rule.who, "    "));
        let _ = writeln!(text, "    {},", pascal(&rule.name));
    }
    text.push_str("}\n\nimpl RecordRule {\n    /// Every rule, in the order of the contract.\n");
    let names: Vec<String> = records
        .iter()
        .map(|rule| format!("Self::{}", pascal(&rule.name)))
        .collect();
    let _ = writeln!(
        text,
        "    pub const ALL: [Self; {}] = [{}];\n",
        names.len(),
        names.join(", ")
    );
    text.push_str("    /// The name in the contract.\n    #[must_use]\n    pub fn name(self) -> &'static str {\n        match self {\n");
    for rule in records {
        let _ = writeln!(text, "            Self::{} => \"{}\",", pascal(&rule.name), rule.name);
    }
    text.push_str("        }\n    }\n}\n\n");
}

fn collection_names(contract: &Contract) -> Vec<String> {
    let mut names: Vec<String> = crud(contract).map(|(_, collection)| collection.to_owned()).collect();
    names.dedup();
    names
}

/// Rules that a CRUD operation may name: those that look at nothing but the caller, and `row`.
fn crud_rules(contract: &Contract) -> Vec<String> {
    let fitting = contract
        .access
        .rules
        .iter()
        .filter(|rule| !rule.finds && !matches!(rule.name.as_str(), "public" | "refresh" | "human" | "session"));
    fitting.map(|rule| rule.name.clone()).collect()
}

fn crud(contract: &Contract) -> impl Iterator<Item = (&Operation, &str)> {
    let own = contract
        .operations
        .iter()
        .filter(|operation| operation.alias_of.is_none());
    own.filter_map(|operation| {
        operation
            .crud
            .as_ref()
            .map(|(collection, _)| (operation, collection.as_str()))
    })
}
