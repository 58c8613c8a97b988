//! What may be let go of: operations that the hub confirmed and whose changes have lain in an off-site backup for thirty
//! days, so that a hub restored from any backup of that time gets again what it lacks. The journal and the ledgers stay.
//!
//! A clock may jump. A day counts only when this till lived through it: however far the clock leaps between two looks,
//! that is one day at most, and a leap back is none.

use counterfoil_domain::UnixMs;
use rusqlite::{Connection, named_params};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::changes::load_cursor;
use crate::error::StoreError;
use crate::meta;
use crate::store::Store;

/// How long an operation is kept once it is in a backup, in milliseconds.
pub const KEEP_MS: i64 = 30 * DAY_MS;
const DAY_MS: i64 = 86_400_000;
/// Looks that follow one another faster than this are one.
const LOOK_EVERY_MS: i64 = 60_000;

/// How far the hub's backups have come, as far as this till knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Archive {
    /// The newest change that is in an off-site backup; 0 where the hub has none.
    pub seq: u64,
    /// Changes this till has that no backup holds yet.
    pub behind: u64,
}

/// The till's own count of time, and what was archived at which point of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Ages {
    /// Milliseconds that this till lived through.
    lived_ms: i64,
    /// The clock at the last look.
    looked_at: Option<UnixMs>,
    /// What was archived when, oldest first, one mark a day.
    marks: Vec<Mark>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    archived: u64,
    lived_ms: i64,
}

impl Ages {
    /// Looks at the clock and at what is archived; whether that is worth remembering.
    fn look(&mut self, now: UnixMs, archived: u64) -> bool {
        let soon = |last: UnixMs| (0..LOOK_EVERY_MS).contains(&now.0.saturating_sub(last.0));
        if self.looked_at.is_some_and(soon) {
            return false;
        }
        self.live(now);
        self.mark(archived);
        true
    }

    fn live(&mut self, now: UnixMs) {
        if let Some(last) = self.looked_at {
            let passed = now.0.saturating_sub(last.0).clamp(0, DAY_MS);
            self.lived_ms = self.lived_ms.saturating_add(passed);
        }
        self.looked_at = Some(now);
    }

    /// Remembers what is archived now, where that is news of another day.
    fn mark(&mut self, archived: u64) {
        let news = self
            .marks
            .last()
            .is_none_or(|last| archived > last.archived && self.lived_ms - last.lived_ms >= DAY_MS);
        if news && archived > 0 {
            self.marks.push(Mark {
                archived,
                lived_ms: self.lived_ms,
            });
        }
    }

    /// What has been archived for long enough; the marks before that one are done with.
    fn ripe(&mut self) -> u64 {
        let ripe = |mark: &Mark| self.lived_ms - mark.lived_ms >= KEEP_MS;
        let count = self.marks.iter().take_while(|mark| ripe(mark)).count();
        if count > 1 {
            self.marks.drain(..count - 1);
        }
        self.marks
            .first()
            .filter(|mark| ripe(mark))
            .map_or(0, |mark| mark.archived)
    }
}

impl Store {
    /// Notes how far the hub's backups have come, as a pull says; within an epoch that never goes back.
    ///
    /// # Errors
    /// The store's own trouble.
    pub fn learn_archived(&self, epoch: Uuid, archived: u64) -> Result<(), StoreError> {
        let known = |conn: &Connection| -> Result<bool, StoreError> {
            Ok(load_cursor(conn)?.epoch != Some(epoch) || load_archived(conn)? >= archived)
        };
        // Most pulls say nothing new: no write for them.
        if self.read(known)? {
            return Ok(());
        }
        self.write(|tx| {
            tx.noting((|| {
                if known(tx.conn())? {
                    return Ok(());
                }
                meta::set(tx.conn(), meta::ARCHIVED, &archived.to_string())?;
                tx.touch_area("outbox");
                Ok(())
            })())
        })
    }

    /// How far the hub's backups have come, as far as this till knows.
    ///
    /// # Errors
    /// The store's own trouble.
    pub fn archive(&self) -> Result<Archive, StoreError> {
        self.read(|conn| {
            let seq = load_archived(conn)?;
            let behind = load_cursor(conn)?.seq.saturating_sub(seq);
            Ok(Archive { seq, behind })
        })
    }

