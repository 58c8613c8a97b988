//! The API's description, made from what each room says of its endpoints.

use counterfoil_protocol::ErrorCode;
use serde_json::{Map, Value, json};
use utoipa::openapi::OpenApi;

use super::words::{Language, words};
use crate::rooms::ROOMS;

/// Whose credential an endpoint takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Nobody's.
    Anyone,
    /// An owner's access token.
    Owner,
    /// A device's token.
    Device,
    /// An owner's or a device's.
    Staff,
    /// Those, or a shop's publishable key.
    Public,
}

/// One endpoint as the description tells it. Bodies are given as examples; their shapes are read off them.
#[derive(Debug, Clone, Copy)]
pub struct Endpoint {
    /// Lower-case method.
    pub method: &'static str,
    /// Path below `/api/v1`.
    pub path: &'static str,
    /// One or two sentences.
    pub summary: &'static str,
    /// Whose credential.
    pub who: Who,
    /// Names of query parameters.
    pub query: &'static [&'static str],
    /// The body as JSON; empty: none.
    pub body: &'static str,
    /// Status and content; empty: not in the envelope.
    pub answer: (u16, &'static str),
    /// Errors of its own, beside those every endpoint has.
    pub errors: &'static [ErrorCode],
}

impl Endpoint {
    /// A blank to fill in.
    pub const NONE: Self = Self {
        method: "get",
        path: "/",
        summary: "",
        who: Who::Anyone,
        query: &[],
        body: "",
        answer: (200, ""),
        errors: &[],
    };
}

/// The description as JSON.
///
/// # Errors
/// When it is not valid OpenAPI: a fault of the program.
pub fn document() -> Result<String, serde_json::Error> {
    let mut paths = Map::new();
    for room in ROOMS {
        for endpoint in room.endpoints {
            let path = paths
                .entry(format!("/api/v1{}", endpoint.path))
                .or_insert_with(|| json!({}));
            path[endpoint.method] = operation(room.name, endpoint)?;
        }
    }
    let document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Counterfoil hub",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
            "description": "What tills, shops' pages and other programs say to the hub. Every answer comes in an envelope; \
                error codes are stable, messages follow `Accept-Language` (en, es). Every write takes an \
                `Idempotency-Key` (UUID): the same key with the same body gets the first successful answer again.",
        },
        "paths": paths,
        "components": { "schemas": schemas(), "securitySchemes": security() },
    });
    // Reading it as OpenAPI proves that it is one.
    serde_json::from_value::<OpenApi>(document)?.to_pretty_json()
}

fn security() -> Value {
    json!({
        "owner": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "An owner's access token." },
        "device": { "type": "http", "scheme": "bearer", "description": "A paired device's token, `cfd_...`." },
        "publishable": {
            "type": "http", "scheme": "bearer",
            "description": "A shop's publishable key, `pk_...`, for its public enrolment page.",
        },
    })
}

fn schemas() -> Value {
    let codes: Vec<&str> = ErrorCode::ALL.iter().map(|c| c.text()).collect();
    let text = json!({ "type": "string" });
    json!({
        "Meta": {
            "type": "object",
            "required": ["timestamp", "request_id"],
            "properties": { "timestamp": { "type": "string", "format": "date-time" }, "request_id": text },
        },
        "Error": {
            "type": "object",
            "required": ["error", "meta"],
            "properties": {
                "error": {
                    "type": "object",
                    "required": ["code", "message", "details"],
                    "properties": {
                        "code": { "type": "string", "enum": codes },
                        "message": text,
                        "details": {
                            "type": "array",
                            "items": {
                                "type": "object",
                                "required": ["field", "code", "message"],
                                "properties": { "field": text, "code": text, "message": text },
                            },
                        },
                    },
                },
                "meta": { "$ref": "#/components/schemas/Meta" },
            },
        },
    })
}

fn operation(room: &str, endpoint: &Endpoint) -> Result<Value, serde_json::Error> {
    let security = match endpoint.who {
        Who::Anyone => json!([]),
        Who::Owner => json!([{ "owner": [] }]),
        Who::Device => json!([{ "device": [] }]),
        Who::Staff => json!([{ "owner": [] }, { "device": [] }]),
        Who::Public => json!([{ "owner": [] }, { "device": [] }, { "publishable": [] }]),
    };
    let mut operation = json!({
        "tags": [room],
        "operationId": operation_id(endpoint),
        "summary": endpoint.summary,
        "security": security,
        "parameters": parameters(endpoint),
        "responses": responses(endpoint)?,
    });
    if !endpoint.body.is_empty() {
        let example: Value = serde_json::from_str(endpoint.body)?;
        operation["requestBody"] = json!({
            "required": true,
            "content": { "application/json": { "schema": schema_of(&example), "example": example } },
        });
    }
    Ok(operation)
}

