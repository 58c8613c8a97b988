//! An image takes the database's place: what this till keeps for itself is carried over into the unpacked file, what the hub
//! does not have yet is laid on top, and then one rename makes it the database. A crash leaves the old one or the new one.

use std::path::Path;

use counterfoil_domain::effect::{Effect, effects};
use counterfoil_domain::image::Life;
use counterfoil_domain::table::fact_rows;
use counterfoil_domain::{Hlc, Op, OpId, OpMeta};
use rusqlite::{Connection, named_params};
use uuid::Uuid;

use crate::changes::{Cursor, load_cursor};
use crate::connect;
use crate::entity;
use crate::env::StoreEnv;
use crate::error::StoreError;
use crate::fact::{self, Source};
use crate::gate::PATIENCE;
use crate::identity::{self, Identity};
use crate::image::unpacked_path;
use crate::meta;
use crate::migrate;
use crate::outbox::entity_key;
use crate::row;
use crate::store::{Store, lock};
use crate::tx::Tx;

/// What the hub's image brings; everything else is the till's own and is carried over.
const SHARED: [&str; 13] = [
    "entity_base",
    "entity_overlay",
    "sale",
    "sale_line",
    "sale_tender",
    "refund",
    "refund_line",
    "stamp",
    "stock",
    "cash",
    "shift",
    "stamp_balance",
    "stock_balance",
];
/// What `meta` says of the shared tables and not of the till.
const ABOUT_SHARED: [&str; 6] = [
    meta::EPOCH,
    meta::CURSOR,
    meta::SUMS,
    meta::IMAGE_LIVES,
    meta::IMAGE_CLOCK,
    meta::DIFFERS,
];

fn refused(code: &'static str, message: &str) -> StoreError {
    StoreError::invalid(code, message)
}

impl Store {
    /// Whether an image can take this database's place now: not before the till knows who it is, not while a restored hub
    /// fills it again, not over confirmed rows of a database that was salvaged and has no cursor, and not on a disk that a
    /// test holds in its hand.
    ///
    /// # Errors
    /// The store's own trouble.
    pub fn takes_images(&self) -> Result<bool, StoreError> {
        if self.env().vfs.is_some() {
            return Ok(false);
        }
        self.read(|conn| {
            let known = identity::load(conn)?.is_some();
            let refills = meta::get(conn, meta::REFILL_UNTIL)?.is_some();
            let salvaged = load_cursor(conn)?.seq == 0 && has_confirmed_rows(conn)?;
            Ok(known && !refills && !salvaged)
        })
    }

    /// Puts the unpacked image in the database's place. Identity, settings, carts, outbox and journal are carried over;
    /// operations that are not in the image stay pending on top of it. Whoever reads or writes waits for as long as that
    /// takes: milliseconds beside what the till keeps for itself.
    ///
    /// # Errors
    /// `upgrade_required` for an image of a newer program, `image_refused` when it does not follow what is here, `busy` when
    /// another program uses the database; nothing has changed then. Else the store's own trouble.
    pub fn install_image(&self) -> Result<Cursor, StoreError> {
        let image = unpacked_path(self.path());
        let outcome = prepare(&image, self.env()).and_then(|conn| self.exchange(&image, conn));
        if outcome.is_err() {
            // Half filled it is worth nothing; the part it came from is still there.
            drop(std::fs::remove_file(&image));
        }
        let cursor = outcome?;
        self.drop_images()?;
        self.everything_changed();
        Ok(cursor)
    }

    fn exchange(&self, image: &Path, mut conn: Connection) -> Result<Cursor, StoreError> {
        let mut writer = lock(self.writer());
        self.in_use()?;
        if writer.is_none() {
            // It makes sure of a log that was left behind, before that is folded in.
            *writer = Some(self.reopen_writer()?);
        }
        // Closed whatever happens: the next use opens what lies there then.
        drop(writer.take());
        let alone = self.gate().close(PATIENCE).ok_or(StoreError::Busy)?;
        lock(self.readers()).clear();
        let outcome = self.fill(&mut conn);
        let outcome = outcome.and_then(|cursor| {
            // Elsewhere the old file stays locked until the new one has its place; Windows renames no open file.
            let held = (!cfg!(windows)).then_some(conn);
            std::fs::rename(image, self.path())?;
            sync_folder(self.path())?;
            drop(held);
            Ok(cursor)
        });
        let opened = self.open_writer();
        drop(alone);
        let cursor = outcome?;
        *writer = Some(opened?);
        Ok(cursor)
    }

