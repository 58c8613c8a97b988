//! Rows taken straight from the pages of a database file (<https://sqlite.org/fileformat2.html>), where SQLite itself
//! finds no way to them any more.

use std::collections::HashSet;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use super::PAGE_BYTES;
use super::ops;
use super::wal::{self, Log};
use crate::connect::log_path;

const LEAF_OF_TABLE: u8 = 0x0d;
const LEAF_OF_INDEX: u8 = 0x0a;
/// No row of ours is longer.
const ROW_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A column's value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Null,
    Integer(i64),
    Text(String),
    /// Not of use to us: a real, a blob, or text that is none.
    Other,
}

impl Value {
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) const fn integer(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            _ => None,
        }
    }

    pub(super) const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

/// A row of any table; without a rowid where its table has none.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    pub(super) rowid: Option<i64>,
    pub(super) values: Vec<Value>,
}

/// The pages of a file and of the log beside it.
pub(super) struct Pages {
    file: File,
    page_size: usize,
    count: u32,
    wal: Vec<u8>,
    log: Log,
}

impl Pages {
    /// # Errors
    /// When the file cannot be read.
    pub(super) fn open(database: &Path) -> std::io::Result<Self> {
        let mut file = File::open(database)?;
        let length = file.metadata()?.len();
        let mut head = [0; 18];
        let stated = match file.read_exact(&mut head) {
            Ok(()) if head.starts_with(b"SQLite format 3\0") => {
                match u16::from_be_bytes([head[16], head[17]]) {
                    1 => 65536,
                    size => usize::from(size),
                }
            }
            _ => 0,
        };
        let wal = std::fs::read(log_path(database)).unwrap_or_default();
        let log = wal::read(&wal);
        let page_size = if stated.is_power_of_two() && stated >= 512 {
            stated
        } else if log.page_size > 0 {
            log.page_size
        } else {
            PAGE_BYTES
        };
        Ok(Self {
            file,
            page_size,
            count: u32::try_from(length / page_size as u64).unwrap_or(u32::MAX),
            wal,
            log,
        })
    }

    /// How many pages there are to look at.
    pub(super) fn len(&self) -> usize {
        self.count as usize + self.log.frames.len()
    }

    /// Hands every row of every leaf to `found`, older versions of pages among them.
    pub(super) fn for_each(&mut self, mut found: impl FnMut(Row)) {
        for number in 1..=self.count {
            if let Some(page) = self.page_in_file(number) {
                self.rows(&page, number, &mut found);
            }
        }
        if self.log.page_size != self.page_size {
            return;
        }
        for place in 0..self.log.frames.len() {
            let frame = &self.log.frames[place];
            let (number, page) = (frame.page, self.wal[frame.at.clone()].to_vec());
            self.rows(&page, number, &mut found);
        }
    }

    /// How many transactions behind a hole in the log hold operations that nothing before the hole has.
    pub(super) fn transactions_lost(&mut self) -> usize {
        let mut known = HashSet::new();
        for number in 1..=self.count {
            if let Some(page) = self.page_in_file(number) {
                self.ops_in(&page, number, &mut known);
            }
        }
        let mut lost = 0;
        let mut has_new = false;
        for place in 0..self.log.frames.len() {
            let frame = &self.log.frames[place];
            let (number, chained, commits) = (frame.page, frame.chained, frame.commits);
            let page = self.wal[frame.at.clone()].to_vec();
            has_new |= self.ops_in(&page, number, &mut known) > 0 && !chained;
            if commits {
                lost += usize::from(has_new && !chained);
                has_new = false;
            }
        }
        lost
    }

    /// Adds a page's operations and tells how many of them were new.
    fn ops_in(&mut self, page: &[u8], number: u32, known: &mut HashSet<String>) -> usize {
        let before = known.len();
        self.rows(page, number, &mut |row| {
            known.extend(ops::op_id(&row).map(str::to_owned));
        });
        known.len() - before
    }

    fn page_in_file(&mut self, number: u32) -> Option<Vec<u8>> {
        let at = (u64::from(number) - 1) * self.page_size as u64;
        let mut page = vec![0; self.page_size];
        self.file.seek(SeekFrom::Start(at)).ok()?;
        self.file.read_exact(&mut page).ok()?;
        Some(page)
    }

    /// A page as the newest transaction left it.
    fn newest(&mut self, number: u32) -> Option<Vec<u8>> {
        let frame = self.log.frames.iter().rfind(|f| f.page == number);
        match frame {
            Some(frame) if self.log.page_size == self.page_size => {
                Some(self.wal[frame.at.clone()].to_vec())
            }
            _ => self.page_in_file(number),
        }
    }

    fn rows(&mut self, page: &[u8], number: u32, found: &mut impl FnMut(Row)) {
        let head = if number == 1 { 100 } else { 0 };
        let has_rowid = match page[head] {
            LEAF_OF_TABLE => true,
            LEAF_OF_INDEX => false,
            _ => return,
        };
        let cells = usize::from(u16::from_be_bytes([page[head + 3], page[head + 4]]));
        for cell in 0..cells {
            let pointer = head + 8 + 2 * cell;
            let Some(two) = page.get(pointer..pointer + 2) else {
                return;
            };
            let at = usize::from(u16::from_be_bytes([two[0], two[1]]));
            if let Some(row) = self.row(page, at, has_rowid) {
                found(row);
            }
        }
    }

