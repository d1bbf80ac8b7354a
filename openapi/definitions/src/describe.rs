//! Tells poem-openapi what the contract says: definitions of operations, schemas and security schemes.

use poem::http::Method;
use poem_openapi::registry::{
    MetaApi, MetaMediaType, MetaOperation, MetaOperationParam, MetaParamIn, MetaPath, MetaRequest, MetaResponse, MetaResponses, MetaSchema,
    MetaSchemaRef, MetaSecurityScheme, Registry,
};
use serde_json::Value;

/// One operation on its way into poem-openapi.
pub struct Definition {
    path: String,
    operation: MetaOperation,
}

impl Definition {
    pub(crate) fn new(method: Method, path: &str, id: &'static str, tag: &'static str) -> Self {
        Self {
            path: path.to_owned(),
            operation: MetaOperation {
                method,
                tags: vec![tag],
                summary: None,
                description: None,
                external_docs: None,
                params: Vec::new(),
                request: None,
                responses: MetaResponses { responses: Vec::new() },
                deprecated: false,
                security: Vec::new(),
                operation_id: Some(id),
                code_samples: Vec::new(),
            },
        }
    }

    pub(crate) fn texts(mut self, summary: &'static str, description: &'static str) -> Self {
        self.operation.summary = Some(summary);
        self.operation.description = Some(description);
        self
    }

    pub(crate) fn deprecated(mut self) -> Self {
        self.operation.deprecated = true;
        self
    }

    pub(crate) fn secured(mut self) -> Self {
        self.operation.security = vec![[("bearer", Vec::new())].into()];
        self
    }

    pub(crate) fn parameter(mut self, in_type: MetaParamIn, name: &str, required: bool, description: &str, text: &str) -> Self {
        self.operation.params.push(MetaOperationParam {
            name: name.to_owned(),
            schema: schema_ref(&schema(text)),
            in_type,
            description: Some(description.to_owned()),
            required,
            deprecated: false,
            explode: true,
            style: None,
        });
        self
    }

    /// Marks the parameter that was added last.
    pub(crate) fn deprecated_parameter(mut self) -> Self {
        if let Some(parameter) = self.operation.params.last_mut() {
            parameter.deprecated = true;
        }
        self
    }

    pub(crate) fn body(mut self, description: &'static str, required: bool, media: &'static str, text: &str) -> Self {
        let content = MetaMediaType { content_type: media, schema: schema_ref(&schema(text)) };
        let request = self.operation.request.get_or_insert(MetaRequest {
            description: (!description.is_empty()).then_some(description),
            content: Vec::new(),
            required,
        });
        request.content.push(content);
        self
    }

    pub(crate) fn response(mut self, status: u16, description: &'static str, content: &[(&'static str, &str)]) -> Self {
        let content = content.iter().map(|(media, text)| MetaMediaType { content_type: media, schema: schema_ref(&schema(text)) }).collect();
        self.operation.responses.responses.push(MetaResponse { description, status: Some(status), status_range: None, content, headers: Vec::new() });
        self
    }
}

/// Operations grouped by their paths.
pub(crate) fn paths(definitions: Vec<Definition>) -> Vec<MetaApi> {
    let mut paths: Vec<MetaPath> = Vec::new();
    for Definition { path, operation } in definitions {
        match paths.iter_mut().find(|found| found.path == path) {
            Some(found) => found.operations.push(operation),
            None => paths.push(MetaPath { path, operations: vec![operation] }),
        }
    }
    vec![MetaApi { paths }]
}

/// A schema of the contract from its text, which build.rs wrote.
pub(crate) fn schema(text: &str) -> Value {
    serde_json::from_str(text).expect("build.rs writes valid JSON")
}

pub(crate) fn component(registry: &mut Registry, name: &str, text: &str) {
    if let MetaSchemaRef::Inline(described) = schema_ref(&schema(text)) {
        registry.schemas.insert(name.to_owned(), *described);
    }
}

pub(crate) fn register_security(registry: &mut Registry) {
    let contract: Value = schema(crate::CONTRACT);
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
    let nested = |key: &str| value.get(key).filter(|value| value.is_object()).map(|value| Box::new(schema_ref(value)));
    let several = |key: &str| value[key].as_array().into_iter().flatten().map(schema_ref).collect::<Vec<_>>();
    let any = || Some(Box::new(MetaSchemaRef::Inline(Box::new(MetaSchema::ANY))));
    MetaSchemaRef::Inline(Box::new(MetaSchema {
        ty: text("type").unwrap_or_default(),
        format: text("format"),
        title: value["title"].as_str().map(str::to_owned),
        description: text("description"),
        default: value.get("default").cloned(),
        required: value["required"].as_array().into_iter().flatten().filter_map(Value::as_str).map(leak).collect(),
        properties: value["properties"].as_object().into_iter().flatten().map(|(name, value)| (leak(name), schema_ref(value))).collect(),
        items: nested("items"),
        additional_properties: if value["additionalProperties"] == true { any() } else { nested("additionalProperties") },
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
