//! A till on a temporary file, and a hub that answers like the real one as far as a till can see.

use std::path::PathBuf;
use std::sync::Arc;

use counterfoil_domain::effect::{Effect, effects};
use counterfoil_domain::merge::{Clocks, FieldClock, delete, patch};
use counterfoil_domain::{
    Clock, DeviceId, EntityKind, EntityRow, Hlc, OpClass, OpEnvelope, OpId, UnixMs,
};
use counterfoil_store::{Confirmed, ConfirmedRow, OpFate, Store, StoreEnv};
use counterfoil_testkit::{ManualClock, SampleShop, SeededEntropy};
use rusqlite::types::FromSql;
use std::collections::BTreeMap;
use uuid::Uuid;

pub const EPOCH: Uuid = Uuid::from_u128(1);

pub struct Till {
    pub store: Store,
    pub shop: SampleShop,
    pub clock: Arc<ManualClock>,
    pub path: PathBuf,
    entropy: Arc<SeededEntropy>,
    dir: Arc<tempfile::TempDir>,
}

impl Till {
    /// A till that knows who it is, with an empty database.
    pub fn empty() -> Self {
        Self::of(SampleShop::new(1).unwrap(), 7)
    }

    /// A till with the sample shop in it, everything still pending.
    pub fn with_shop() -> Self {
        let till = Self::empty();
        for op in till.shop.setup().unwrap() {
            till.store.transact(op, Some(till.shop.owner)).unwrap();
        }
        till
    }

    /// A till with the sample shop in it, everything confirmed.
    pub fn in_step() -> (Self, Hub) {
        let till = Self::with_shop();
        let mut hub = Hub::default();
        hub.sync(&till);
        (till, hub)
    }

    pub fn of(shop: SampleShop, seed: u64) -> Self {
        let dir = Arc::new(tempfile::tempdir().unwrap());
        let path = dir.path().join("till.db");
        let clock = ManualClock::start();
        let entropy = SeededEntropy::new(seed);
        let store = Store::open(&path, StoreEnv::new(clock.clone(), entropy.clone())).unwrap();
        store
            .set_identity(shop.tenant_id, shop.device_id, &shop.till_code, None)
            .unwrap();
        Self {
            store,
            shop,
            clock,
            path,
            entropy,
            dir,
        }
    }

    pub fn env(&self) -> StoreEnv {
        StoreEnv::new(self.clock.clone(), self.entropy.clone())
    }

    pub fn folder(&self) -> &std::path::Path {
        self.dir.path()
    }

    /// Somebody copies the file, as no product would do it.
    pub fn snapshot(&self) -> PathBuf {
        let count = std::fs::read_dir(self.folder()).unwrap().count();
        let copy = self.folder().join(format!("snapshot-{count}.db"));
        rusqlite::Connection::open(&self.path)
            .unwrap()
            .execute("VACUUM INTO ?1", [copy.to_str().unwrap()])
            .unwrap();
        copy
    }

    /// The program ends and starts again.
    pub fn reopened(self) -> Self {
        self.restarted(None)
    }

    /// The program ends, the file is replaced by an old copy, and the program starts again.
    pub fn rolled_back(self, snapshot: &std::path::Path) -> Self {
        self.restarted(Some(snapshot))
    }

    fn restarted(self, snapshot: Option<&std::path::Path>) -> Self {
        let env = self.env();
        let Self {
            store,
            shop,
            clock,
            path,
            entropy,
            dir,
        } = self;
        drop(store);
        if let Some(snapshot) = snapshot {
            std::fs::copy(snapshot, &path).unwrap();
        }
        let store = Store::open(&path, env).unwrap();
        Self {
            store,
            shop,
            clock,
            path,
            entropy,
            dir,
        }
    }

    /// The same till on another database.
    pub fn on(&self, store: Store, path: &std::path::Path) -> Self {
        Self {
            store,
            shop: self.shop.clone(),
            clock: self.clock.clone(),
            path: path.to_owned(),
            entropy: self.entropy.clone(),
            dir: self.dir.clone(),
        }
    }

    pub fn now(&self) -> UnixMs {
        self.clock.now()
    }

    /// One value by SQL.
    pub fn value<T: FromSql>(&self, sql: &str) -> T {
        self.store
            .read(|conn| Ok(conn.query_row(sql, [], |row| row.get(0))?))
            .unwrap()
    }

    pub fn count(&self, table: &str) -> i64 {
        self.value(&format!("SELECT count(*) FROM {table}"))
    }

    pub fn state_of(&self, op_id: OpId) -> String {
        self.value(&format!("SELECT state FROM outbox WHERE op_id = '{op_id}'"))
    }

    /// A field of an entity as the screen shows it.
    pub fn shown(&self, kind: EntityKind, id: Uuid, field: &str) -> Option<String> {
        self.value(&format!(
            "SELECT (SELECT json_extract(body, '$.{field}') FROM entity
             WHERE kind = '{}' AND id = '{id}' AND deleted = 0)",
            kind.name()
        ))
    }

    pub fn op_ids(&self) -> std::collections::BTreeSet<OpId> {
        self.store
            .read(|conn| {
                let mut statement = conn.prepare("SELECT op_id FROM outbox")?;
                let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
                Ok(rows.map(|id| id.unwrap().parse().unwrap()).collect())
            })
            .unwrap()
    }

    pub fn overlays(&self) -> i64 {
        self.count("entity_overlay")
    }
}

