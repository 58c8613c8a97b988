//! The one door for writes: a transaction, its promise of durability, and what becomes of it when the disk fails.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use counterfoil_domain::{Op, OpId, StaffId, UnixMs};
use rusqlite::{Connection, Transaction, TransactionBehavior, named_params};

use super::{CommitInfo, Store, lock};
use crate::ballast;
use crate::connect;
use crate::error::StoreError;
use crate::gate::PATIENCE;
use crate::turn;
use crate::tx::{Trouble, Tx};

/// Operations in one COMMIT of [`Store::transact_many`].
const CHUNK_OPS: usize = 500;

/// Says when the connection's next commits are on the disk.
fn promise(conn: &Connection, on_behalf: OnBehalf) -> Result<(), StoreError> {
    Ok(conn.pragma_update(None, "synchronous", on_behalf.synchronous())?)
}

enum Attempt<E> {
    /// The disk is full; giving up the ballast may help.
    Full(E),
    Other(E),
}

/// On whose behalf something is written: who goes first, and when the commit is on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnBehalf {
    /// What somebody did goes before all else, and is on the disk before anybody hears of it.
    Person,
    /// What is about to be sent lets people go first. It is on the disk before the hub hears of it.
    Hub,
    /// What the hub says, and would say again, lets people go first as well. It is on the disk with the next commit of the
    /// other kinds, or the next tidying: the log is written in order, so that nothing later can be on the disk without it.
    FromHub,
}

impl OnBehalf {
    const fn synchronous(self) -> &'static str {
        match self {
            Self::Person | Self::Hub => "FULL",
            Self::FromHub => "NORMAL",
        }
    }
}

/// One of the transactions in which a long piece of work is done.
pub(crate) enum Slice<T> {
    /// The next one goes on from this place.
    UpTo(usize),
    /// It was the last one.
    Last(T),
}

/// How a transaction ended.
enum End<T, E> {
    Committed(T, CommitInfo),
    /// Nothing was written.
    GivenUp(E, Option<Trouble>),
    /// COMMIT failed on the disk: only the file itself can tell whether this operation is in it.
    Unsure {
        value: T,
        info: CommitInfo,
        error: StoreError,
        last_op: OpId,
    },
}

