//! How long a till's database takes to open after its program was killed, up to the first answer.
//!
//! `open_till FILE store|sqlite` prints microseconds, writes a row so that the log is not empty, and waits to be killed.
//! `open_till FILE fill ROWS` makes the file, with so many customers. `cargo xtask bench sync` does both.
#![allow(clippy::print_stdout, reason = "its output is its purpose")]

use std::path::Path;
use std::time::Instant;

use counterfoil_store::{Store, StoreEnv};
use counterfoil_testkit::{ManualClock, SampleError, SampleShop, SeededEntropy};
use rusqlite::{Connection, params};

const FIRST_QUERY: &str = "SELECT body FROM entity WHERE kind = 'customer' AND id = ?1";

fn id(n: u32) -> String {
    format!("0198c0de-0000-7000-8000-{n:012x}")
}

fn main() -> Result<(), SampleError> {
    let mut args = std::env::args().skip(1);
    let file = args.next().ok_or("which file?")?;
    let path = Path::new(&file);
    match (args.next().as_deref(), args.next()) {
        (Some("fill"), Some(rows)) => fill(path, rows.parse()?),
        (Some("store"), None) => open_store(path),
        (Some("sqlite"), None) => open_sqlite(path),
        _ => Err("fill ROWS, store or sqlite?".into()),
    }
}

fn env() -> StoreEnv {
    StoreEnv::new(ManualClock::start(), SeededEntropy::new(3))
}

fn fill(path: &Path, rows: u32) -> Result<(), SampleError> {
    let shop = SampleShop::new(3)?;
    let store = Store::open(path, env())?;
    store.set_identity(shop.tenant_id, shop.device_id, &shop.till_code, None)?;
    let setup = shop.setup()?.into_iter();
    store.transact_many(
        setup
            .map(|op| (op, Some(shop.owner), ManualClock::START))
            .collect(),
    )?;
    drop(store);
    let mut conn = Connection::open(path)?;
    let tx = conn.transaction()?;
    {
        let mut insert =
            tx.prepare("INSERT INTO entity_base (kind, id, body) VALUES ('customer', ?1, ?2)")?;
        for n in 0..rows {
            let body = format!(
                r#"{{"enrolled_at":{},"name":"Cliente número {n}","note":"","phone":"+51{:09}"}}"#,
                ManualClock::START.0 + i64::from(n),
                900_000_000 + n
            );
            insert.execute(params![id(n), body])?;
        }
    }
    tx.commit()?;
    Ok(())
}

fn said(began: Instant) -> Result<(), SampleError> {
    println!("{}", began.elapsed().as_micros());
    Ok(())
}

/// Until the other end kills this program: a clean end would leave nothing to recover.
fn wait_to_be_killed() -> Result<(), SampleError> {
    println!("written");
    std::io::stdin().read_line(&mut String::new())?;
    std::process::abort()
}

fn open_store(path: &Path) -> Result<(), SampleError> {
    let began = Instant::now();
    let store = Store::open(path, env())?;
    let found = store.read(|conn| {
        let body: String = conn
            .prepare_cached(FIRST_QUERY)?
            .query_row([id(1)], |row| row.get("body"))?;
        Ok(body)
    })?;
    said(began)?;
    store.write(|tx| tx.set_setting("opened", &found))?;
    wait_to_be_killed()
}

fn open_sqlite(path: &Path) -> Result<(), SampleError> {
    let began = Instant::now();
    let conn = Connection::open(path)?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    let found: String = conn
        .prepare(FIRST_QUERY)?
        .query_row([id(1)], |row| row.get("body"))?;
    said(began)?;
    conn.execute(
        "INSERT INTO setting (key, value) VALUES ('opened', ?1) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        [found],
    )?;
    wait_to_be_killed()
}
