//! How long SQLite itself takes for one durable row: what every committed change is measured against.
//!
//! `bare_insert FOLDER COUNT` prints microseconds, a line for each insert. `cargo xtask bench stamp` reads them.
#![allow(clippy::print_stdout, reason = "its output is its purpose")]

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use rusqlite::{Connection, params};

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let folder = args.next().ok_or("which folder?")?;
    let count: i64 = args.next().ok_or("how many inserts?")?.parse()?;
    let conn = Connection::open(Path::new(&folder).join("bare.sqlite3"))?;
    // As the store opens its own database.
    conn.pragma_update(None, "journal_mode", "WAL")?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.execute_batch(
        "CREATE TABLE IF NOT EXISTS stamp (id INTEGER PRIMARY KEY, card BLOB, at INTEGER) STRICT",
    )?;
    let mut insert = conn.prepare("INSERT INTO stamp (card, at) VALUES (?1, ?2)")?;
    for at in 0..count {
        let started = Instant::now();
        insert.execute(params![[7_u8; 16], at])?;
        println!("{}", started.elapsed().as_micros());
    }
    Ok(())
}
