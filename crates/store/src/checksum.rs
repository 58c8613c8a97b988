//! A fingerprint of each table, to compare replicas: what every till and the hub must agree on, and nothing else.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use rusqlite::types::ValueRef;
use sha2::{Digest, Sha256};

use crate::error::StoreError;
use crate::store::Store;

/// Tables and views whose rows are the same everywhere once all is quiet.
const SHARED: [&str; 12] = [
    "entity",
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
/// Whether a row is confirmed is each till's own affair.
const OWN: [&str; 2] = ["pending", "close_pending"];

impl Store {
    /// SHA-256 of each shared table's rows in sorted order, as hex by the table's name.
    ///
    /// # Errors
    /// The store's own trouble.
    pub fn checksum(&self) -> Result<BTreeMap<&'static str, String>, StoreError> {
        self.read(|conn| {
            SHARED
                .into_iter()
                .map(|table| {
                    // The names are constants above; a table's name cannot be a parameter.
                    let mut statement = conn.prepare(&format!("SELECT * FROM {table}"))?;
                    let names: Vec<String> = statement
                        .column_names()
                        .into_iter()
                        .filter(|name| !OWN.contains(name))
                        .map(str::to_owned)
                        .collect();
                    let mut lines = Vec::new();
                    let mut rows = statement.query([])?;
                    while let Some(row) = rows.next()? {
                        let mut line = String::new();
                        for name in &names {
                            write_value(&mut line, name, row.get_ref(name.as_str())?);
                        }
                        lines.push(line);
                    }
                    lines.sort_unstable();
                    Ok((table, digest(&lines)))
                })
                .collect()
        })
    }
}

/// Writing to a String cannot fail.
fn write_value(line: &mut String, name: &str, value: ValueRef<'_>) {
    let _ = match value {
        ValueRef::Null => write!(line, "{name}=;"),
        ValueRef::Integer(number) => write!(line, "{name}={number};"),
        ValueRef::Real(number) => write!(line, "{name}={number};"),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            write!(line, "{name}={}:{};", bytes.len(), bytes.escape_ascii())
        }
    };
}

fn digest(lines: &[String]) -> String {
    let mut hasher = Sha256::new();
    for line in lines {
        hasher.update((line.len() as u64).to_be_bytes());
        hasher.update(line.as_bytes());
    }
    let mut text = String::new();
    for byte in hasher.finalize() {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
