//! Rounds of the till's own speed beside SQLite's: `till_rounds FOLDER` does what a line on stdin names.
//!
//! `disk`, `bare` and `sale` measure commits; `import TEMPLATE` loads the shared rows of a till's database as SQLite's
//! shell would. `cargo xtask bench sync` asks.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use counterfoil_domain::fact::Sale;
use counterfoil_domain::{CartId, Clock as _, Entropy as _, Op, SaleId};
use counterfoil_store::read::counter::find_next_sale_number;
use counterfoil_store::{CartState, Store, StoreEnv, StoreError};
use counterfoil_testkit::{
    ManualClock, Round, SampleError, SampleShop, SeededEntropy, answer_rounds,
};
use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};

/// One row or sale is over when it is committed.
const COMMITS: u32 = 200;
/// Real people leave the till alone between two customers: it tidies up then.
const SALES_BETWEEN_IDLE: u32 = 10;
const SALE_EVERY_MS: i64 = 20_000;
/// So many syncs tell how fast the disk is.
const SYNCS: usize = 60;
const BLOCK_BYTES: usize = 4096;

fn main() -> Result<(), SampleError> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("which folder?")?);
    fs::create_dir_all(&folder)?;
    let disk = probe_file(&folder)?;
    let bare = bare(&folder)?;
    let till = Till::open(&folder)?;
    answer_rounds(|line| match line.split_once(' ').unwrap_or((line, "")) {
        ("disk", _) => sync_blocks(&disk),
        ("bare", _) => insert_bare(&bare),
        ("sale", _) => till.sell(),
        ("import", template) => import(&folder, Path::new(template)),
        (other, _) => Err(format!("no such round: {other}").into()),
    })
}

/// A file that has its blocks already, as a write-ahead log in use has.
fn probe_file(folder: &Path) -> Result<File, SampleError> {
    let path = folder.join("probe");
    fs::write(&path, vec![1; SYNCS * BLOCK_BYTES])?;
    let file = File::options().write(true).open(path)?;
    file.sync_all()?;
    Ok(file)
}

fn sync_blocks(file: &File) -> Result<Round, SampleError> {
    let mut round = Round::default();
    for place in 0..SYNCS as u64 {
        let block = [u8::try_from(place % 251)?; BLOCK_BYTES];
        round.time(1, || {
            file.write_all_at(&block, place * BLOCK_BYTES as u64)?;
            file.sync_data()
        })?;
    }
    Ok(round)
}

/// As the store opens its own database, with one plain table.
fn bare(folder: &Path) -> rusqlite::Result<Connection> {
    let conn = Connection::open(folder.join("bare.sqlite3"))?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.execute_batch(
        "CREATE TABLE IF NOT EXISTS bare (id INTEGER PRIMARY KEY, card BLOB, at INTEGER) STRICT",
    )?;
    Ok(conn)
}

fn insert_bare(conn: &Connection) -> Result<Round, SampleError> {
    let mut round = Round::default();
    let mut insert = conn.prepare("INSERT INTO bare (card, at) VALUES (?1, ?2)")?;
    for at in 0..COMMITS {
        round.time(1, || insert.execute(params![[7_u8; 16], at]))?;
    }
    Ok(round)
}

struct Till {
    shop: SampleShop,
    store: Store,
    clock: Arc<ManualClock>,
    entropy: Arc<SeededEntropy>,
}

impl Till {
    fn open(folder: &Path) -> Result<Self, SampleError> {
        let shop = SampleShop::new(7)?;
        let (clock, entropy) = (ManualClock::start(), SeededEntropy::new(8));
        let env = StoreEnv::new(Arc::clone(&clock) as _, Arc::clone(&entropy) as _);
        let store = Store::open(&folder.join("till.sqlite3"), env)?;
        store.set_identity(shop.tenant_id, shop.device_id, &shop.till_code, None)?;
        let setup = shop.setup()?.into_iter();
        let ops = setup.map(|op| (op, Some(shop.owner), ManualClock::START));
        store.transact_many(ops.collect())?;
        Ok(Self {
            shop,
            store,
            clock,
            entropy,
        })
    }

