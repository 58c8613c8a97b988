//! The hub: the hosted API that tills, shops' pages and other programs speak to.
//!
//! [`router`] is the whole API over a [`Hub`]; [`serve`] puts it behind a listener. Rooms of the API lie in `rooms`,
//! what operations do to rows in `ledger`.

pub mod backup;
mod db;
mod http;
mod ledger;
mod rooms;
mod secret;
mod state;

use std::future::Future;
use std::net::SocketAddr;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, Method, header};
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use counterfoil_protocol::ErrorCode;
use tokio::net::TcpListener;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate as _};
use tower_http::cors::{Any, CorsLayer};
use tower_http::decompression::RequestDecompressionLayer;

use crate::http::Failure;

pub use crate::db::{Db, Engine, OpenError};
pub use crate::http::docs::document;
pub use crate::secret::SecretError;
pub use crate::state::{Config, Hub, Inner, Sources, StartError, begin_epoch};

/// The most bytes of a plain request's body, uncompressed.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// The whole API.
pub fn router(hub: Hub) -> Router {
    let mut api = Router::new().route("/openapi.json", get(openapi));
    for room in rooms::ROOMS {
        api = api.merge((room.routes)());
    }
    let squeeze = CompressionLayer::new().compress_when(
        DefaultPredicate::new().and(NotForContentType::const_new("application/gzip")),
    );
    // Credentials are headers, never cookies: a page of any origin may ask, and gets what its credential allows.
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            HeaderName::from_static("idempotency-key"),
        ])
        .expose_headers([header::RETRY_AFTER, HeaderName::from_static("x-request-id")]);
    Router::new()
        .nest("/api/v1", api)
        .merge(rooms::health::routes())
        .merge(rooms::codes::page())
        .fallback(async || Failure::new(ErrorCode::NotFound))
        .method_not_allowed_fallback(async || Failure::new(ErrorCode::MethodNotAllowed))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(RequestDecompressionLayer::new())
        .layer(cors)
        .layer(from_fn_with_state(hub.clone(), http::layers::limit))
        .layer(from_fn_with_state(hub.clone(), http::layers::envelope))
        .layer(squeeze)
        .with_state(hub)
}

async fn openapi() -> Result<([(HeaderName, &'static str); 1], String), Failure> {
    let document = document().map_err(Failure::internal)?;
    Ok(([(header::CONTENT_TYPE, "application/json")], document))
}

/// Serves until `shutdown` is ready; then takes no more, finishes what is in flight within the hub's grace, closes
/// live sockets and the database.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    hub: Hub,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let heads = tokio::spawn(rooms::sync::live::follow_heads(hub.clone()));
    let backups = tokio::spawn(backup::keep_backed_up(hub.clone()));
    let (stopping, stopped) = tokio::sync::oneshot::channel();
    let closing = hub.clone();
    let signal = async move {
        shutdown.await;
        closing.live.close();
        // Nobody listens any more when the server failed by itself.
        let _ = stopping.send(());
    };
    let app = router(hub.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, app).with_graceful_shutdown(signal);
    let grace = hub.config.grace;
    let overdue = async move {
        if stopped.await.is_ok() {
            tokio::time::sleep(grace).await;
        } else {
            std::future::pending().await
        }
    };
    let served = tokio::select! {
        served = std::future::IntoFuture::into_future(server) => served,
        () = overdue => {
            tracing::warn!("requests were still in flight after the grace");
            Ok(())
        }
    };
    hub.live.close();
    hub.images.close();
    heads.abort();
    // One that is half done leaves no backup; the next start makes another.
    backups.abort();
    hub.db.close().await;
    served
}