    /// Everything of the till's own goes into the image, in one transaction that nobody else can write beside.
    fn fill(&self, conn: &mut Connection) -> Result<Cursor, StoreError> {
        conn.execute(
            include_str!("../queries/attach_own.sql"),
            named_params! { ":path": self.path().to_string_lossy() },
        )?;
        // Leaving the write-ahead log is granted only to whoever is alone, and takes it off the disk: what lies beside the
        // file's name must not be taken for the new file's.
        conn.pragma_update(Some("own"), "locking_mode", "EXCLUSIVE")?;
        let mode: String =
            conn.pragma_update_and_check(Some("own"), "journal_mode", "DELETE", |row| row.get(0))?;
        if mode != "delete" {
            return Err(StoreError::Busy);
        }
        let tx = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Exclusive)?;
        let cursor = carry_over(&tx, self.env())?;
        tx.commit()?;
        Ok(cursor)
    }
}

/// Opens an unpacked image, brings it to this program's schema and makes it ready to be filled.
fn prepare(image: &Path, env: &StoreEnv) -> Result<Connection, StoreError> {
    if !image.exists() {
        return Err(refused("image_refused", "there is no unpacked image"));
    }
    let mut conn = connect::copier(image, None)?;
    let found = migrate::inspect(&conn, migrate::MIGRATIONS.len()).map_err(|error| match error {
        StoreError::Newer { found, known } => refused(
            "upgrade_required",
            &format!("the hub's data has version {found}, this program knows up to {known}: update it"),
        ),
        other => other,
    })?;
    if found == 0 {
        return Err(refused("image_damaged", "the image holds no database"));
    }
    connect::check_small(&conn, image, env)?;
    // A file that is thrown away unless it is finished needs no journal on the disk.
    conn.pragma_update(None, "journal_mode", "MEMORY")?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    migrate::advance(&mut conn, image, found, migrate::MIGRATIONS)?;
    Ok(conn)
}

fn carry_over(conn: &Connection, env: &StoreEnv) -> Result<Cursor, StoreError> {
    let image = load_cursor(conn)?;
    let image_tenant = meta::get(conn, meta::TENANT)?;
    let lives = meta::get(conn, meta::IMAGE_LIVES)?.unwrap_or_default();
    let lives: Vec<Life> = serde_json::from_str(&lives)
        .map_err(|e| StoreError::Damaged(format!("the image's lives: {e}")))?;
    let own = own_cursor(conn)?;
    let refills = own_meta(conn, meta::REFILL_UNTIL)?.is_some();
    let follows = own.epoch.is_none_or(|epoch| Some(epoch) == image.epoch) && image.seq >= own.seq;
    if image.epoch.is_none() || !follows || refills {
        return Err(refused(
            "image_refused",
            "the image is older than what this till has",
        ));
    }
    if image_tenant.is_none() || image_tenant != own_meta(conn, meta::TENANT)? {
        return Err(refused("image_refused", "the image is another shop's"));
    }
    copy_own_tables(conn)?;
    let identity =
        identity::load(conn)?.ok_or_else(|| refused("no_identity", "this till has no shop yet"))?;
    settle_outbox(conn, &identity, &lives, image.seq)?;
    lay_on_top(conn, &identity)?;
    meta::remove(conn, meta::IMAGE_LIVES)?;
    observe_clock(conn, env)?;
    Ok(image)
}

/// Whoever edits the image's rows is later than their newest clock. Images of hubs before it existed do not tell.
fn observe_clock(conn: &Connection, env: &StoreEnv) -> Result<(), StoreError> {
    let Some(clock) = meta::parsed::<Hlc>(conn, meta::IMAGE_CLOCK)? else {
        return Ok(());
    };
    let tx = Tx::new(conn, env);
    tx.observe(clock)?;
    tx.finish()?;
    meta::remove(conn, meta::IMAGE_CLOCK)
}

fn has_confirmed_rows(conn: &Connection) -> Result<bool, StoreError> {
    Ok(conn
        .prepare_cached(include_str!("../queries/has_confirmed_rows.sql"))?
        .query_row([], |row| row.get("there"))?)
}

