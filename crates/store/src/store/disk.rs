//! The disk under the store: how it does, the reserve for when it is full, and what is done while nobody waits.

use std::sync::atomic::Ordering;

use super::{Store, lock};
use crate::ballast;
use crate::connect;
use crate::error::StoreError;
use crate::meta;
use crate::tx::Trouble;

/// So many pages (8 MB) that are not copied back make a long log.
const LONG_LOG_PAGES: i64 = 2048;
const TIDY_TRIES: usize = 3;

/// How the disk does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiskState {
    /// As it should.
    Fine,
    /// The reserve was given up: little room is left.
    Full,
    /// The last write failed; nothing was written since.
    Failing,
}

impl Store {
    /// Whether the reserve for a full disk is still there; once it is gone the till must say so.
    #[must_use]
    pub fn has_ballast(&self) -> bool {
        ballast::intact(&self.0.path)
    }

    /// How the disk does, as far as this program has seen.
    #[must_use]
    pub fn disk(&self) -> DiskState {
        if self.0.failing.load(Ordering::SeqCst) {
            DiskState::Failing
        } else if self.0.env.vfs.is_none() && !self.has_ballast() {
            DiskState::Full
        } else {
            DiskState::Fine
        }
    }

    /// Writes something and looks whether there is room again, then makes the reserve anew.
    ///
    /// # Errors
    /// `disk_full`, `disk_failed`, `busy`: what a sale would meet now.
    pub fn try_disk(&self) -> Result<DiskState, StoreError> {
        self.write(|tx| {
            let now = tx.now().0.to_string();
            tx.noting(meta::set(tx.conn(), meta::TRIED_AT, &now))
        })?;
        self.remake_ballast();
        Ok(self.disk())
    }

    /// Makes the reserve for a full disk again where it was given up and there is room; else leaves everything as it is.
    pub fn remake_ballast(&self) {
        if self.0.env.vfs.is_none() {
            // Whoever sells must not meet a disk that is full only because of this.
            let _nobody_writes = lock(&self.0.writer);
            ballast::remake(&self.0.path);
        }
    }

    /// Opens the writing connection where it is not: it makes sure of a log that was left behind before anything is done
    /// with it.
    fn open_late(&self) -> Result<(), StoreError> {
        let mut writer = lock(&self.0.writer);
        self.in_use()?;
        if writer.is_none() {
            *writer = Some(self.reopen_writer()?);
        }
        Ok(())
    }

    /// Copies the log back into the database, so that it starts over and the commit at hand need not do it. Selling goes
    /// on meanwhile; call when nobody waits.
    ///
    /// # Errors
    /// The store's own trouble.
    pub fn tidy(&self) -> Result<(), StoreError> {
        let tidied = self.open_late().and_then(|()| {
            self.borrow_reader(|conn| {
                conn.query_row(include_str!("../../queries/tidy_log.sql"), [], |_| Ok(()))?;
                Ok(())
            })
        });
        if matches!(tidied, Err(StoreError::DiskFailed(_))) {
            // What the hub said may have a hole in the log now, and no commit of a person's may lie behind it.
            if let Some(writer) = lock(&self.0.writer).take() {
                self.give_up(writer);
            }
            self.note(Some(Trouble::Failed));
        }
        tidied
    }

    /// [`Store::tidy`] once the log has grown long: the commit that finds it too long may be a sale's. Another try where
    /// somebody wrote meanwhile, for the log starts over only once all of it is copied.
    pub(crate) fn tidy_when_long(&self) -> Result<(), StoreError> {
        if self.log_pages_left()? < LONG_LOG_PAGES {
            return Ok(());
        }
        for _ in 0..TIDY_TRIES {
            self.tidy()?;
            if self.log_pages_left()? == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Pages of the log that are not copied back.
    fn log_pages_left(&self) -> Result<i64, StoreError> {
        self.borrow_reader(|conn| {
            let left = |row: &rusqlite::Row<'_>| {
                Ok(row.get::<_, i64>("log")? - row.get::<_, i64>("checkpointed")?)
            };
            Ok(conn.query_row(include_str!("../../queries/measure_log.sql"), [], left)?)
        })
    }

    /// Reads every page of a large file whose last program did not end cleanly; nothing to do for any other. Opening it
    /// does not wait for this, selling goes on meanwhile: call once, behind the back of whoever opened it.
    ///
    /// # Errors
    /// `database_damaged`: nobody may go on with it. Else the store's own trouble.
    pub fn examine(&self) -> Result<(), StoreError> {
        if !self.0.owes_examination.load(Ordering::SeqCst) {
            return Ok(());
        }
        // It takes longer than a first sale could wait until nobody reads.
        self.open_late()?;
        self.borrow_reader(connect::examine)?;
        self.0.owes_examination.store(false, Ordering::SeqCst);
        Ok(())
    }
}