impl Store {
    /// The one door for writes: everything `work` does through [`Tx`] is committed together, or nothing is. When the
    /// disk is full the ballast is given up and `work` runs once more, hence `FnMut`.
    ///
    /// # Errors
    /// What `work` says (then nothing was written), or the store's own trouble.
    pub fn write<T, E: From<StoreError>>(
        &self,
        work: impl FnMut(&Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.write_so(OnBehalf::Person, work)
    }

    /// As [`Store::write`], for what the sync is about to send.
    pub(crate) fn write_what_is_sent<T>(
        &self,
        work: impl FnMut(&Tx<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.write_so(OnBehalf::Hub, work)
    }

    /// For what the hub says and would say again, in as many transactions as `work` asks for: it is called with the place
    /// to go on from, at first zero, and people write in between. A power cut may take the last of it back together with
    /// the cursor, and then it is asked for again. No operation of a person's may be done in it. Who listens for commits
    /// hears of all of them at the end.
    pub(crate) fn write_what_the_hub_says<T>(
        &self,
        mut work: impl FnMut(&Tx<'_>, usize) -> Result<Slice<T>, StoreError>,
    ) -> Result<T, StoreError> {
        let (mut place, mut areas) = (0, BTreeSet::new());
        let end = loop {
            match self.write_untold(OnBehalf::FromHub, |tx| work(tx, place)) {
                Ok((slice, info)) => {
                    areas.extend(info.areas);
                    match slice {
                        Slice::UpTo(next) => place = next,
                        Slice::Last(value) => break Ok(value),
                    }
                }
                Err(error) => break Err(error),
            }
        };
        self.after_commit(&CommitInfo {
            areas: areas.into_iter().collect(),
            local_write: false,
        });
        end
    }

    fn write_so<T, E: From<StoreError>>(
        &self,
        on_behalf: OnBehalf,
        work: impl FnMut(&Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let (value, info) = self.write_untold(on_behalf, work)?;
        self.after_commit(&info);
        Ok(value)
    }

    fn write_untold<T, E: From<StoreError>>(
        &self,
        on_behalf: OnBehalf,
        mut work: impl FnMut(&Tx<'_>) -> Result<T, E>,
    ) -> Result<(T, CommitInfo), E> {
        let first = self.attempt(on_behalf, &mut work);
        let may_free = self.0.env.vfs.is_none();
        match first {
            Ok(done) => Ok(done),
            Err(Attempt::Full(error)) if !(may_free && ballast::free(&self.0.path)) => Err(error),
            Err(Attempt::Full(_)) => {
                self.attempt(on_behalf, &mut work)
                    .map_err(|second| match second {
                        Attempt::Full(error) | Attempt::Other(error) => error,
                    })
            }
            Err(Attempt::Other(error)) => Err(error),
        }
    }

    fn attempt<T, E: From<StoreError>>(
        &self,
        on_behalf: OnBehalf,
        work: &mut impl FnMut(&Tx<'_>) -> Result<T, E>,
    ) -> Result<(T, CommitInfo), Attempt<E>> {
        let own = |error: StoreError| match error {
            StoreError::DiskFull => Attempt::Full(E::from(error)),
            other => Attempt::Other(E::from(other)),
        };
        let person = match on_behalf {
            OnBehalf::Person => Some(self.0.turns.person()),
            OnBehalf::Hub | OnBehalf::FromHub => {
                self.0.turns.after_people(turn::PATIENCE);
                None
            }
        };
        let mut guard = lock(&self.0.writer);
        self.in_use().map_err(own)?;
        let conn = match guard.take() {
            Some(conn) => conn,
            None => self.reopen_writer().map_err(own)?,
        };
        if on_behalf == OnBehalf::FromHub {
            promise(&conn, on_behalf).map_err(own)?;
        }
        let end = self.inside(&conn, work);
        if on_behalf == OnBehalf::FromHub {
            // A connection that may not keep the promise any more is let go of.
            promise(&conn, OnBehalf::Person).map_err(own)?;
        }
        let end = match end {
            End::Unsure {
                value,
                info,
                error,
                last_op,
            } => {
                // What a connection believes after a failed sync is not to be trusted: reopen and verify.
                self.give_up(conn);
                match self.verify(last_op) {
                    Ok(conn) => {
                        *guard = Some(conn);
                        End::Committed(value, info)
                    }
                    Err(_) => End::GivenUp(error.into(), Some(Trouble::Failed)),
                }
            }
            End::GivenUp(error, Some(Trouble::Failed)) => {
                self.give_up(conn);
                End::GivenUp(error, Some(Trouble::Failed))
            }
            end => {
                *guard = Some(conn);
                end
            }
        };
        drop(guard);
        drop(person);
        match &end {
            End::Committed(..) => self.0.failing.store(false, Ordering::SeqCst),
            End::GivenUp(_, trouble) => self.note(*trouble),
            End::Unsure { .. } => self.note(Some(Trouble::Failed)),
        }
        match end {
            End::Committed(value, info) => Ok((value, info)),
            End::GivenUp(error, Some(Trouble::Full)) => Err(Attempt::Full(error)),
            End::GivenUp(error, _) => Err(Attempt::Other(error)),
            End::Unsure { error, .. } => Err(Attempt::Other(error.into())),
        }
    }

    /// Lets go of every connection after the disk failed. What they believe of the log may not be on the disk.
    pub(super) fn give_up(&self, writer: Connection) {
        // First, so that no reader that is busy now is kept when it comes back.
        self.note(Some(Trouble::Failed));
        connect::give_up(writer);
        self.give_readers_up();
    }

    fn give_readers_up(&self) {
        for reader in lock(&self.0.readers).drain(..) {
            connect::give_up(reader);
        }
    }

    /// Opens the writing connection, late or anew. Nobody reads meanwhile: as long as one connection is open, SQLite goes by
    /// its index of the log and does not look whether the log still holds what is listed there.
    pub(crate) fn reopen_writer(&self) -> Result<Connection, StoreError> {
        let _alone = self.0.gate.close(PATIENCE).ok_or(StoreError::Busy)?;
        self.give_readers_up();
        self.open_writer()
            .inspect_err(|error| self.note(Trouble::of(error)))
    }

    pub(super) fn note(&self, trouble: Option<Trouble>) {
        if trouble == Some(Trouble::Failed) {
            self.0.failing.store(true, Ordering::SeqCst);
        }
    }

    fn inside<T, E: From<StoreError>>(
        &self,
        conn: &Connection,
        work: &mut impl FnMut(&Tx<'_>) -> Result<T, E>,
    ) -> End<T, E> {
        let given_up = |error: StoreError| {
            let trouble = Trouble::of(&error);
            End::GivenUp(error.into(), trouble)
        };
        let transaction = match Transaction::new_unchecked(conn, TransactionBehavior::Immediate) {
            Ok(transaction) => transaction,
            Err(error) => return given_up(error.into()),
        };
        let tx = Tx::new(&transaction, &self.0.env);
        let value = match work(&tx) {
            Ok(value) => value,
            Err(error) => return End::GivenUp(error, tx.trouble()),
        };
        let info = match tx.finish() {
            Ok(info) => info,
            Err(error) => return given_up(error),
        };
        let last_op = tx.last_op();
        match transaction.commit().map_err(StoreError::from) {
            Ok(()) => End::Committed(value, info),
            Err(error @ StoreError::DiskFailed(_)) => match last_op {
                Some(last_op) => End::Unsure {
                    value,
                    info,
                    error,
                    last_op,
                },
                None => given_up(error),
            },
            Err(error) => given_up(error),
        }
    }

    /// Opens the file anew after a COMMIT that failed, and makes sure that the operation is in it and on the disk. If it
    /// is, the person must hear "done", or would do it twice.
    fn verify(&self, op_id: OpId) -> Result<Connection, StoreError> {
        let conn = self.reopen_writer()?;
        let there: bool = conn
            .prepare_cached(include_str!("../../queries/has_op.sql"))?
            .query_row(named_params! { ":op_id": op_id.to_string() }, |row| {
                row.get("there")
            })?;
        if !there {
            return Err(StoreError::DiskFailed("the commit was lost".to_owned()));
        }
        // Every frame so far is synced before anything is copied. The log is started over, not cut: of a cut that the power
        // stops half way the rest would go over newer pages.
        let busy: i64 = conn.query_row(
            include_str!("../../queries/checkpoint_database.sql"),
            [],
            |row| row.get("busy"),
        )?;
        if busy == 0 {
            Ok(conn)
        } else {
            Err(StoreError::Busy)
        }
    }

    /// Does one operation now.
    ///
    /// # Errors
    /// When the operation's amounts do not hold or its row exists already (`exists_already`), or the store's own trouble.
    pub fn transact(&self, op: Op, by: Option<StaffId>) -> Result<OpId, StoreError> {
        let at = self.0.env.clock.now();
        self.transact_at(op, by, at)
    }

    /// Does one operation that happened at `at`.
    ///
    /// # Errors
    /// As [`Store::transact`].
    pub fn transact_at(&self, op: Op, by: Option<StaffId>, at: UnixMs) -> Result<OpId, StoreError> {
        self.write(|tx| tx.perform(&op, by, at))
    }

    /// Does one operation that `decide` makes from what it reads in the same transaction (the next sale number, the
    /// last stamp), and returns what it likes beside it. `decide` may run twice.
    ///
    /// # Errors
    /// What `decide` says (then nothing was written), else as [`Store::transact`].
    pub fn transact_with<T, E: From<StoreError>>(
        &self,
        mut decide: impl FnMut(&Tx<'_>) -> Result<(Op, Option<StaffId>, UnixMs, T), E>,
    ) -> Result<(OpId, T), E> {
        self.write(|tx| {
            let (op, by, at, value) = decide(tx)?;
            let op_id = tx.perform(&op, by, at)?;
            Ok((op_id, value))
        })
    }

    /// Does many operations, one COMMIT every 500; up to 500 are all or nothing.
    ///
    /// # Errors
    /// As [`Store::transact`]; commits before the failing one stand.
    pub fn transact_many(
        &self,
        ops: Vec<(Op, Option<StaffId>, UnixMs)>,
    ) -> Result<Vec<OpId>, StoreError> {
        let mut done = Vec::with_capacity(ops.len());
        for chunk in ops.chunks(CHUNK_OPS) {
            done.extend(self.write(|tx| {
                chunk
                    .iter()
                    .map(|(op, by, at)| tx.perform(op, *by, *at))
                    .collect::<Result<Vec<_>, StoreError>>()
            })?);
        }
        Ok(done)
    }
}
