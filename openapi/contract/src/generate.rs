//! Writes the Rust definitions that stand for the contract: for each tag a handler trait and a poem-openapi API, and
//! for each schema a Rust type. The text is meant to be read; `build.rs` puts it into the output folder.

mod conditional;
mod facts;
mod names;
mod operations;
mod queries;
mod routes;
mod rules;
mod schemas;

use crate::Contract;

/// One file of generated code.
pub struct GeneratedFile {
    pub name: String,
    pub text: String,
}

/// All files of generated code; `definitions.rs` includes the others.
#[must_use]
pub fn files(contract: &Contract) -> Vec<GeneratedFile> {
    let mut files = vec![
        GeneratedFile {
            name: "schemas.rs".into(),
            text: schemas::file(contract),
        },
        GeneratedFile {
            name: "rules.rs".into(),
            text: rules::file(contract),
        },
        GeneratedFile {
            name: "facts.rs".into(),
            text: facts::file(contract),
        },
    ];
    let mut index = String::from("// Made from the contract by build.rs.\n");
    let mut apis = Vec::new();
    let mut handled = Vec::new();
    for tag in tags(contract) {
        let module = names::snake(&tag);
        files.push(GeneratedFile {
            name: format!("{module}.rs"),
            text: operations::file(contract, &tag),
        });
        index.push_str(&module_text(&module, &format!("Operations of the tag *{tag}*.")));
        if operations::has_handlers(contract, &tag) {
            handled.push(module.clone());
        }
        apis.push((module, names::pascal(&tag)));
    }
    index.push_str(&module_text("schemas", "The schemas of the contract as Rust types."));
    index.push_str(&module_text(
        "rules",
        "Access rules and CRUD collections of the contract.",
    ));
    index.push_str(&routes::server(contract, &apis, &handled));
    files.push(GeneratedFile {
        name: "definitions.rs".into(),
        text: index,
    });
    files
}

fn module_text(module: &str, about: &str) -> String {
    format!("/// {about}\npub mod {module} {{\n    include!(concat!(env!(\"OUT_DIR\"), \"/{module}.rs\"));\n}}\n")
}

/// Tags that have operations, in the order of the document.
fn tags(contract: &Contract) -> Vec<String> {
    let named = contract.document["tags"].as_array().into_iter().flatten();
    let named = named.filter_map(|tag| tag["name"].as_str().map(str::to_owned));
    named
        .filter(|tag| contract.operations.iter().any(|operation| &operation.tag == tag))
        .collect()
}
