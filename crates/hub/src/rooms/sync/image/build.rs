//! Makes an image: fills a till's database from the tenant's rows in one read transaction and compresses it, file to file.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read as _, Write};
use std::path::Path;

use counterfoil_domain::image::{APPLICATION_ID, CLOCK, CURSOR, EPOCH, LIVES, Life, SUMS, TENANT};
use counterfoil_domain::table::Table;
use counterfoil_domain::{DeviceId, Incarnation, TenantId};
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AnyConnection, Connection as _, Row as _};
use uuid::Uuid;

use super::rows::{Pile, Sink, walk};
use crate::Hub;
use crate::http::Failure;
use crate::http::extract::uuid_of;
use crate::ledger::clock_of;
use crate::secret::hex;

/// The till's own schema, the same files that a till runs.
const TILL_MIGRATIONS: &[&str] = &[
    include_str!("../../../../../../migrations/till/0001_init.sql"),
    include_str!("../../../../../../migrations/till/0002_fewer_indexes.sql"),
    include_str!("../../../../../../migrations/till/0003_desk.sql"),
    include_str!("../../../../../../migrations/till/0004_fewer_indexes_still.sql"),
    include_str!("../../../../../../migrations/till/0005_done_again.sql"),
    include_str!("../../../../../../migrations/till/0006_no_empty_balances.sql"),
    include_str!("../../../../../../migrations/till/0007_narrow_outbox.sql"),
];
const BUFFER_BYTES: usize = 256 * 1024;

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Made {
    /// The newest change in it.
    pub(super) seq: u64,
    /// Length of the compressed file.
    pub(super) bytes: u64,
    /// Its SHA-256, as hex.
    pub(super) sha256: String,
    /// Length of the database.
    pub(super) unpacked_bytes: u64,
}

/// The version of the schema in images.
pub(super) fn schema() -> u32 {
    u32::try_from(TILL_MIGRATIONS.len()).unwrap_or(u32::MAX)
}

/// Writes a tenant's image to `packed`; `plain` is where the database lies until it is compressed.
pub(super) async fn make(
    hub: &Hub,
    tenant: TenantId,
    plain: &Path,
    packed: &Path,
) -> Result<Made, Failure> {
    let seq = fill(hub, tenant, plain).await?;
    let (plain, packed) = (plain.to_owned(), packed.to_owned());
    let (bytes, sha256, unpacked_bytes) = tokio::task::spawn_blocking(move || {
        let packing = pack(&plain, &packed);
        std::fs::remove_file(&plain)?;
        packing
    })
    .await
    .map_err(Failure::internal)?
    .map_err(Failure::internal)?;
    Ok(Made {
        seq,
        bytes,
        sha256,
        unpacked_bytes,
    })
}

async fn fill(hub: &Hub, tenant: TenantId, path: &Path) -> Result<u64, Failure> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true);
    let mut image = SqliteConnection::connect_with(&options).await?;
    // The file is thrown away when it is not finished.
    sqlx::raw_sql(include_str!("sql/write_carelessly.sql"))
        .execute(&mut image)
        .await?;
    for migration in TILL_MIGRATIONS {
        sqlx::raw_sql(*migration).execute(&mut image).await?;
    }
    // Built at the end, from sorted rows.
    let indexes = take_indexes(&mut image).await?;
    let mut tx = hub.db.read().await?;
    let row = sqlx::query(include_str!("sql/find_tenant.sql"))
        .bind(tenant.to_string())
        .fetch_one(&mut *tx)
        .await?;
    let seq = row.try_get::<i64, _>("head")?.cast_unsigned();
    let clock = clock_of(&row)?;
    let hub_device = DeviceId(uuid_of(&row, "hub_device_id")?);
    let lives = list_lives(&mut tx, tenant).await?;
    let mut target = Target(&mut image);
    let sums = walk(&mut tx, tenant, hub_device, &mut target).await?;
    tx.rollback().await?;
    hub.images.count(tenant, seq, sums);
    for (key, value) in [
        (TENANT, tenant.to_string()),
        (EPOCH, hub.epoch.to_string()),
        (CURSOR, seq.to_string()),
        (CLOCK, clock.to_string()),
        (
            SUMS,
            serde_json::to_string(&sums).map_err(Failure::internal)?,
        ),
        (
            LIVES,
            serde_json::to_string(&lives).map_err(Failure::internal)?,
        ),
    ] {
        sqlx::query(include_str!("sql/insert_meta.sql"))
            .bind(key)
            .bind(value)
            .execute(&mut image)
            .await?;
    }
    for index in indexes {
        sqlx::raw_sql(sqlx::AssertSqlSafe(index))
            .execute(&mut image)
            .await?;
    }
    let marks = format!(
        "PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {};",
        schema()
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(marks))
        .execute(&mut image)
        .await?;
    image.close().await?;
    Ok(seq)
}

