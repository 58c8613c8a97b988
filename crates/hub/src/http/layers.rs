//! What surrounds every request: its id, its envelope, its log line, its limits, and a net for panics.

use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use counterfoil_protocol::ErrorCode;
use futures::FutureExt as _;

use super::extract::{PUBLISHABLE_PREFIX, bearer};
use super::words::{Language, detail_words, words};
use super::{Answer, Failure};
use crate::Hub;
use crate::secret::token_hash;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The outermost layer.
pub async fn envelope(State(hub): State<Hub>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = request_id(&hub, request.headers());
    let language = Language::of(request.headers());
    let method = request.method().clone();
    // The template, never the address itself: it may hold a phone number.
    let path = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("unknown", MatchedPath::as_str)
        .to_owned();
    let response = match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(_) => Failure::internal("a handler panicked").into_response(),
    };
    let response = wrap(&hub, response, &id, language);
    let status = response.status().as_u16();
    let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(%method, path, status, ms, request_id = id, "answered");
    response
}

/// Takes the caller's request id where it is harmless, else makes one.
fn request_id(hub: &Hub, headers: &HeaderMap) -> String {
    let given = headers
        .get(&REQUEST_ID)
        .and_then(|v| v.to_str().ok())
        .filter(|text| {
            (1..=64).contains(&text.len())
                && text
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        });
    given.map_or_else(|| hub.new_id().to_string(), str::to_owned)
}

