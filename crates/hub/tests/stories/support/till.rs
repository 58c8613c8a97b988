//! A till as the hub sees it: a key, a token and a chain of operations.

use axum::body::Body;
use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use counterfoil_domain::fact::Sale;
use counterfoil_domain::{
    Currency, DeviceId, FactRow, Hlc, Incarnation, Money, Op, OpEnvelope, OpHash, OpId, TenantId,
};
use counterfoil_protocol::sync::{Change, PushReply, PushRequest, Row};
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};

use super::{Answer, World, plain};

#[derive(Clone)]
pub struct Till {
    pub tenant: TenantId,
    pub device: DeviceId,
    pub token: String,
    pub till_code: String,
    pub key: SigningKey,
    pub incarnation: Incarnation,
    pub seq: u64,
    pub prev_hash: OpHash,
    /// How far its clock is off.
    pub clock_off_ms: i64,
}

impl Till {
    /// A device id and a key that no hub knows yet.
    pub fn unpaired(world: &World) -> (DeviceId, SigningKey) {
        let mut seed = [0; 32];
        world.hub.entropy().fill(&mut seed);
        (DeviceId(world.new_id()), SigningKey::from_bytes(&seed))
    }

    pub fn request(device: DeviceId, key: &SigningKey, code: &str) -> Value {
        let public_key = STANDARD.encode(key.verifying_key().to_bytes());
        json!({ "code": code, "device_id": device, "public_key": public_key, "name": "Counter" })
    }

    pub async fn pair(world: &World, code: &str) -> Self {
        let (device, key) = Self::unpaired(world);
        let answer = world
            .post("/api/v1/devices", "", &Self::request(device, &key, code))
            .await;
        let data = answer.data();
        Self {
            tenant: serde_json::from_value(data["tenant_id"].clone()).unwrap(),
            device,
            token: data["device_token"].as_str().unwrap().to_owned(),
            till_code: data["till_code"].as_str().unwrap().to_owned(),
            key,
            incarnation: Incarnation(world.new_id()),
            seq: 0,
            prev_hash: OpHash::GENESIS,
            clock_off_ms: 0,
        }
    }

    /// Seals the next operation of the chain.
    pub fn seal(&mut self, world: &World, op: &Op) -> OpEnvelope {
        self.seal_as(world, OpId(world.new_id()), op)
    }

    pub fn seal_as(&mut self, world: &World, op_id: OpId, op: &Op) -> OpEnvelope {
        self.seal_raw(world, op_id, op.kind(), Op::VERSION, op.payload().unwrap())
    }

    /// Seals an operation that does `first` again.
    pub fn seal_again(&mut self, world: &World, first: OpId, op: &Op) -> OpEnvelope {
        let mut envelope = self.seal(world, op);
        envelope.redoes = Some(first);
        self.prev_hash = envelope.hash();
        envelope
    }

    pub fn seal_raw(
        &mut self,
        world: &World,
        op_id: OpId,
        kind: &str,
        version: u32,
        payload: String,
    ) -> OpEnvelope {
        self.seq += 1;
        let at = world.now().plus_ms(self.clock_off_ms);
        let envelope = OpEnvelope {
            op_id,
            device_id: self.device,
            incarnation: self.incarnation,
            seq: self.seq,
            prev_hash: self.prev_hash,
            staff_id: None,
            at,
            hlc: Hlc {
                ms: at.0,
                counter: u32::try_from(self.seq).unwrap(),
            },
            kind: kind.to_owned(),
            version,
            payload,
            redoes: None,
        };
        self.prev_hash = envelope.hash();
        envelope
    }

    /// Begins a new life of the till's database.
    pub fn reborn(&self, world: &World) -> Self {
        Self {
            incarnation: Incarnation(world.new_id()),
            seq: 0,
            prev_hash: OpHash::GENESIS,
            ..self.clone()
        }
    }

    pub async fn push_raw(&self, world: &World, body: &[u8], signature: Option<&str>) -> Answer {
        let mut request = plain(Method::POST, "/api/v1/sync/push", &self.token);
        if let Some(signature) = signature {
            request = request.header("x-device-signature", signature);
        }
        world
            .send(request.body(Body::from(body.to_vec())).unwrap())
            .await
    }

    pub fn sign(&self, body: &[u8]) -> String {
        STANDARD.encode(self.key.sign(body).to_bytes())
    }

