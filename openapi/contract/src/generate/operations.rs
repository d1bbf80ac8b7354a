//! Writes, for one tag, the handler trait and the routes that call it; and the poem-openapi API of all of them.

use std::fmt::Write;

use serde_json::Value;

use super::conditional::{ConditionalRoute, conditional};
use super::names::{doc, field, pascal, snake};
use super::rules::SHARE_VISITOR;
use super::schemas::{inner, literal};
use crate::Contract;
use crate::access::AccessRule;
use crate::model::{Body, CrudVerb, Operation, Parameter, Place, Transaction};

pub(super) fn file(contract: &Contract, tag: &str) -> String {
    let operations: Vec<&Operation> = contract
        .operations
        .iter()
        .filter(|operation| operation.tag == tag)
        .collect();
    let mut text = String::from("use crate::prelude::*;\n\n");
    if has_handlers(contract, tag) {
        handler_trait(&mut text, contract, tag, &operations);
    }
    for operation in &operations {
        query_type(&mut text, operation);
    }
    api(&mut text, contract, tag, &operations);
    text
}

/// Whether a tag has operations beyond the CRUD pattern, which need handlers of their own.
pub(super) fn has_handlers(contract: &Contract, tag: &str) -> bool {
    contract
        .operations
        .iter()
        .any(|operation| operation.tag == tag && is_handled(operation))
}

/// Whether an operation has a method of its own: those of the CRUD pattern and old addresses have none.
fn is_handled(operation: &Operation) -> bool {
    operation.crud.is_none() && operation.alias_of.is_none()
}

fn handler_trait(text: &mut String, contract: &Contract, tag: &str, operations: &[&Operation]) {
    let _ = writeln!(
        text,
        "/// Handlers of the operations of the tag *{tag}*.\n#[async_trait]"
    );
    let _ = writeln!(text, "pub trait {}: Send + Sync + 'static {{", pascal(tag));
    for operation in operations.iter().filter(|operation| is_handled(operation)) {
        let _ = writeln!(
            text,
            "    /// `{} {}`: {}.\n    ///",
            operation.method, operation.path, operation.summary
        );
        text.push_str(&doc(&operation.description, "    "));
        let arguments: Vec<String> = arguments(contract, operation)
            .into_iter()
            .map(|(name, kind)| format!("{name}: {kind}"))
            .collect();
        let _ = writeln!(
            text,
            "    async fn {}(&self, {}) -> Result<{}, Failure>;",
            operation.id,
            arguments.join(", "),
            answer(operation)
        );
    }
    text.push_str("}\n\n");
}

/// Names and types of what a handler is given.
fn arguments(contract: &Contract, operation: &Operation) -> Vec<(String, String)> {
    let mut arguments = Vec::new();
    match contract
        .access
        .find(&operation.rule)
        .and_then(|rule| rule.proof.clone())
    {
        Some(proof) => arguments.push(("access".to_owned(), proof)),
        None => arguments.push(("visitor".to_owned(), "Visitor".to_owned())),
    }
    for parameter in placed(operation, Place::Path) {
        arguments.push((field(&parameter.name), path_type(parameter).0.to_owned()));
    }
    if placed(operation, Place::Query).next().is_some() {
        arguments.push(("query".to_owned(), format!("{}Query", pascal(&operation.id))));
    }
    if let Some(body) = &operation.body {
        arguments.push(("body".to_owned(), body_type(body)));
    }
    arguments
}

pub(super) fn placed(operation: &Operation, place: Place) -> impl Iterator<Item = &Parameter> {
    operation
        .parameters
        .iter()
        .filter(move |parameter| parameter.place == place)
}

/// Rust type of a path parameter, and the method that reads it.
fn path_type(parameter: &Parameter) -> (&'static str, &'static str) {
    match (parameter.schema["type"].as_str(), parameter.schema["format"].as_str()) {
        (Some("string"), Some("uuid")) => ("Uuid", "path_id"),
        (Some("string"), Some("date")) => ("NaiveDate", "path_day"),
        (Some("integer"), _) => ("i32", "path_number"),
        _ => ("String", "path_text"),
    }
}

