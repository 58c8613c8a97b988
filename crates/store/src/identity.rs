//! Who this till is, and which life of its database this is.

use counterfoil_domain::{DeviceId, Incarnation, TenantId, UnixMs, planted};
use rusqlite::{Connection, named_params};

use crate::error::StoreError;
use crate::meta;
use crate::store::Store;
use crate::tx::Tx;

/// Who this till is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The shop.
    pub tenant_id: TenantId,
    /// The till; made by itself, for ever.
    pub device_id: DeviceId,
    /// The present life of the database.
    pub incarnation: Incarnation,
    /// Short name on receipts, e.g. `T1`.
    pub till_code: String,
    /// The hub it is paired with; absent while it keeps everything to itself.
    pub hub_url: Option<String>,
}

pub(crate) fn load(conn: &Connection) -> Result<Option<Identity>, StoreError> {
    let mut statement = conn.prepare_cached(include_str!("../queries/find_identity.sql"))?;
    let mut rows = statement.query(named_params! {
        ":tenant": meta::TENANT,
        ":device": meta::DEVICE,
        ":incarnation": meta::INCARNATION,
        ":till_code": meta::TILL_CODE,
        ":hub_url": meta::HUB_URL,
    })?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let (Some(tenant_id), Some(device_id), Some(incarnation)) = (
        meta::read(row, "tenant", meta::TENANT)?,
        meta::read(row, "device", meta::DEVICE)?,
        meta::read(row, "incarnation", meta::INCARNATION)?,
    ) else {
        return Ok(None);
    };
    Ok(Some(Identity {
        tenant_id,
        device_id,
        incarnation,
        till_code: row
            .get::<_, Option<String>>("till_code")?
            .unwrap_or_default(),
        hub_url: row.get("hub_url")?,
    }))
}

impl Store {
    /// Who this till is; absent before it belongs to a shop.
    ///
    /// # Errors
    /// The store's own trouble.
    pub fn identity(&self) -> Result<Option<Identity>, StoreError> {
        self.read(load)
    }

    /// Says who this till is. The first time begins the first incarnation; later only the till's code and its hub may
    /// change once something was done here.
    ///
    /// # Errors
    /// `identity_fixed` when operations exist under another shop or device.
    pub fn set_identity(
        &self,
        tenant_id: TenantId,
        device_id: DeviceId,
        till_code: &str,
        hub_url: Option<&str>,
    ) -> Result<Identity, StoreError> {
        self.write(|tx| {
            let conn = tx.conn();
            let known = load(conn)?;
            let same = known
                .as_ref()
                .is_some_and(|k| k.tenant_id == tenant_id && k.device_id == device_id);
            if !same && known.is_some() && count_ops(conn)? > 0 {
                return Err(StoreError::invalid(
                    "identity_fixed",
                    "this till already works for another shop or as another device",
                ));
            }
            let save = |key, value: &str| tx.noting(meta::set(conn, key, value));
            if !same {
                save(meta::TENANT, &tenant_id.to_string())?;
                save(meta::DEVICE, &device_id.to_string())?;
                save(meta::INCARNATION, &mint(tx).to_string())?;
            }
            save(meta::TILL_CODE, till_code)?;
            tx.noting(meta::remove(conn, meta::REVOKED_AT))?;
            match hub_url {
                Some(url) => save(meta::HUB_URL, url)?,
                None => tx.noting(meta::remove(conn, meta::HUB_URL))?,
            }
            tx.forget_identity();
            tx.touch_area("shop");
            tx.identity()
        })
    }

    /// Remembers that the hub revoked this device; being paired again ends that. Everything that was done here stays.
    ///
    /// # Errors
    /// The store's own trouble.
    pub fn note_revoked(&self) -> Result<(), StoreError> {
        self.write(|tx| {
            tx.touch_area("outbox");
            tx.noting(meta::set(
                tx.conn(),
                meta::REVOKED_AT,
                &tx.now().0.to_string(),
            ))
        })
    }

    /// When the hub revoked this device; absent while it is in good standing.
    ///
    /// # Errors
    /// The store's own trouble.
    pub fn revoked_at(&self) -> Result<Option<UnixMs>, StoreError> {
        self.read(|conn| Ok(meta::parsed(conn, meta::REVOKED_AT)?.map(UnixMs)))
    }

    /// Begins a new life of the database, after the hub reported a fork. What was not acknowledged gets a new place in
    /// the new life's chain and keeps its op id, so that nothing counts twice.
    ///
    /// # Errors
    /// `no_identity`, or the store's own trouble.
    pub fn begin_incarnation(&self) -> Result<Incarnation, StoreError> {
        self.write(begin)
    }

    /// A copy that is opened must not go on with the original's numbers.
    pub(crate) fn part_from_original(&self) -> Result<(), StoreError> {
        if self.read(|conn| meta::get(conn, meta::IS_COPY))?.is_none() {
            return Ok(());
        }
        self.write(|tx| {
            if load(tx.conn())?.is_some() {
                begin(tx)?;
            }
            tx.noting(meta::remove(tx.conn(), meta::IS_COPY))
        })
    }
}

/// See [`Store::begin_incarnation`].
pub(crate) fn begin(tx: &Tx<'_>) -> Result<Incarnation, StoreError> {
    tx.identity()?;
    let incarnation = mint(tx);
    let done = || -> Result<(), StoreError> {
        planted!("new-life-forgets-the-old", {
            return meta::set(tx.conn(), meta::INCARNATION, &incarnation.to_string());
        });
        tx.conn()
            .prepare_cached(include_str!("../queries/unseal_ops.sql"))?
            .execute([])?;
        meta::set(tx.conn(), meta::INCARNATION, &incarnation.to_string())
    };
    tx.noting(done())?;
    tx.forget_identity();
    tx.touch_area("outbox");
    Ok(incarnation)
}

/// A life that no database had before.
pub(crate) fn mint(tx: &Tx<'_>) -> Incarnation {
    Incarnation::from_parts(tx.now().0, tx.env().entropy.id_entropy())
}

fn count_ops(conn: &Connection) -> Result<i64, StoreError> {
    Ok(conn
        .prepare_cached(include_str!("../queries/count_ops.sql"))?
        .query_row(named_params! {}, |row| row.get("ops"))?)
}