    pub async fn push_answer(&self, world: &World, ops: &[OpEnvelope]) -> Answer {
        let batch = PushRequest {
            incarnation: self.incarnation,
            ops: ops.to_vec(),
        };
        let body = serde_json::to_vec(&batch).unwrap();
        self.push_raw(world, &body, Some(&self.sign(&body))).await
    }

    pub async fn push(&self, world: &World, ops: &[OpEnvelope]) -> PushReply {
        serde_json::from_value(self.push_answer(world, ops).await.data().clone()).unwrap()
    }

    /// Seals and pushes one operation; its outcome.
    pub async fn act(&mut self, world: &World, op: Op) -> counterfoil_protocol::sync::Outcome {
        let envelope = self.seal(world, &op);
        match self.push(world, &[envelope]).await {
            PushReply::Accepted { results, .. } => results[0].outcome.clone(),
            other => panic!("not accepted: {other:?}"),
        }
    }

    /// Every change there is.
    pub async fn pull(&self, world: &World) -> Vec<Change> {
        let mut changes: Vec<Change> = Vec::new();
        loop {
            let after = changes.last().map_or(0, |c| c.seq);
            let answer = world
                .get(&format!("/api/v1/sync/pull?after={after}"), &self.token)
                .await;
            let page: Vec<Change> =
                serde_json::from_value(answer.data()["changes"].clone()).unwrap();
            if page.is_empty() {
                return changes;
            }
            changes.extend(page);
        }
    }

    /// The newest state of an entity as the pull tells it.
    pub async fn entity(
        &self,
        world: &World,
        id: uuid::Uuid,
    ) -> Option<counterfoil_domain::EntityRow> {
        self.pull(world)
            .await
            .into_iter()
            .flat_map(|c| c.rows)
            .rev()
            .find_map(|row| match row {
                Row::Entity(row) if row.id == id => Some(row),
                _ => None,
            })
    }

    /// The open conflicts' codes and details, in order.
    pub async fn conflicts(&self, world: &World) -> Vec<counterfoil_domain::entity::Conflict> {
        let changes = self.pull(world).await;
        let rows = changes.into_iter().flat_map(|c| c.rows);
        rows.filter_map(|row| match row {
            Row::Entity(row) if row.kind == counterfoil_domain::EntityKind::Conflict => {
                Some(row.read().unwrap())
            }
            _ => None,
        })
        .collect()
    }
}

/// The change that confirms an operation.
pub fn as_change(changes: &[Change], op_id: OpId) -> &Change {
    let mut found = changes
        .iter()
        .filter(|c| c.origin.is_some_and(|o| o.op_id == op_id));
    let change = found.next().expect("the operation has a change");
    assert!(found.next().is_none(), "exactly one");
    change
}

/// The fact a change carries at a place.
pub fn fact_of(change: &Change, place: usize) -> &FactRow {
    match &change.rows[place] {
        Row::Fact(fact) => fact,
        Row::Entity(row) => panic!("an entity: {row:?}"),
    }
}

/// A sale of one thing at a price, paid in cash.
pub fn sale(world: &World, till: &Till, minor: i64) -> Sale {
    let money = |minor| Money::new(minor, Currency::PEN).unwrap();
    let line = json!({
        "line_id": world.new_id(), "product_id": null, "name": "Café", "sku": "", "quantity": 1000,
        "unit_price": money(minor), "discount": null, "note": "",
        "tax": { "code": "igv", "name": "IGV", "rate": 0, "inclusive": true },
    });
    let amounts = json!({
        "list": money(minor), "cart_discount": money(0), "discount": money(0),
        "net": money(minor), "tax": money(0), "total": money(minor),
    });
    let mut flat = line;
    flat["amounts"] = amounts;
    serde_json::from_value(json!({
        "sale_id": world.new_id(), "device_id": till.device, "till_code": till.till_code, "number": 1,
        "at": world.now(), "staff_id": world.new_id(), "shift_id": null, "customer_id": null, "currency": "PEN",
        "lines": [flat], "subtotal": money(minor), "discount": money(0), "net": money(minor), "tax": money(0),
        "taxes": [], "total": money(minor), "change": money(0), "note": "",
        "tenders": [{ "kind": "cash", "amount": money(minor), "reference": "" }],
    }))
    .unwrap()
}
