//! Tells poem-openapi what the contract says: definitions of operations, schemas and security schemes.

use poem::http::Method;
use poem_openapi::registry::{
    MetaApi, MetaHeader, MetaMediaType, MetaOperation, MetaOperationParam, MetaParamIn, MetaPath, MetaRequest,
    MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, MetaSecurityScheme, Registry,
};
use serde_json::Value;

/// Methods that the contract has.
const METHODS: [(&str, Method); 4] = [
    ("get", Method::GET),
    ("post", Method::POST),
    ("put", Method::PUT),
    ("delete", Method::DELETE),
];

/// The operations of the contract. They are read from its text when poem-openapi is asked for its document: as code they
/// would be two thirds of this crate, for a document that only a test looks at.
pub(crate) fn operations() -> Vec<MetaApi> {
    let contract = schema(crate::CONTRACT);
    let paths = entries(&contract["paths"]).map(|(path, item)| MetaPath {
        path: path.clone(),
        operations: operations_at(&contract, item),
    });
    vec![MetaApi { paths: paths.collect() }]
}

fn operations_at(contract: &Value, item: &Value) -> Vec<MetaOperation> {
    METHODS
        .into_iter()
        .filter_map(|(name, method)| item.get(name).map(|operation| described(contract, method, operation)))
        .collect()
}

fn described(contract: &Value, method: Method, operation: &Value) -> MetaOperation {
    let text = |key: &str| operation[key].as_str().map(leak);
    MetaOperation {
        method,
        tags: items(&operation["tags"]).filter_map(Value::as_str).map(leak).collect(),
        summary: text("summary"),
        description: text("description"),
        external_docs: None,
        params: items(&operation["parameters"]).map(parameter).collect(),
        request: operation.get("requestBody").map(|body| MetaRequest {
            description: body["description"].as_str().map(leak),
            content: content(body),
            required: body["required"] == true,
        }),
        responses: MetaResponses {
            responses: entries(&operation["responses"])
                .map(|(status, value)| response(status, resolve(contract, value)))
                .collect(),
        },
        deprecated: operation["deprecated"] == true,
        security: items(&operation["security"])
            .map(|schemes| entries(schemes).map(|(name, _)| (leak(name), Vec::new())).collect())
            .collect(),
        operation_id: text("operationId"),
        code_samples: Vec::new(),
    }
}

fn parameter(value: &Value) -> MetaOperationParam {
    MetaOperationParam {
        name: value["name"].as_str().unwrap_or_default().to_owned(),
        schema: schema_ref(&value["schema"]),
        in_type: match value["in"].as_str() {
            Some("path") => MetaParamIn::Path,
            Some("header") => MetaParamIn::Header,
            _ => MetaParamIn::Query,
        },
        description: value["description"].as_str().map(str::to_owned),
        required: value["required"] == true,
        deprecated: value["deprecated"] == true,
        explode: true,
        style: None,
    }
}

fn response(status: &str, value: &Value) -> MetaResponse {
    MetaResponse {
        description: value["description"].as_str().map_or("", leak),
        status: status.parse().ok(),
        status_range: None,
        content: content(value),
        headers: entries(&value["headers"])
            .map(|(name, value)| header(name, value))
            .collect(),
    }
}

fn header(name: &str, value: &Value) -> MetaHeader {
    MetaHeader {
        name: name.to_owned(),
        description: value["description"].as_str().map(str::to_owned),
        required: value["required"] == true,
        deprecated: false,
        schema: schema_ref(&value["schema"]),
    }
}

fn content(value: &Value) -> Vec<MetaMediaType> {
    entries(&value["content"])
        .map(|(media, value)| MetaMediaType {
            content_type: leak(media),
            schema: schema_ref(&value["schema"]),
        })
        .collect()
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// Follows a `$ref` inside the contract.
fn resolve<'a>(contract: &'a Value, value: &'a Value) -> &'a Value {
    value["$ref"]
        .as_str()
        .and_then(|reference| contract.pointer(reference.trim_start_matches('#')))
        .unwrap_or(value)
}

/// A schema of the contract from its text, which build.rs wrote.
pub(crate) fn schema(text: &str) -> Value {
    serde_json::from_str(text).expect("build.rs writes valid JSON")
}

/// Tells poem-openapi of every schema and of how callers prove who they are.
pub(crate) fn register(registry: &mut Registry) {
    let contract = schema(crate::CONTRACT);
    for (name, described) in entries(&contract["components"]["schemas"]) {
        if let MetaSchemaRef::Inline(described) = schema_ref(described) {
            registry.schemas.insert(name.clone(), *described);
        }
    }
    let name = "bearer";
    let scheme = &contract["components"]["securitySchemes"][name];
    let text = |key: &str| scheme[key].as_str().map(leak);
    registry.create_security_scheme(
        name,
        MetaSecurityScheme {
            ty: text("type").unwrap_or_default(),
            description: text("description"),
            name: text("name"),
            key_in: text("in"),
            scheme: text("scheme"),
            bearer_format: text("bearerFormat"),
            flows: None,
            openid_connect_url: None,
        },
    );
}

/// poem-openapi wants texts that live for ever. They are made once, when its document is asked for.
fn leak(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

fn schema_ref(value: &Value) -> MetaSchemaRef {
    if let Some(reference) = value["$ref"].as_str() {
        return MetaSchemaRef::Reference(reference.rsplit('/').next().unwrap_or_default().to_owned());
    }
    let text = |key: &str| value[key].as_str().map(leak);
    let number = |key: &str| value[key].as_f64();
    let size = |key: &str| value[key].as_u64().and_then(|size| usize::try_from(size).ok());
    let nested = |key: &str| {
        value
            .get(key)
            .filter(|value| value.is_object())
            .map(|value| Box::new(schema_ref(value)))
    };
    let several = |key: &str| {
        value[key]
            .as_array()
            .into_iter()
            .flatten()
            .map(schema_ref)
            .collect::<Vec<_>>()
    };
    let any = || Some(Box::new(MetaSchemaRef::Inline(Box::new(MetaSchema::ANY))));
    MetaSchemaRef::Inline(Box::new(MetaSchema {
        ty: text("type").unwrap_or_default(),
        format: text("format"),
        title: value["title"].as_str().map(str::to_owned),
        description: text("description"),
        default: value.get("default").cloned(),
        required: value["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(leak)
            .collect(),
        properties: value["properties"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, value)| (leak(name), schema_ref(value)))
            .collect(),
        items: nested("items"),
        additional_properties: if value["additionalProperties"] == true {
            any()
        } else {
            nested("additionalProperties")
        },
        enum_items: value["enum"].as_array().cloned().unwrap_or_default(),
        deprecated: value["deprecated"] == true,
        nullable: value["nullable"] == true,
        any_of: several("anyOf"),
        one_of: several("oneOf"),
        all_of: several("allOf"),
        read_only: value["readOnly"] == true,
        write_only: value["writeOnly"] == true,
        example: value.get("example").cloned(),
        multiple_of: number("multipleOf"),
        maximum: number("maximum"),
        exclusive_maximum: value["exclusiveMaximum"].as_bool(),
        exclusive_minimum: value["exclusiveMinimum"].as_bool(),
        minimum: number("minimum"),
        max_length: size("maxLength"),
        min_length: size("minLength"),
        pattern: value["pattern"].as_str().map(str::to_owned),
        max_items: size("maxItems"),
        min_items: size("minItems"),
        unique_items: value["uniqueItems"].as_bool(),
        max_properties: size("maxProperties"),
        min_properties: size("minProperties"),
        ..MetaSchema::ANY
    }))
}