/// A hub in memory: it applies operations by the domain's rules and numbers the changes.
#[derive(Default, Clone)]
pub struct Hub {
    pub changes: Vec<(DeviceId, Confirmed)>,
    pub stored: BTreeMap<OpId, OpFate>,
    pub received: Vec<OpEnvelope>,
    rows: BTreeMap<(EntityKind, Uuid), (EntityRow, Clocks)>,
    /// Claims are refused while this is set.
    pub refuse: Option<String>,
    /// Operations of these kinds cannot be read.
    pub unreadable: Vec<String>,
}

impl Hub {
    /// Takes a batch and answers; a known operation gets the stored answer again.
    pub fn push(&mut self, ops: &[OpEnvelope]) -> Vec<(OpId, OpFate)> {
        ops.iter()
            .map(|envelope| {
                let fate = match self.stored.get(&envelope.op_id) {
                    Some(fate) => fate.clone(),
                    None => self.take(envelope),
                };
                (envelope.op_id, fate)
            })
            .collect()
    }

    fn take(&mut self, envelope: &OpEnvelope) -> OpFate {
        self.received.push(envelope.clone());
        let mut rows = Vec::new();
        let op = envelope.op().unwrap();
        let fate = if self.unreadable.contains(&envelope.kind) {
            OpFate::DeadLetter {
                reason: "unknown kind".to_owned(),
            }
        } else if let (Some(code), OpClass::Claim) = (&self.refuse, op.class()) {
            OpFate::Refused { code: code.clone() }
        } else {
            for effect in effects(&op, &envelope.meta()).unwrap() {
                rows.push(self.apply(effect, envelope));
            }
            OpFate::Applied
        };
        self.stored.insert(envelope.op_id, fate.clone());
        self.publish(envelope.device_id, Some(envelope.op_id), fate.clone(), rows);
        fate
    }

    fn apply(&mut self, effect: Effect, envelope: &OpEnvelope) -> ConfirmedRow {
        let clock = FieldClock {
            hlc: envelope.hlc,
            device_id: envelope.device_id,
        };
        match effect {
            Effect::Insert(fact) => ConfirmedRow::Fact(fact),
            Effect::Patch { kind, id, fields } => {
                let (row, clocks) = self.entity(kind, id);
                patch(row, clocks, &fields, clock);
                ConfirmedRow::Entity(row.clone())
            }
            Effect::Delete { kind, id } => {
                let (row, clocks) = self.entity(kind, id);
                delete(row, clocks, clock);
                ConfirmedRow::Entity(row.clone())
            }
        }
    }

    fn entity(&mut self, kind: EntityKind, id: Uuid) -> &mut (EntityRow, Clocks) {
        self.rows.entry((kind, id)).or_insert_with(|| {
            let row = EntityRow {
                kind,
                id,
                fields: BTreeMap::new(),
                deleted: false,
            };
            (row, Clocks::new())
        })
    }

    pub fn publish(
        &mut self,
        device_id: DeviceId,
        op_id: Option<OpId>,
        fate: OpFate,
        rows: Vec<ConfirmedRow>,
    ) {
        let seq = self.changes.len() as u64 + 1;
        let change = Confirmed {
            seq,
            op_id,
            own: false,
            fate,
            rows,
        };
        self.changes.push((device_id, change));
    }

    /// What the hub itself does to an entity.
    pub fn set(&mut self, kind: EntityKind, id: Uuid, field: &str, value: serde_json::Value) {
        let (row, _) = self.entity(kind, id);
        row.fields.insert(field.to_owned(), value);
        let row = row.clone();
        self.publish(
            DeviceId(Uuid::nil()),
            None,
            OpFate::Applied,
            vec![ConfirmedRow::Entity(row)],
        );
    }

    /// The newest clock among the rows.
    pub fn clock(&self) -> Hlc {
        let fields = self.rows.values().flat_map(|(_, clocks)| clocks.values());
        fields.map(|clock| clock.hlc).max().unwrap_or_default()
    }

    /// The changes after a cursor, as a till gets them.
    pub fn after(&self, till: &Till, seq: u64) -> Vec<Confirmed> {
        self.changes
            .iter()
            .filter(|(_, change)| change.seq > seq)
            .map(|(device_id, change)| Confirmed {
                own: *device_id == till.shop.device_id && change.op_id.is_some(),
                ..change.clone()
            })
            .collect()
    }

    pub fn pull(&self, till: &Till) {
        let after = till.store.cursor().unwrap().seq;
        till.store
            .apply_changes(EPOCH, self.clock(), self.after(till, after))
            .unwrap();
    }

    /// Pushes and pulls until nothing waits.
    pub fn sync(&mut self, till: &Till) {
        self.push_all(till);
        self.pull(till);
    }

    pub fn push_all(&mut self, till: &Till) {
        self.push_all_in(till, EPOCH);
    }

    pub fn push_all_in(&mut self, till: &Till, epoch: Uuid) {
        while let Some(batch) = till.store.seal_next(200, 256 * 1024).unwrap() {
            let results = self.push(&batch.ops);
            till.store.record_results(epoch, &results).unwrap();
        }
    }
}