fn operation_id(endpoint: &Endpoint) -> String {
    let words = endpoint
        .path
        .split(['/', '-', '{', '}'])
        .filter(|w| !w.is_empty());
    std::iter::once(endpoint.method)
        .chain(words)
        .collect::<Vec<_>>()
        .join("_")
}

fn parameters(endpoint: &Endpoint) -> Vec<Value> {
    let parameter = |name: &str, place: &str, required: bool| json!({ "name": name, "in": place, "required": required, "schema": { "type": "string" } });
    let mut all: Vec<Value> = endpoint
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| parameter(name, "path", true))
        .collect();
    all.extend(
        endpoint
            .query
            .iter()
            .map(|name| parameter(name, "query", *name == "phone")),
    );
    if endpoint.method == "post" && endpoint.path != "/sync/push" {
        all.push(parameter(
            "Idempotency-Key",
            "header",
            endpoint.path == "/stamps",
        ));
    }
    if endpoint.path == "/sync/push" {
        all.push(parameter("X-Device-Signature", "header", true));
    }
    all
}

fn responses(endpoint: &Endpoint) -> Result<Value, serde_json::Error> {
    let (status, content) = endpoint.answer;
    let mut all = Map::new();
    let mut done = json!({ "description": "Done." });
    if !content.is_empty() {
        let example: Value = serde_json::from_str(content)?;
        let meta = json!({ "$ref": "#/components/schemas/Meta" });
        let schema = json!({
            "type": "object",
            "required": ["data", "meta"],
            "properties": { "data": schema_of(&example), "meta": meta },
        });
        done["content"] = json!({ "application/json": { "schema": schema } });
    }
    all.insert(status.to_string(), done);
    let mut errors = endpoint.errors.to_vec();
    errors.extend([ErrorCode::RateLimit, ErrorCode::InternalError]);
    if endpoint.who != Who::Anyone {
        errors.extend([
            ErrorCode::MissingToken,
            ErrorCode::InvalidToken,
            ErrorCode::Forbidden,
        ]);
    }
    if endpoint.method == "post" {
        errors.push(ErrorCode::IdempotencyKeyReused);
    }
    for code in errors {
        let line = format!("`{}`: {}", code.text(), words(code, Language::En));
        let schema = json!({ "$ref": "#/components/schemas/Error" });
        let error = all.entry(code.status().to_string()).or_insert_with(|| {
            json!({ "description": "", "content": { "application/json": { "schema": schema } } })
        });
        let said = error["description"].as_str().unwrap_or_default();
        if !said.contains(&line) {
            error["description"] = json!(format!("{said} {line}").trim());
        }
    }
    Ok(Value::Object(all))
}

/// The shape of an example: every field it shows is there.
fn schema_of(example: &Value) -> Value {
    match example {
        Value::Null => json!({ "type": ["string", "null"] }),
        Value::Bool(_) => json!({ "type": "boolean" }),
        Value::Number(_) => json!({ "type": "integer" }),
        Value::String(_) => json!({ "type": "string" }),
        Value::Array(items) => {
            json!({ "type": "array", "items": items.first().map_or_else(|| json!({ "type": "object" }), schema_of) })
        }
        Value::Object(map) => {
            let properties: Map<String, Value> = map
                .iter()
                .map(|(name, value)| (name.clone(), schema_of(value)))
                .collect();
            let required: Vec<&String> = map
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, _)| name)
                .collect();
            json!({ "type": "object", "required": required, "properties": properties })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_is_valid_and_names_every_endpoint() {
        let text = document().unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        for endpoint in ROOMS.iter().flat_map(|r| r.endpoints) {
            let path = format!("/api/v1{}", endpoint.path);
            assert_eq!(
                document["paths"][&path][endpoint.method]["summary"], endpoint.summary,
                "{path}"
            );
        }
        assert_eq!(document["openapi"], "3.1.0");
    }
}
