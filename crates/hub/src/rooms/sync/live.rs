//! Live: a socket that carries only hints. What it loses a pull brings.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::response::Response;
use counterfoil_domain::{DeviceId, TenantId};
use counterfoil_protocol::sync::LiveHint;
use sqlx::Row as _;
use tokio::sync::watch;

use crate::Hub;
use crate::db::Engine;
use crate::http::{Current, Failure, Paired};

/// How often a quiet socket is tried, so that both ends notice a dead line.
const PING_EVERY: Duration = Duration::from_secs(25);
/// How often a device's standing is looked up again: another hub may have revoked it.
const STANDING_EVERY: Duration = Duration::from_secs(10);
/// Heads looked up in one statement.
const HEADS_AT_ONCE: usize = 100;

/// Who waits for hints, and the newest head of each tenant that is watched.
#[derive(Debug)]
pub struct Live {
    heads: Mutex<HashMap<TenantId, watch::Sender<u64>>>,
    expelled: watch::Sender<HashSet<DeviceId>>,
    closing: watch::Sender<bool>,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            heads: Mutex::default(),
            expelled: watch::Sender::new(HashSet::new()),
            closing: watch::Sender::new(false),
        }
    }
}

impl Live {
    /// The tenant's head is at least this; call after the commit.
    pub fn moved(&self, tenant: TenantId, head: u64) {
        let heads = self
            .heads
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(sender) = heads.get(&tenant) {
            sender.send_if_modified(|have| {
                let newer = head > *have;
                *have = head.max(*have);
                newer
            });
        }
    }

    /// Closes a revoked device's socket.
    pub fn expel(&self, device: DeviceId) {
        self.expelled.send_modify(|devices| {
            devices.insert(device);
        });
    }

    /// Takes a device back that its owner paired again.
    pub fn readmit(&self, device: DeviceId) {
        self.expelled.send_modify(|devices| {
            devices.remove(&device);
        });
    }

    /// Closes every socket: the hub stops.
    pub fn close(&self) {
        self.closing.send_replace(true);
    }

    fn watch(&self, tenant: TenantId) -> watch::Receiver<u64> {
        let mut heads = self
            .heads
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        heads.retain(|_, sender| sender.receiver_count() > 0);
        heads
            .entry(tenant)
            .or_insert_with(|| watch::Sender::new(0))
            .subscribe()
    }

    fn watched(&self) -> Vec<TenantId> {
        let mut heads = self
            .heads
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        heads.retain(|_, sender| sender.receiver_count() > 0);
        heads.keys().copied().collect()
    }
}

/// Waits without holding the value.
async fn until<T>(receiver: &mut watch::Receiver<T>, met: impl FnMut(&T) -> bool) {
    let gone = receiver.wait_for(met).await.is_err();
    if gone {
        std::future::pending().await
    }
}

/// Looks up the heads of watched tenants until the hub stops: other hubs write to the same PostgreSQL, and a NOTIFY
/// would take a lock over the whole database at each commit.
pub(crate) async fn follow_heads(hub: Hub) {
    if hub.db.engine() != Engine::Postgres {
        return;
    }
    let mut closing = hub.live.closing.subscribe();
    let mut tick = tokio::time::interval(hub.config.live_poll);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            () = until(&mut closing, |closing| *closing) => return,
        }
        for tenants in hub.live.watched().chunks(HEADS_AT_ONCE) {
            if let Err(error) = look_up(&hub, tenants).await {
                tracing::warn!(%error, "heads could not be looked up");
            }
        }
    }
}

async fn look_up(hub: &Hub, tenants: &[TenantId]) -> Result<(), sqlx::Error> {
    // Only the number of placeholders varies.
    let places: Vec<String> = (1..=tenants.len()).map(|n| format!("${n}")).collect();
    let sql = format!(
        "SELECT tenant_id, head FROM tenants WHERE tenant_id IN ({})",
        places.join(", ")
    );
    let mut query = sqlx::query(sqlx::AssertSqlSafe(sql));
    for tenant in tenants {
        query = query.bind(tenant.to_string());
    }
    for row in query.fetch_all(hub.db.reader()).await? {
        if let Ok(tenant) = row.try_get::<String, _>("tenant_id")?.parse() {
            hub.live
                .moved(tenant, row.try_get::<i64, _>("head")?.cast_unsigned());
        }
    }
    Ok(())
}

/// Opens the socket.
pub(super) async fn live(
    State(hub): State<Hub>,
    _: Current,
    device: Paired,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Failure> {
    device.in_good_standing()?;
    Ok(upgrade
        .max_message_size(4096)
        .on_upgrade(move |socket| serve(hub, device, socket)))
}

async fn head_of(hub: &Hub, tenant: TenantId) -> Result<u64, sqlx::Error> {
    let query = sqlx::query(include_str!("sql/find_head.sql")).bind(tenant.to_string());
    let row = query.fetch_one(hub.db.reader()).await?;
    Ok(row.try_get::<i64, _>("head")?.cast_unsigned())
}

async fn revoked(hub: &Hub, device: &Paired) -> bool {
    let row = sqlx::query(include_str!("sql/find_standing.sql"))
        .bind(device.tenant.to_string())
        .bind(device.device.to_string())
        .fetch_optional(hub.db.reader())
        .await;
    // A database that does not answer says nothing about the device.
    row.is_ok_and(|row| {
        row.is_some_and(|r| !matches!(r.try_get::<Option<i64>, _>("revoked_at"), Ok(None)))
    })
}

async fn serve(hub: Hub, device: Paired, mut socket: WebSocket) {
    let mut heads = hub.live.watch(device.tenant);
    let mut closing = hub.live.closing.subscribe();
    let mut expelled = hub.live.expelled.subscribe();
    let mut ping = tokio::time::interval(PING_EVERY);
    let mut standing = tokio::time::interval(STANDING_EVERY);
    // After the subscription, so that nothing falls between.
    let Ok(mut told) = head_of(&hub, device.tenant).await else {
        return;
    };
    let hint = |seq| {
        let text = serde_json::to_string(&LiveHint {
            epoch: hub.epoch,
            seq,
        })
        .unwrap_or_default();
        Message::Text(text.into())
    };
    if socket.send(hint(told)).await.is_err() {
        return;
    }
    let reason = loop {
        tokio::select! {
            changed = heads.changed() => {
                if changed.is_err() { break close_code::AWAY; }
                let head = *heads.borrow_and_update();
                if head > told {
                    told = head;
                    if socket.send(hint(head)).await.is_err() { return; }
                }
            }
            _ = ping.tick() => if socket.send(Message::Ping(Vec::new().into())).await.is_err() { return },
            _ = standing.tick() => if revoked(&hub, &device).await { break close_code::POLICY },
            () = until(&mut expelled, |devices| devices.contains(&device.device)) => break close_code::POLICY,
            () = until(&mut closing, |closing| *closing) => break close_code::AWAY,
            message = socket.recv() => match message {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => {}
            },
        }
    };
    let frame = CloseFrame {
        code: reason,
        reason: "".into(),
    };
    // The other end may be gone already.
    let _ = socket.send(Message::Close(Some(frame))).await;
}