/// Expression that replaces the usual answer to a value that can't be read. It names the parameter.
fn refused(parameter: &Parameter) -> String {
    let message = parameter
        .malformed
        .as_ref()
        .map(|message| naming(message, &parameter.name));
    message.map_or_else(String::new, |message| {
        format!(".map_err(|_| Failure::parameter({message:?}))")
    })
}

/// A message with the name of the parameter, which is added where it is not among the words.
fn naming(message: &str, name: &str) -> String {
    let mut words = message.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    if words.any(|word| word == name) {
        message.to_owned()
    } else {
        format!("{}: {name}", message.trim_end_matches('.'))
    }
}

fn is_form(body: &Body) -> bool {
    body.content.iter().any(|(media, _)| media == "multipart/form-data")
}

fn body_type(body: &Body) -> String {
    if is_form(body) {
        return "Submission".to_owned();
    }
    let kind = body
        .content
        .first()
        .map(|(_, schema)| inner(schema))
        .unwrap_or_default();
    if kind == "Value" || kind.contains("Map<") {
        kind.replace("Map<", "serde_json::Map<")
    } else {
        kind
    }
}

fn answer(operation: &Operation) -> String {
    let successes: Vec<_> = operation.successes().collect();
    let [success] = successes.as_slice() else {
        return "Media".to_owned();
    };
    match success.content.as_slice() {
        [] => "NoContent".to_owned(),
        [(media, schema)] if media == "application/json" => {
            format!("Json<{}>", inner(schema).replace("Map<", "serde_json::Map<"))
        }
        _ => "Media".to_owned(),
    }
}

/// Type and reading method of a query parameter.
fn query_parameter(parameter: &Parameter) -> (String, String) {
    let schema = &parameter.schema;
    let name = &parameter.name;
    let (kind, method) = match (schema["type"].as_str(), schema["format"].as_str()) {
        (Some("boolean"), _) => ("bool", "flag"),
        (Some("integer"), _) => ("i64", "integer"),
        (Some("number"), _) => ("f64", "number"),
        (Some("string"), Some("uuid")) => ("Uuid", "id"),
        (Some("string"), Some("date")) => ("NaiveDate", "day"),
        (Some("string"), Some("date-time-local")) => ("NaiveDateTime", "moment"),
        (Some("array"), _) if schema["items"]["format"] == "uuid" => ("Vec<Uuid>", "ids"),
        (Some("array"), _) => ("Vec<String>", "texts"),
        _ => ("String", "text"),
    };
    let refused = refused(parameter);
    let mut read = format!("query.{method}(\"{name}\"){refused}?");
    if kind.starts_with("Vec") {
        return (kind.to_owned(), read);
    }
    if kind == "i64" {
        let range = if schema["format"] == "int32" {
            (i64::from(i32::MIN), i64::from(i32::MAX))
        } else {
            (i64::MIN, i64::MAX)
        };
        let bound = |key: &str, otherwise: i64| schema[key].as_i64().unwrap_or(otherwise);
        read = format!(
            "query.integer_within(\"{name}\", Some({}), Some({})){refused}?",
            bound("minimum", range.0),
            bound("maximum", range.1)
        );
    }
    if let Some(choices) = schema["enum"].as_array() {
        let choices: Vec<String> = choices.iter().map(Value::to_string).collect();
        read = format!("query.choice(\"{name}\", &[{}]){refused}?", choices.join(", "));
    }
    let default = &schema["default"];
    if !default.is_null() {
        let default = if kind == "String" {
            format!("{default}.to_owned()")
        } else {
            default.to_string()
        };
        return (kind.to_owned(), format!("{read}.unwrap_or({default})"));
    }
    if parameter.required {
        return (kind.to_owned(), format!("query.required(\"{name}\", {read})?"));
    }
    (format!("Option<{kind}>"), read)
}