    fn row(&mut self, page: &[u8], mut at: usize, has_rowid: bool) -> Option<Row> {
        let length = usize::try_from(varint(page, &mut at)?).ok()?;
        let rowid = match has_rowid {
            true => Some(varint(page, &mut at)?),
            false => None,
        };
        if length > ROW_BYTES_MAX {
            return None;
        }
        let (local, spilled) = self.split(length, has_rowid);
        let mut payload = page.get(at..at + local)?.to_vec();
        if spilled {
            let four = page.get(at + local..at + local + 4)?;
            self.follow(
                u32::from_be_bytes(four.try_into().ok()?),
                length,
                &mut payload,
            )?;
        }
        Some(Row {
            rowid,
            values: record(&payload)?,
        })
    }

    /// How much of a row lies in its page, and whether the rest lies elsewhere.
    const fn split(&self, length: usize, has_rowid: bool) -> (usize, bool) {
        let usable = self.page_size;
        let most = if has_rowid {
            usable - 35
        } else {
            (usable - 12) * 64 / 255 - 23
        };
        if length <= most {
            return (length, false);
        }
        let least = (usable - 12) * 32 / 255 - 23;
        let wanted = least + (length - least) % (usable - 4);
        (if wanted <= most { wanted } else { least }, true)
    }

    fn follow(&mut self, mut next: u32, length: usize, payload: &mut Vec<u8>) -> Option<()> {
        while payload.len() < length {
            if next == 0 {
                return None;
            }
            let page = self.newest(next)?;
            next = u32::from_be_bytes(page[..4].try_into().ok()?);
            let take = (length - payload.len()).min(page.len() - 4);
            payload.extend_from_slice(&page[4..4 + take]);
        }
        Some(())
    }
}

fn varint(bytes: &[u8], at: &mut usize) -> Option<i64> {
    let mut value: u64 = 0;
    for place in 0..9 {
        let byte = *bytes.get(*at)?;
        *at += 1;
        if place == 8 {
            return Some(((value << 8) | u64::from(byte)).cast_signed());
        }
        value = (value << 7) | u64::from(byte & 0x7f);
        if byte < 0x80 {
            return Some(value.cast_signed());
        }
    }
    None
}

fn record(payload: &[u8]) -> Option<Vec<Value>> {
    let mut at = 0;
    let head_end = usize::try_from(varint(payload, &mut at)?).ok()?;
    if head_end > payload.len() {
        return None;
    }
    let mut body = head_end;
    let mut values = Vec::new();
    while at < head_end {
        let kind = varint(payload, &mut at)?;
        values.push(value(payload, &mut body, kind)?);
    }
    Some(values)
}

fn value(payload: &[u8], at: &mut usize, kind: i64) -> Option<Value> {
    let integer = |at: &mut usize, length: usize| -> Option<Value> {
        let bytes = payload.get(*at..*at + length)?;
        *at += length;
        let first = i64::from(bytes.first()?.cast_signed());
        let all = bytes[1..]
            .iter()
            .fold(first, |n, b| (n << 8) | i64::from(*b));
        Some(Value::Integer(all))
    };
    match kind {
        0 => Some(Value::Null),
        1..=4 => integer(at, usize::try_from(kind).ok()?),
        5 => integer(at, 6),
        6 => integer(at, 8),
        8 => Some(Value::Integer(0)),
        9 => Some(Value::Integer(1)),
        7 => {
            *at += 8;
            (*at <= payload.len()).then_some(Value::Other)
        }
        12.. => {
            let length = usize::try_from((kind - 12) / 2).ok()?;
            let bytes = payload.get(*at..at.checked_add(length)?)?;
            *at += length;
            let text = (kind % 2 == 1).then(|| String::from_utf8(bytes.to_vec()).ok());
            Some(text.flatten().map_or(Value::Other, Value::Text))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What SQLite wrote into a table, read from its pages.
    fn written(rows: &[(i64, String)]) -> Vec<Row> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.db");
        let conn = rusqlite::Connection::open(&file).unwrap();
        conn.execute_batch("CREATE TABLE t (n INTEGER, words TEXT)")
            .unwrap();
        for row in rows {
            conn.execute("INSERT INTO t VALUES (?1, ?2)", (row.0, &row.1))
                .unwrap();
        }
        drop(conn);
        let mut all = Vec::new();
        Pages::open(&file).unwrap().for_each(|row| all.push(row));
        all.retain(|row| row.values.len() == 2);
        all
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn every_row_that_sqlite_writes_is_read_from_its_pages(
            rows in prop::collection::vec((any::<i64>(), "[a-zñ ]{0,9000}"), 1..8)
        ) {
            let found = written(&rows);
            let expected: Vec<_> = (1..).zip(rows).map(|(rowid, (n, words))| Row {
                rowid: Some(rowid),
                values: vec![Value::Integer(n), Value::Text(words)],
            }).collect();
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn noise_is_never_more_than_a_row_that_is_not_there(noise in prop::collection::vec(any::<u8>(), 4096..9000)) {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("a.db");
            std::fs::write(&file, noise).unwrap();
            Pages::open(&file).unwrap().for_each(|_| {});
        }
    }
}
