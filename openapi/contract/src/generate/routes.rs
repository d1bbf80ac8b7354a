//! Writes the routes of a tag, which read a request, ask the access rule and call the handler.

use std::fmt::Write;

use super::conditional::{ConditionalRoute, conditional};
use super::names::{field, pascal, snake};
use super::operations::{arguments, body_type, has_handlers, is_form, path_type, placed, refused};
use super::rules::SHARE_VISITOR;
use super::schemas::literal;
use crate::Contract;
use crate::access::AccessRule;
use crate::model::{Body, CrudVerb, Operation, Place, Transaction};

pub(super) fn api(text: &mut String, contract: &Contract, tag: &str, operations: &[&Operation]) {
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
    sender(text, operation, proof);
    // If the client may have the answer already, all of this waits until it is known that it has not.
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
        read_body(text, body);
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

/// Lines that find out who calls, and read the path.
fn sender(text: &mut String, operation: &Operation, proof: Option<&str>) {
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
}

/// Lines that read the body.
fn read_body(text: &mut String, body: &Body) {
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

/// True if a type is copied where others are cloned.
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