fn query_type(text: &mut String, operation: &Operation) {
    if !is_handled(operation) || placed(operation, Place::Query).next().is_none() {
        return;
    }
    let name = format!("{}Query", pascal(&operation.id));
    let mut fields = String::new();
    let mut reads = String::new();
    for parameter in placed(operation, Place::Query) {
        let (kind, read) = query_parameter(parameter);
        fields.push_str(&doc(&parameter.description, "    "));
        let _ = writeln!(fields, "    pub {}: {kind},", field(&parameter.name));
        let _ = writeln!(reads, "            {}: {read},", field(&parameter.name));
    }
    let _ = writeln!(
        text,
        "/// Query of `{}`.\n#[derive(Clone, Debug)]\npub struct {name} {{\n{fields}    /// Every query parameter as it was sent.\n    pub all: Query,\n}}\n",
        operation.id
    );
    let _ = writeln!(
        text,
        "impl {name} {{\n    fn read(query: Query) -> Result<Self, Failure> {{\n        Ok(Self {{\n{reads}            all: query,\n        }})\n    }}\n}}\n"
    );
}

fn api(text: &mut String, contract: &Contract, tag: &str, operations: &[&Operation]) {
    let name = format!("{}Api", pascal(tag));
    let handlers = if has_handlers(contract, tag) {
        format!("    pub handlers: Arc<dyn {}>,\n", pascal(tag))
    } else {
        String::new()
    };
    let _ = writeln!(
        text,
        "/// The routes of the tag *{tag}*.\npub struct {name} {{\n{handlers}    pub crud: Arc<dyn Crud>,\n    pub guard: Arc<dyn Guard>,\n}}\n"
    );
    let _ = writeln!(
        text,
        "impl {name} {{\n    pub(crate) fn add_routes(self, routes: &mut RouteTable) {{\n        let api = Arc::new(self);"
    );
    for operation in operations {
        route(text, contract, operation);
    }
    text.push_str("    }\n}\n");
}

fn route(text: &mut String, contract: &Contract, operation: &Operation) {
    let mutable = if operation.body.is_some() { "mut " } else { "" };
    let _ = writeln!(
        text,
        "        route(routes, Method::{}, {:?}, &api, &api.guard, |api, {mutable}call| async move {{",
        operation.method, operation.path
    );
    // An old address does all that the operation does which it stands for.
    let operation = operation
        .alias_of
        .as_ref()
        .and_then(|id| contract.operations.iter().find(|target| target.id == *id))
        .unwrap_or(operation);
    if let Some((collection, verb)) = &operation.crud {
        crud_route(text, operation, collection, *verb);
    } else {
        typed_route(text, contract, operation);
    }
    text.push_str("        });\n");
}

fn crud_route(text: &mut String, operation: &Operation, collection: &str, verb: CrudVerb) {
    text.push_str("            let caller = api.guard.caller(call.request()).await?;\n");
    let (arguments, status) = match verb {
        CrudVerb::List => ("query.clone()", 200),
        CrudVerb::Create => ("body.clone()", 201),
        CrudVerb::Get => ("id, query.clone()", 200),
        CrudVerb::Update => ("id, body.clone()", 200),
        CrudVerb::Delete => ("id, query.clone()", 204),
    };
    if let Some((_, schema)) = operation.body.as_ref().and_then(|body| body.content.first()) {
        let _ = writeln!(
            text,
            "            static BODY: LazyLock<Value> = LazyLock::new(|| schema({}));",
            literal(schema)
        );
        text.push_str("            api.guard.release().await;\n            let body = call.record(&BODY).await?;\n");
    } else {
        text.push_str("            let query = call.query();\n");
    }
    if matches!(verb, CrudVerb::Get | CrudVerb::Update | CrudVerb::Delete) {
        text.push_str("            let id = call.record_id()?;\n");
    }
    let method = format!("{verb:?}").to_lowercase();
    let record = operation
        .rule_parameter
        .as_deref()
        .map(|name| format!("(RecordRule::{})", pascal(name)))
        .unwrap_or_default();
    let rule = format!("Rule::{}{record}", pascal(&operation.rule));
    let call = format!(
        "crud.{method}(Collection::{}, {rule}, caller.clone(), {arguments})",
        pascal(collection)
    );
    match operation.conditional {
        Some(owners) => conditional(
            text,
            operation,
            &ConditionalRoute {
                owners,
                caller: "caller",
                of_production: false,
                reads: String::new(),
                call,
                status,
            },
        ),
        None => answered(text, operation, &call, status),
    }
}