fn wrap(hub: &Hub, mut response: Response, id: &str, language: Language) -> Response {
    let mut meta = serde_json::json!({ "timestamp": rfc3339(hub.now().0), "request_id": id });
    if let Some(answer) = response.extensions_mut().remove::<Answer>() {
        if let (Some(meta), Some(serde_json::Value::Object(paging))) =
            (meta.as_object_mut(), answer.paging)
        {
            meta.extend(paging);
        }
        set_json(
            &mut response,
            format!("{{\"data\":{},\"meta\":{meta}}}", answer.data),
        );
    } else if let Some(failure) = failure_of(&mut response) {
        if let Some(cause) = &failure.cause {
            tracing::error!(request_id = id, code = failure.code.text(), cause, "failed");
        }
        let details: Vec<_> = failure
            .details
            .iter()
            .map(|d| {
                let message = d
                    .value
                    .clone()
                    .unwrap_or_else(|| detail_words(d.code, language).to_owned());
                serde_json::json!({ "field": d.field, "code": d.code, "message": message })
            })
            .collect();
        let error = serde_json::json!({
            "code": failure.code.text(), "message": words(failure.code, language), "details": details,
        });
        if let Some(seconds) = failure.retry_after_s {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        set_json(
            &mut response,
            serde_json::json!({ "error": error, "meta": meta }).to_string(),
        );
        let language = HeaderValue::from_static(language.tag());
        response
            .headers_mut()
            .insert(header::CONTENT_LANGUAGE, language);
    }
    if let Ok(value) = HeaderValue::from_str(id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
        .headers_mut()
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

/// The failure a response carries, or the one its bare status stands for.
fn failure_of(response: &mut Response) -> Option<Failure> {
    if let Some(failure) = response.extensions_mut().remove::<Failure>() {
        return Some(failure);
    }
    let code = match response.status() {
        StatusCode::NOT_FOUND => ErrorCode::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => ErrorCode::MethodNotAllowed,
        StatusCode::PAYLOAD_TOO_LARGE => ErrorCode::PayloadTooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ErrorCode::UnsupportedMediaType,
        StatusCode::RANGE_NOT_SATISFIABLE => return None,
        status if status.is_client_error() => ErrorCode::ValidationError,
        status if status.is_server_error() => ErrorCode::InternalError,
        _ => return None,
    };
    *response.status_mut() = StatusCode::from_u16(code.status()).unwrap_or(response.status());
    Some(Failure::new(code))
}

fn set_json(response: &mut Response, body: String) {
    *response.body_mut() = Body::from(body);
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    headers.remove(header::CONTENT_LENGTH);
}

/// A moment as RFC 3339, in UTC.
#[must_use]
pub fn rfc3339(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map_or_else(|_| ms.to_string(), |t| format!("{t:.3}"))
}

/// Counts and refuses too many requests: by token where there is one, else by address. What a token that is not good
/// asks counts against the address as well, so that guessing does not pay.
pub async fn limit(State(hub): State<Hub>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if path.ends_with("/health/live") || path.ends_with("/health/ready") {
        return next.run(request).await;
    }
    let now = hub.now();
    let address = format!("address {}", address(&hub, &request));
    let (key, limit, charged) = if path.starts_with("/api/v1/auth/") {
        (format!("auth {address}"), hub.config.auth_rate_limit, None)
    } else if let Some(token) = private_token(request.headers()) {
        (
            format!("token {}", token_hash(token)),
            hub.config.rate_limit,
            Some(address.clone()),
        )
    } else {
        (address.clone(), hub.config.rate_limit, None)
    };
    let guesses = hub.limiter.peek(&address, hub.config.rate_limit, now);
    let budget = if guesses.allowed {
        hub.limiter.take(&key, limit, now)
    } else {
        guesses
    };
    let mut response = if budget.allowed {
        next.run(request).await
    } else {
        let wait_s = u32::try_from((budget.resets_at.since(now) + 999) / 1000)
            .unwrap_or(1)
            .max(1);
        Failure::new(ErrorCode::RateLimit)
            .retry_after(wait_s)
            .into_response()
    };
    if let (StatusCode::UNAUTHORIZED, Some(address)) = (response.status(), charged) {
        hub.limiter.take(&address, hub.config.rate_limit, now);
    }
    let headers = response.headers_mut();
    headers.insert("x-ratelimit-limit", HeaderValue::from(budget.limit));
    headers.insert("x-ratelimit-remaining", HeaderValue::from(budget.remaining));
    headers.insert(
        "x-ratelimit-reset",
        HeaderValue::from(budget.resets_at.0.div_euclid(1000)),
    );
    response
}

/// A publishable key is everybody's: who holds it is counted by address.
fn private_token(headers: &HeaderMap) -> Option<&str> {
    bearer(headers).filter(|token| !token.starts_with(PUBLISHABLE_PREFIX))
}

fn address(hub: &Hub, request: &Request) -> String {
    let forwarded = request
        .headers()
        .get("x-forwarded-for")
        .and_then(|v| v.to_str().ok());
    if let (true, Some(chain)) = (hub.config.trust_proxy, forwarded) {
        // The last entry is the one that our own proxy wrote.
        return chain
            .rsplit(',')
            .next()
            .unwrap_or_default()
            .trim()
            .to_owned();
    }
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    peer.map_or_else(
        || "local".to_owned(),
        |ConnectInfo(peer)| peer.ip().to_string(),
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::Router;
    use axum::middleware::from_fn_with_state;
    use axum::routing::get;
    use counterfoil_domain::{Clock, Entropy, UnixMs};
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;

    use super::*;
    use crate::{Config, Sources};

    struct Fixed;

    impl Clock for Fixed {
        fn now(&self) -> UnixMs {
            UnixMs(0)
        }
    }

    impl Entropy for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    #[tokio::test]
    async fn a_panic_says_nothing_but_the_request_id() {
        let folder = tempfile::tempdir().unwrap();
        let database = format!("sqlite:{}", folder.path().join("hub.db").display());
        let sources = Sources {
            clock: Arc::new(Fixed),
            entropy: Arc::new(Fixed),
        };
        let hub = Hub::start(&database, None, Config::default(), sources)
            .await
            .unwrap();
        async fn burst() -> &'static str {
            panic!("a secret thing burst")
        }
        let app: Router = Router::new()
            .route("/", get(burst))
            .layer(from_fn_with_state(hub.clone(), envelope))
            .with_state(hub);
        let request = Request::builder()
            .header("x-request-id", "r-1")
            .body(Body::empty())
            .unwrap();
        let response = app.oneshot(request).await.unwrap();
        assert_eq!(response.status(), 500);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["error"]["code"], "INTERNAL_ERROR");
        assert_eq!(body["meta"]["request_id"], "r-1");
        assert!(!body.to_string().contains("secret"));
    }

    #[test]
    fn a_moment_is_written_to_the_millisecond() {
        assert_eq!(rfc3339(1_767_632_400_000), "2026-01-05T17:00:00.000Z");
    }
}