    /// Lets go of at most `max_ops` operations that may go; how many went. What is long is read without the writer's lock:
    /// whoever sells waits for one short transaction. Call it every hour or so: it also counts the days.
    ///
    /// # Errors
    /// The store's own trouble.
    pub fn let_go(&self, max_ops: usize) -> Result<usize, StoreError> {
        let now = self.env().clock.now();
        let (mut ages, archived) =
            self.read(|conn| Ok((load_ages(conn)?, load_archived(conn)?)))?;
        if ages.look(now, archived) {
            self.write(|tx| tx.noting(save_ages(tx.conn(), &ages)))?;
        }
        let ripe = ages.ripe();
        if ripe == 0 {
            return Ok(0);
        }
        let old = self.read(|conn| list_old(conn, ripe, now, max_ops))?;
        if old.is_empty() {
            return Ok(0);
        }
        let old = serde_json::to_string(&old)?;
        self.write(|tx| tx.noting(delete(tx.conn(), &old, ripe)))
    }
}

fn load_ages(conn: &Connection) -> Result<Ages, StoreError> {
    match meta::get(conn, meta::AGES)? {
        Some(text) => Ok(serde_json::from_str(&text)?),
        None => Ok(Ages::default()),
    }
}

fn save_ages(conn: &Connection, ages: &Ages) -> Result<(), StoreError> {
    meta::set(conn, meta::AGES, &serde_json::to_string(ages)?)
}

fn list_old(
    conn: &Connection,
    ripe: u64,
    now: UnixMs,
    limit: usize,
) -> Result<Vec<i64>, StoreError> {
    let mut statement = conn.prepare_cached(include_str!("../queries/list_archived_ops.sql"))?;
    let rows = statement.query_map(
        named_params! {
            ":archived": i64::try_from(ripe).unwrap_or(i64::MAX),
            ":before": now.plus_ms(-KEEP_MS).0,
            ":limit": i64::try_from(limit).unwrap_or(i64::MAX),
        },
        |row| row.get("local_no"),
    )?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Takes away what was found, unless a restored hub made its numbers void meanwhile.
fn delete(conn: &Connection, old: &str, ripe: u64) -> Result<usize, StoreError> {
    // While a restored hub sends everything again, nobody knows yet what it has.
    if meta::get(conn, meta::REFILL_UNTIL)?.is_some() {
        return Ok(0);
    }
    Ok(conn
        .prepare_cached(include_str!("../queries/delete_archived_ops.sql"))?
        .execute(named_params! {
            ":local_nos": old,
            ":archived": i64::try_from(ripe).unwrap_or(i64::MAX),
        })?)
}

fn load_archived(conn: &Connection) -> Result<u64, StoreError> {
    Ok(meta::parsed(conn, meta::ARCHIVED)?.unwrap_or(0))
}

/// In another epoch the hub's numbers mean something else.
pub(crate) fn forget(conn: &Connection) -> Result<(), StoreError> {
    meta::remove(conn, meta::ARCHIVED)?;
    meta::remove(conn, meta::AGES)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(ages: &mut Ages, from: i64, count: i64, archived: u64) {
        for day in from..from + count {
            ages.live(UnixMs(day * DAY_MS));
            ages.mark(archived);
        }
    }

    #[test]
    fn what_was_archived_is_ripe_after_thirty_days_and_no_sooner() {
        let mut ages = Ages::default();
        days(&mut ages, 0, 30, 7);
        assert_eq!(ages.ripe(), 0);
        days(&mut ages, 30, 1, 7);
        assert_eq!(ages.ripe(), 7);
    }

    #[test]
    fn what_was_archived_later_is_ripe_later() {
        let mut ages = Ages::default();
        days(&mut ages, 0, 10, 7);
        days(&mut ages, 10, 29, 9);
        assert_eq!(ages.ripe(), 7);
        days(&mut ages, 39, 2, 9);
        assert_eq!(ages.ripe(), 9);
        assert_eq!(ages.ripe(), 9, "asking changes nothing");
    }

    #[test]
    fn a_clock_that_leaps_makes_nothing_ripe() {
        let mut ages = Ages::default();
        days(&mut ages, 0, 2, 7);
        for year in [40, 1, 90, 0] {
            ages.live(UnixMs(year * 365 * DAY_MS));
            ages.mark(7);
        }
        assert_eq!(ages.ripe(), 0);
    }

    #[test]
    fn marks_do_not_pile_up() {
        let mut ages = Ages::default();
        for day in 0..400 {
            days(&mut ages, day, 1, u64::try_from(day).unwrap() + 1);
            ages.ripe();
        }
        assert!(ages.marks.len() <= 32, "{}", ages.marks.len());
    }
}