    /// Sales of five lines, as the counter does them: the cart goes, the sale comes, one commit.
    fn sell(&self) -> Result<Round, SampleError> {
        let mut round = Round::default();
        for n in 0..COMMITS {
            let lines = [(0, 1), (1, 2), (2, 1), (0, 3), (1, 1)];
            let cart = self.shop.cart(&lines, None)?;
            self.store.save_cart(&cart, CartState::Open, "")?;
            // Ids rise with the time, as they do at a counter.
            self.clock.advance_ms(SALE_EVERY_MS);
            let now = self.clock.now();
            let sale = Sale {
                sale_id: SaleId::from_parts(now.0, self.entropy.id_entropy()),
                ..self.shop.sale(1, &lines, None, now)?
            };
            round.time(1, || self.complete(cart.cart_id, &sale))?;
            if n % SALES_BETWEEN_IDLE == 0 {
                self.store.tidy()?;
            }
        }
        Ok(round)
    }

    fn complete(&self, cart_id: CartId, sale: &Sale) -> Result<(), StoreError> {
        self.store.transact_with(|tx| {
            let till = tx.identity()?;
            let number = find_next_sale_number(tx.conn(), till.device_id, &till.till_code)?;
            tx.delete_cart(cart_id)?;
            let sale = Sale {
                number,
                ..sale.clone()
            };
            let (by, at) = (Some(sale.staff_id), sale.at);
            Ok::<_, StoreError>((Op::SaleCompleted(sale), by, at, ()))
        })?;
        Ok(())
    }
}

/// What a till shares with the others: the rows that a pull brings.
const SHARED: [&str; 11] = [
    "entity_base",
    "sale",
    "sale_line",
    "sale_tender",
    "refund",
    "stamp",
    "stock",
    "cash",
    "shift",
    "stamp_balance",
    "stock_balance",
];

/// Loads the template's shared rows into the same tables with the same indexes, in one transaction.
fn import(folder: &Path, template: &Path) -> Result<Round, SampleError> {
    let source = Connection::open(template)?;
    let target = folder.join("import.sqlite3");
    for end in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{end}", target.display()));
    }
    let mut conn = Connection::open(&target)?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    let mut loads = Vec::new();
    for table in SHARED {
        copy_schema(&source, &conn, table)?;
        loads.push((table, read_rows(&source, table)?));
    }
    let rows = loads.iter().map(|(_, rows)| rows.len()).sum();
    let mut round = Round::default();
    round.time(rows, || -> rusqlite::Result<()> {
        let tx = conn.transaction()?;
        for (table, rows) in &loads {
            let width = rows.first().map_or(0, Vec::len);
            if width > 0 {
                let places = vec!["?"; width].join(", ");
                // The names are constants above; a table's name cannot be a parameter.
                let mut insert = tx.prepare(&format!("INSERT INTO {table} VALUES ({places})"))?;
                for row in rows {
                    insert.execute(params_from_iter(row))?;
                }
            }
        }
        tx.commit()
    })?;
    Ok(round)
}

fn copy_schema(source: &Connection, target: &Connection, table: &str) -> rusqlite::Result<()> {
    let mut statement = source.prepare(
        "SELECT sql FROM sqlite_master WHERE tbl_name = ?1 AND type IN ('table', 'index') AND sql NOT NULL
         ORDER BY type DESC",
    )?;
    let found = statement.query_map([table], |row| row.get::<_, String>("sql"))?;
    for sql in found {
        target.execute_batch(&sql?)?;
    }
    Ok(())
}

fn read_rows(source: &Connection, table: &str) -> rusqlite::Result<Vec<Vec<Value>>> {
    let mut statement = source.prepare(&format!("SELECT * FROM {table}"))?;
    let width = statement.column_count();
    let found = statement.query_map([], |row| (0..width).map(|n| row.get(n)).collect())?;
    found.collect()
}
