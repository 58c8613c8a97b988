//! The shop as its own people see it.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use counterfoil_domain::entity::Shop;
use counterfoil_domain::{EntityKind, TenantId};
use counterfoil_protocol::ErrorCode;
use serde_json::json;
use sqlx::AnyConnection;
use sqlx::Row as _;

use super::Room;
use crate::Hub;
use crate::http::docs::{Endpoint, Who};
use crate::http::{Answer, Credential, Failure};
use crate::ledger::find;

/// This room.
pub const ROOM: Room = Room {
    name: "shop",
    routes,
    endpoints: &[Endpoint {
        method: "get",
        path: "/shop",
        summary: "The shop and its rules; an owner also gets the publishable key for the shop's public enrolment page.",
        who: Who::Staff,
        answer: (
            200,
            r#"{"shop_id":"0198c0de-0000-7000-8000-000000000002","name":"Café Lima","country":"PE","currency":"PEN","time_zone":"America/Lima","stamps_required":5,"reward_name":"Café gratis","publishable_key":"pk_..."}"#,
        ),
        errors: &[ErrorCode::Forbidden, ErrorCode::DeviceRevoked],
        ..Endpoint::NONE
    }],
};

fn routes() -> Router<Hub> {
    Router::new().route("/shop", get(show))
}

async fn show(State(hub): State<Hub>, credential: Credential) -> Result<Answer, Failure> {
    let owner = match &credential {
        Credential::Owner(_) => true,
        Credential::Device(device) => device.in_good_standing().map(|()| false)?,
        Credential::Public(_) => return Err(Failure::new(ErrorCode::Forbidden)),
    };
    let tenant = credential.tenant();
    let mut tx = hub.db.read().await?;
    let shop = find_shop(&mut tx, tenant).await?;
    let row = sqlx::query(include_str!("sql/find_tenant.sql"))
        .bind(tenant.to_string())
        .fetch_one(&mut *tx)
        .await?;
    let key: String = row.try_get("publishable_key")?;
    Answer::ok(&json!({
        "shop_id": tenant, "name": shop.name, "country": shop.country, "currency": shop.currency,
        "time_zone": shop.time_zone, "stamps_required": shop.stamps_required, "reward_name": shop.reward_name,
        "publishable_key": owner.then_some(key),
    }))
}

/// The shop's rules, with defaults for what nobody has set.
///
/// # Errors
/// When the database fails.
pub async fn find_shop(conn: &mut AnyConnection, tenant: TenantId) -> Result<Shop, Failure> {
    let stored = find(conn, &tenant.to_string(), EntityKind::Shop, tenant.0).await?;
    stored
        .map_or_else(|| Ok(Shop::default()), |s| s.row.read())
        .map_err(Failure::internal)
}