fn typed_route(text: &mut String, contract: &Contract, operation: &Operation) {
    let rule = contract.access.find(&operation.rule);
    let proof = rule.and_then(|rule| rule.proof.as_deref());
    match proof {
        None => text.push_str("            let visitor = Visitor::new(call.request());\n"),
        Some("Refresher") => text.push_str("            let access = api.guard.refresher(call.request()).await?;\n"),
        // The link is looked up by its secret, which is a path parameter.
        Some(SHARE_VISITOR) => {}
        Some(_) => text.push_str("            let access = api.guard.caller(call.request()).await?;\n"),
    }
    for parameter in placed(operation, Place::Path) {
        let (name, method, refused) = (&parameter.name, path_type(parameter).1, refused(parameter));
        let _ = writeln!(
            text,
            "            let {} = call.{method}(\"{name}\"){refused}?;",
            field(name)
        );
    }
    if proof == Some(SHARE_VISITOR) {
        let token = operation.rule_parameter.as_deref().map(field).unwrap_or_default();
        let _ = writeln!(
            text,
            "            let access = api.guard.share_visitor(call.request(), &{token}).await?;"
        );
    }
    // Where the answer may be there already, all of this waits until it is known that it is not.
    let reads = if operation.conditional.is_none() {
        text.push_str(&checks(operation, rule, "call.query()"));
        String::new()
    } else {
        if placed(operation, Place::Query).next().is_some() {
            text.push_str("            let sent = call.query();\n");
        }
        checks(operation, rule, "sent")
    };
    if let Some(body) = &operation.body {
        let schema = body
            .content
            .first()
            .map(|(_, schema)| literal(schema))
            .unwrap_or_default();
        let _ = writeln!(
            text,
            "            static BODY: LazyLock<Value> = LazyLock::new(|| schema({schema}));"
        );
        let method = if is_form(body) { "submission" } else { "json" };
        let _ = writeln!(
            text,
            "            api.guard.release().await;\n            let body: {} = call.{method}(&BODY).await?;",
            body_type(body)
        );
    }
    // A request may be tried several times in one transaction.
    let repeated = operation.transaction == Transaction::Request;
    let argument = |(name, kind): (String, String)| {
        if repeated && !is_copied(&kind) {
            format!("{name}.clone()")
        } else {
            name
        }
    };
    let arguments: Vec<String> = arguments(contract, operation).into_iter().map(argument).collect();
    let status = operation.successes().next().map_or(200, |response| response.status);
    let call = format!("handlers.{}({})", operation.id, arguments.join(", "));
    match operation.conditional {
        Some(owners) => conditional(
            text,
            operation,
            &ConditionalRoute {
                owners,
                caller: "access",
                of_production: proof.is_some_and(|proof| OF_PRODUCTION.contains(&proof)),
                reads,
                call,
                status,
            },
        ),
        None => answered(text, operation, &call, status),
    }
}

