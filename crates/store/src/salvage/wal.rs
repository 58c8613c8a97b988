//! The write-ahead log as SQLite writes it (<https://sqlite.org/fileformat2.html#walformat>), read by ourselves: SQLite
//! ends at the first frame that does not hold and says nothing of what comes behind it.

use std::path::Path;

use super::page::Pages;
use crate::connect::log_path;

const HEADER_BYTES: usize = 32;
const FRAME_HEADER_BYTES: usize = 24;
const MAGIC: u32 = 0x377f_0682;

/// One page in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Frame {
    /// The page's number, from 1.
    pub(super) page: u32,
    /// Where its bytes lie in the log.
    pub(super) at: std::ops::Range<usize>,
    /// Whether it ends a transaction.
    pub(super) commits: bool,
    /// Whether SQLite reads it too: every frame up to it holds.
    pub(super) chained: bool,
}

/// A log taken apart.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Log {
    /// In bytes.
    pub(super) page_size: usize,
    /// In the order they were written, up to the last one that ends a transaction.
    pub(super) frames: Vec<Frame>,
}

impl Log {
    /// Whether two or more transactions lie behind a frame that does not hold.
    pub(super) fn has_hole(&self) -> bool {
        let loose = self.frames.iter().filter(|f| f.commits && !f.chained);
        loose.count() >= 2
    }
}

/// Whether the log lost what somebody saw as done: two transactions with operations of this till's lie behind a frame
/// that does not hold. A power cut leaves at most one, since each is on the disk, with all before it, before the next
/// begins; two are proof that something that held before was broken since. What the hub says is not synced one by one and
/// proves nothing. A log that another program writes to meanwhile is not judged.
pub(crate) fn is_broken(database: &Path) -> bool {
    let path = log_path(database);
    let Ok(bytes) = std::fs::read(&path) else {
        return false;
    };
    if !read(&bytes).has_hole() {
        return false;
    }
    let lost = Pages::open(database).map_or(0, |mut pages| pages.transactions_lost());
    // Whoever begins the log anew writes its header first.
    let again = std::fs::read(&path).unwrap_or_default();
    let same = again.get(..HEADER_BYTES) == bytes.get(..HEADER_BYTES);
    lost >= 2 && same && read(&again).has_hole()
}

fn number(bytes: &[u8], at: usize) -> u32 {
    bytes
        .get(at..at + 4)
        .and_then(|four| four.try_into().ok())
        .map_or(0, u32::from_be_bytes)
}

/// Takes a log apart; what is no log has no frames.
pub(super) fn read(bytes: &[u8]) -> Log {
    if bytes.len() < HEADER_BYTES {
        return Log::default();
    }
    let big_endian = number(bytes, 0) & 1 == 1;
    let sum = checksum(&bytes[..24], (0, 0), big_endian);
    let sound = number(bytes, 0) & !1 == MAGIC && sum == (number(bytes, 24), number(bytes, 28));
    let page_size = match number(bytes, 8) as usize {
        size if sound && size.is_power_of_two() && (512..=65536).contains(&size) => size,
        _ => super::PAGE_BYTES,
    };
    let step = FRAME_HEADER_BYTES + page_size;
    let starts = (HEADER_BYTES..bytes.len().saturating_sub(step - 1)).step_by(step);
    let salts = |at: usize| (number(bytes, at + 8), number(bytes, at + 12));
    // Where the header itself is broken, the first frame says which frames belong together.
    let ours = if sound {
        (number(bytes, 16), number(bytes, 20))
    } else {
        starts.clone().next().map_or((0, 0), salts)
    };
    let mut log = Log {
        page_size,
        frames: Vec::new(),
    };
    let mut before = sum;
    let mut chained = sound;
    for start in starts {
        let at = start + FRAME_HEADER_BYTES..start + step;
        if salts(start) != ours {
            chained = false;
            continue;
        }
        if chained {
            let sum = checksum(&bytes[start..start + 8], before, big_endian);
            before = checksum(&bytes[at.clone()], sum, big_endian);
            chained = before == (number(bytes, start + 16), number(bytes, start + 20));
        }
        log.frames.push(Frame {
            page: number(bytes, start),
            at,
            commits: number(bytes, start + 4) != 0,
            chained,
        });
    }
    let whole = log.frames.iter().rposition(|f| f.commits);
    log.frames.truncate(whole.map_or(0, |last| last + 1));
    log
}

fn checksum(bytes: &[u8], (mut one, mut two): (u32, u32), big_endian: bool) -> (u32, u32) {
    for eight in bytes.chunks_exact(8) {
        let word = |at: usize| {
            let four = [eight[at], eight[at + 1], eight[at + 2], eight[at + 3]];
            if big_endian {
                u32::from_be_bytes(four)
            } else {
                u32::from_le_bytes(four)
            }
        };
        one = one.wrapping_add(word(0)).wrapping_add(two);
        two = two.wrapping_add(word(4)).wrapping_add(one);
    }
    (one, two)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The log of a database with so many commits after the first.
    fn log_of(commits: u32) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.db");
        let conn = rusqlite::Connection::open(&file).unwrap();
        conn.pragma_update(None, "journal_mode", "WAL").unwrap();
        conn.execute_batch("CREATE TABLE t (x)").unwrap();
        for n in 0..commits {
            conn.execute("INSERT INTO t VALUES (?1)", [n]).unwrap();
        }
        std::fs::read(log_path(&file)).unwrap()
    }

    #[test]
    fn a_sound_log_is_not_broken() {
        let log = read(&log_of(5));
        assert!(log.frames.len() >= 6 && log.frames.iter().all(|f| f.chained));
        assert!(!log.has_hole());
    }

    #[test]
    fn a_torn_last_transaction_is_what_a_power_cut_leaves() {
        let mut bytes = log_of(5);
        let end = bytes.len();
        bytes[end - 10] ^= 0xff;
        assert!(!read(&bytes).has_hole());
        bytes.truncate(end - 100);
        assert!(!read(&bytes).has_hole());
    }

    #[test]
    fn transactions_behind_a_broken_frame_are_noticed_and_found() {
        let mut bytes = log_of(5);
        let frames = read(&bytes).frames.len();
        bytes[HEADER_BYTES + 200] ^= 0xff;
        let log = read(&bytes);
        assert!(log.has_hole());
        assert_eq!(log.frames.len(), frames);
    }

    #[test]
    fn a_broken_header_hides_nothing() {
        let mut bytes = log_of(5);
        bytes[2] ^= 0xff;
        assert!(read(&bytes).has_hole());
    }
}