fn own_meta(conn: &Connection, key: &str) -> Result<Option<String>, StoreError> {
    use rusqlite::OptionalExtension as _;
    Ok(conn
        .prepare_cached(include_str!("../queries/find_own_meta.sql"))?
        .query_row(named_params! { ":key": key }, |row| row.get("value"))
        .optional()?)
}

fn own_cursor(conn: &Connection) -> Result<Cursor, StoreError> {
    let unreadable = |_| StoreError::Damaged("meta cursor cannot be read".to_owned());
    Ok(Cursor {
        epoch: own_meta(conn, meta::EPOCH)?
            .map(|text| Uuid::parse_str(&text))
            .transpose()
            .map_err(|_| StoreError::Damaged("meta epoch cannot be read".to_owned()))?,
        seq: own_meta(conn, meta::CURSOR)?
            .map(|text| text.parse())
            .transpose()
            .map_err(unreadable)?
            .unwrap_or(0),
    })
}

fn copy_own_tables(conn: &Connection) -> Result<(), StoreError> {
    let names: Vec<String> = conn
        .prepare(include_str!("../queries/list_own_tables.sql"))?
        .query_map([], |row| row.get("name"))?
        .collect::<Result<_, _>>()?;
    for name in names.iter().filter(|name| !SHARED.contains(&name.as_str())) {
        if name == "meta" {
            let about_shared = serde_json::to_string(&ABOUT_SHARED)?;
            conn.execute(
                include_str!("../queries/carry_over_meta.sql"),
                named_params! { ":left_out": about_shared },
            )?;
        } else {
            // Names of our own schema; a table's name cannot be a parameter.
            conn.execute(
                &format!("INSERT INTO main.\"{name}\" SELECT * FROM own.\"{name}\""),
                [],
            )?;
        }
    }
    conn.execute_batch(include_str!("../queries/carry_over_sequences.sql"))?;
    Ok(())
}

/// What the image holds needs no confirmation by a pull any more, which will begin behind it.
fn settle_outbox(
    conn: &Connection,
    identity: &Identity,
    lives: &[Life],
    seq: u64,
) -> Result<(), StoreError> {
    let mut settle = conn.prepare_cached(include_str!("../queries/settle_by_image.sql"))?;
    for life in lives.iter().filter(|l| l.device_id == identity.device_id) {
        settle.execute(named_params! {
            ":incarnation": life.incarnation.to_string(),
            ":last_seq": i64::try_from(life.last_seq).unwrap_or(i64::MAX),
            ":seq": i64::try_from(seq).unwrap_or(i64::MAX),
        })?;
    }
    Ok(())
}

/// The effects of operations that the image does not hold: facts as pending rows, edits as overlays.
fn lay_on_top(conn: &Connection, identity: &Identity) -> Result<(), StoreError> {
    for (op_id, fact_op, meta) in unconfirmed(conn, identity)? {
        for effect in effects(&fact_op, &meta)? {
            if let Effect::Insert(row) = effect {
                fact::insert_rows(conn, &fact_rows(&row)?, Some(op_id), Source::Again)?;
            }
        }
    }
    let edited = conn
        .prepare(include_str!("../queries/list_edited_unconfirmed.sql"))?
        .query_map([], entity_key)?
        .collect::<Result<Vec<_>, _>>()?;
    for (name, id) in edited {
        if let Some(kind) = entity::kind_named(&name) {
            entity::rebase(conn, identity.device_id, kind, id)?;
        }
    }
    Ok(())
}

fn unconfirmed(
    conn: &Connection,
    identity: &Identity,
) -> Result<Vec<(OpId, Op, OpMeta)>, StoreError> {
    let mut statement = conn.prepare(include_str!("../queries/list_unconfirmed_ops.sql"))?;
    let mut rows = statement.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let kind: String = row.get("kind")?;
        let payload: String = row.get("payload")?;
        let meta = row::op_meta(row, identity.device_id)?;
        match Op::decode(&kind, row.get("version")?, &payload) {
            Ok(op) => all.push((meta.op_id, op, meta)),
            // It still waits to be sent; only its preview is missing.
            Err(error) => tracing::warn!(%error, "a pending operation cannot be shown"),
        }
    }
    Ok(all)
}

/// A rename counts as done once its folder is on the disk: what is written into the new file later relies on it.
fn sync_folder(database: &Path) -> Result<(), StoreError> {
    #[cfg(unix)]
    if let Some(folder) = database.parent() {
        let folder = if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        };
        std::fs::File::open(folder)?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = database;
    Ok(())
}