/// Lines that ask the access rule and read the query, which is what an expression gives.
fn checks(operation: &Operation, rule: Option<&AccessRule>, query: &str) -> String {
    let mut text = String::new();
    if let Some(rule) = rule.filter(|rule| {
        !matches!(
            rule.proof.as_deref(),
            None | Some("Caller" | "Refresher" | SHARE_VISITOR)
        )
    }) {
        let id = if rule.finds {
            operation
                .rule_parameter
                .as_deref()
                .map(|name| format!(", {}", field(name)))
                .unwrap_or_default()
        } else {
            String::new()
        };
        let _ = writeln!(
            text,
            "            let access = api.guard.{}(access{id}).await?;",
            snake(&rule.name)
        );
    }
    if placed(operation, Place::Query).next().is_some() {
        let _ = writeln!(
            text,
            "            let query = {}Query::read({query})?;",
            pascal(&operation.id)
        );
    }
    text
}

/// Proofs that know the production, and the caller's role in it.
const OF_PRODUCTION: [&str; 6] = [
    "ProjectMember",
    "ProjectSupervisor",
    "ProjectManager",
    "EntityReader",
    "TaskReader",
    "TaskActor",
];

/// Whether a type is copied where others are cloned.
fn is_copied(kind: &str) -> bool {
    matches!(kind, "Uuid" | "NaiveDate" | "i32")
}

/// Calls the handler in the way that the operation works with the database, and answers what it gives.
fn answered(text: &mut String, operation: &Operation, call: &str, status: u16) {
    let answer = format!("Ok(api.{call}.await?.into_response({status}))");
    let _ = match operation.transaction {
        Transaction::None => writeln!(text, "            {answer}"),
        Transaction::Request => writeln!(
            text,
            "            api.guard.transact(&|| Box::pin(async {{ {answer} }})).await"
        ),
        Transaction::Handler => writeln!(
            text,
            "            api.guard.apart(Box::pin(async {{ {answer} }})).await"
        ),
    };
}

/// The struct of all handlers, and the API of the whole contract.
pub(super) fn server(contract: &Contract, apis: &[(String, String)], handled_modules: &[String]) -> String {
    let title = contract.document["info"]["title"].as_str().unwrap_or_default();
    let mut text = String::from(
        "use std::sync::Arc;\n\nuse poem_openapi::OpenApi;\nuse poem_openapi::registry::{MetaApi, Registry};\n\n",
    );
    let _ = writeln!(
        text,
        "/// Everything that a server of the contract \"{title}\" brings.\n#[derive(Clone)]\npub struct Handlers {{"
    );
    text.push_str("    pub guard: Arc<dyn crate::rules::Guard>,\n    pub crud: Arc<dyn crate::call::Crud>,\n");
    let handled: Vec<&(String, String)> = apis
        .iter()
        .filter(|(module, _)| handled_modules.contains(module))
        .collect();
    for (module, name) in &handled {
        let _ = writeln!(text, "    pub {module}: Arc<dyn crate::{module}::{name}>,");
    }
    text.push_str("}\n\n/// The poem-openapi API of the whole contract.\npub struct Api(pub Handlers);\n\nimpl OpenApi for Api {\n    fn meta() -> Vec<MetaApi> {\n        crate::describe::operations()\n    }\n\n    fn register(registry: &mut Registry) {\n        crate::describe::register(registry);\n");
    text.push_str("    }\n\n    fn add_routes(self, routes: &mut crate::call::RouteTable) {\n        let Handlers { guard, crud, ");
    let modules: Vec<&str> = handled.iter().map(|(module, _)| module.as_str()).collect();
    let _ = writeln!(text, "{} }} = self.0;", modules.join(", "));
    for (module, name) in apis {
        let handlers = if handled_modules.contains(module) {
            format!("handlers: {module}, ")
        } else {
            String::new()
        };
        let _ = writeln!(
            text,
            "        crate::{module}::{name}Api {{ {handlers}crud: crud.clone(), guard: guard.clone() }}.add_routes(routes);"
        );
    }
    text.push_str("    }\n}\n");
    text
}