/// Takes the schema's indexes out and returns how they are made.
async fn take_indexes(image: &mut SqliteConnection) -> Result<Vec<String>, Failure> {
    let rows = sqlx::query(include_str!("sql/list_indexes.sql"))
        .fetch_all(&mut *image)
        .await?;
    let mut indexes = Vec::with_capacity(rows.len());
    for row in rows {
        let name: String = row.try_get("name")?;
        indexes.push(row.try_get("sql")?);
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!("DROP INDEX \"{name}\"")))
            .execute(&mut *image)
            .await?;
    }
    Ok(indexes)
}

async fn list_lives(tx: &mut AnyConnection, tenant: TenantId) -> Result<Vec<Life>, Failure> {
    let rows = sqlx::query(include_str!("sql/list_lives.sql"))
        .bind(tenant.to_string())
        .fetch_all(tx)
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Life {
                device_id: DeviceId(uuid_of(row, "device_id")?),
                incarnation: Incarnation(uuid_of(row, "incarnation")?),
                last_seq: row.try_get::<i64, _>("last_seq")?.cast_unsigned(),
            })
        })
        .collect()
}

struct Target<'a>(&'a mut SqliteConnection);

impl Sink for Target<'_> {
    async fn take(&mut self, pile: Pile) -> Result<(), Failure> {
        let mut tx = self.0.begin().await?;
        for (table, rows) in pile.take() {
            let sql = match table {
                Table::Entity => include_str!("sql/fill_entity_base.sql"),
                Table::Sale => include_str!("sql/fill_sale.sql"),
                Table::SaleLine => include_str!("sql/fill_sale_line.sql"),
                Table::SaleTender => include_str!("sql/fill_sale_tender.sql"),
                Table::Refund => include_str!("sql/fill_refund.sql"),
                Table::RefundLine => include_str!("sql/fill_refund_line.sql"),
                Table::Stamp => include_str!("sql/fill_stamp.sql"),
                Table::Stock => include_str!("sql/fill_stock.sql"),
                Table::Cash => include_str!("sql/fill_cash.sql"),
                Table::ShiftOpened => include_str!("sql/fill_shift_opened.sql"),
                Table::ShiftClosed => include_str!("sql/fill_shift_closed.sql"),
            };
            sqlx::query(sql).bind(rows).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

/// Compresses a file; returns the new one's length and SHA-256, and the old one's length.
fn pack(plain: &Path, packed: &Path) -> std::io::Result<(u64, String, u64)> {
    let target = Hashing {
        file: BufWriter::with_capacity(BUFFER_BYTES, File::create(packed)?),
        hasher: Sha256::new(),
        bytes: 0,
    };
    // The fastest: the disk and the network of a till are waited for, not the last tenth of the size.
    let mut encoder = GzEncoder::new(target, Compression::fast());
    let mut source = BufReader::with_capacity(BUFFER_BYTES, File::open(plain)?);
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut unpacked = 0;
    loop {
        let read = source.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        encoder.write_all(&buffer[..read])?;
        unpacked += read as u64;
    }
    let mut target = encoder.finish()?;
    target.flush()?;
    Ok((target.bytes, hex(&target.hasher.finalize()), unpacked))
}

/// A file whose SHA-256 is taken while it is written.
struct Hashing {
    file: BufWriter<File>,
    hasher: Sha256,
    bytes: u64,
}

impl Write for Hashing {
    fn write(&mut self, buffer: &[u8]) -> std::io::Result<usize> {
        let written = self.file.write(buffer)?;
        self.hasher.update(&buffer[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

/// A name for an image that nobody used before.
pub(super) fn name(hub: &Hub) -> Uuid {
    hub.new_id()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_have_every_migration_of_a_till() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/till");
        let mut files: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        let texts: Vec<String> = files
            .iter()
            .map(|file| std::fs::read_to_string(file).unwrap())
            .collect();
        assert_eq!(texts, TILL_MIGRATIONS);
    }
}
