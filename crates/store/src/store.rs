//! The store: one writer, a few readers, and who is told after a commit.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use counterfoil_domain::{Op, OpId, StaffId, UnixMs};
use rusqlite::{
    Connection, OptionalExtension as _, Transaction, TransactionBehavior, named_params,
};

use crate::ballast;
use crate::connect;
use crate::env::StoreEnv;
use crate::error::StoreError;
use crate::function::SharedZone;
use crate::gate::{Gate, PATIENCE};
use crate::meta;
use crate::salvage;
use crate::tx::{Trouble, Tx};

/// Operations in one COMMIT of [`Store::transact_many`].
const CHUNK_OPS: usize = 500;
const READERS_MAX: usize = 4;

/// Every area that a commit can change.
pub(crate) const AREAS: [&str; 7] = [
    "catalogue",
    "customers",
    "sales",
    "visits",
    "shop",
    "conflicts",
    "outbox",
];

/// What a commit changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitInfo {
    /// Areas, each once: `catalogue`, `customers`, `sales`, `visits`, `shop`, `conflicts`, `outbox`.
    pub areas: Vec<&'static str>,
    /// Whether a person did something here, so that there is something to send.
    pub local_write: bool,
}

type Hook = Box<dyn Fn(&CommitInfo) + Send + Sync>;

struct Inner {
    path: PathBuf,
    env: StoreEnv,
    zone: SharedZone,
    /// Absent after the disk failed, until the next use opens and verifies the file anew.
    writer: Mutex<Option<Connection>>,
    readers: Mutex<Vec<Connection>>,
    /// Closed while another file takes the database's place.
    gate: Gate,
    hooks: RwLock<Vec<Hook>>,
    /// A large file that ended uncleanly was opened without reading every page.
    owes_examination: AtomicBool,
    /// Set once the file is to be put together anew: nothing may touch it any more.
    retired: AtomicBool,
    /// Set while the last write failed on the disk.
    failing: AtomicBool,
}

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

/// The till's database. Clones share it.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Store").field(&self.0.path).finish()
    }
}

/// A panic elsewhere does not make the database unusable: its transaction was rolled back.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Says when the connection's next commits are on the disk.
fn promise(conn: &Connection, durable: Durable) -> Result<(), StoreError> {
    Ok(conn.pragma_update(None, "synchronous", durable.pragma())?)
}

enum Attempt<E> {
    /// The disk is full; giving up the ballast may help.
    Full(E),
    Other(E),
}

/// When a commit is on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Durable {
    /// Before anybody hears of it: what a person did.
    AtOnce,
    /// With the next commit of the first kind, or the next tidying: what the hub says, and would say again. The log is
    /// written in order, so that nothing later can be on the disk without it.
    Later,
}

impl Durable {
    const fn pragma(self) -> &'static str {
        match self {
            Self::AtOnce => "FULL",
            Self::Later => "NORMAL",
        }
    }
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
    /// Opens the database, making or migrating it where needed.
    ///
    /// # Errors
    /// `database_damaged`, `database_newer` (then nothing was touched), `disk_full`, `disk_failed`, `busy`.
    pub fn open(path: &Path, env: StoreEnv) -> Result<Self, StoreError> {
        let own_files = env.vfs.is_none();
        if own_files {
            salvage::finish_swap(path)?;
            if salvage::is_emptied(path) {
                return Err(StoreError::Damaged("the file is empty".to_owned()));
            }
            if salvage::log_is_broken(path) {
                return Err(StoreError::Damaged(
                    "the write-ahead log is broken in the middle".to_owned(),
                ));
            }
        }
        let store = Self::open_bare(path, env)?;
        if own_files {
            ballast::ensure(path);
        }
        store.part_from_original()?;
        Ok(store)
    }

    /// Opens a file without looking at what may lie around it.
    pub(crate) fn open_bare(path: &Path, env: StoreEnv) -> Result<Self, StoreError> {
        let zone = SharedZone::utc();
        let owes_examination = connect::owes_examination(path, &env);
        let conn = connect::writer(path, &env, &zone)?;
        let store = Self(Arc::new(Inner {
            path: path.to_owned(),
            env,
            zone,
            writer: Mutex::new(Some(conn)),
            readers: Mutex::new(Vec::new()),
            gate: Gate::default(),
            hooks: RwLock::new(Vec::new()),
            owes_examination: AtomicBool::new(owes_examination),
            retired: AtomicBool::new(false),
            failing: AtomicBool::new(false),
        }));
        store.refresh_zone()?;
        Ok(store)
    }

    /// Lets go of the file for good, for this and every clone: a salvage is about to replace it.
    pub fn retire(&self) {
        // Whoever writes at the moment finishes first.
        let mut writer = lock(&self.0.writer);
        self.0.retired.store(true, Ordering::SeqCst);
        *writer = None;
        lock(&self.0.readers).clear();
    }

    pub(crate) fn in_use(&self) -> Result<(), StoreError> {
        if self.0.retired.load(Ordering::SeqCst) {
            return Err(StoreError::Busy);
        }
        Ok(())
    }

    /// Closes the file so that everything is in it and nothing beside it.
    pub(crate) fn close_whole(self) -> Result<(), StoreError> {
        lock(&self.0.readers).clear();
        let Some(conn) = lock(&self.0.writer).take() else {
            return Ok(());
        };
        conn.pragma_update(None, "journal_mode", "DELETE")?;
        conn.close().map_err(|(_, error)| error.into())
    }

    /// Where the database lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    pub(crate) fn env(&self) -> &StoreEnv {
        &self.0.env
    }

    pub(crate) fn writer(&self) -> &Mutex<Option<Connection>> {
        &self.0.writer
    }

    pub(crate) fn readers(&self) -> &Mutex<Vec<Connection>> {
        &self.0.readers
    }

    pub(crate) fn gate(&self) -> &Gate {
        &self.0.gate
    }

    pub(crate) fn open_writer(&self) -> Result<Connection, StoreError> {
        connect::writer(&self.0.path, &self.0.env, &self.0.zone)
    }

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

    /// Calls `hook` after every commit that changed something, on the thread that committed and outside all locks.
    /// A hook that holds the store keeps it alive.
    pub fn on_commit(&self, hook: Hook) {
        self.0
            .hooks
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .push(hook);
    }

    /// Reads in one consistent snapshot.
    ///
    /// # Errors
    /// What `work` says, or the store's own trouble.
    pub fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.borrow_reader(|conn| {
            let snapshot = conn.unchecked_transaction()?;
            work(&snapshot)
        })
    }

    fn borrow_reader<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.in_use()?;
        let _inside = self.0.gate.enter();
        let idle = lock(&self.0.readers).pop();
        let conn = match idle {
            Some(conn) => conn,
            None => connect::reader(&self.0.path, self.0.env.vfs.as_deref(), &self.0.zone)?,
        };
        let outcome = work(&conn);
        let failed = matches!(outcome, Err(StoreError::DiskFailed(_)));
        if failed || self.0.failing.load(Ordering::SeqCst) {
            connect::give_up(conn);
        } else {
            let mut readers = lock(&self.0.readers);
            if readers.len() < READERS_MAX {
                readers.push(conn);
            }
        }
        outcome
    }

    /// The one door for writes: everything `work` does through [`Tx`] is committed together, or nothing is. When the
    /// disk is full the ballast is given up and `work` runs once more, hence `FnMut`.
    ///
    /// # Errors
    /// What `work` says (then nothing was written), or the store's own trouble.
    pub fn write<T, E: From<StoreError>>(
        &self,
        work: impl FnMut(&Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.write_so(Durable::AtOnce, work)
    }

    /// As [`Store::write`], for what the hub says and would say again: a power cut may take it back together with the
    /// cursor, and then it is asked for again. No operation of a person's may be done in it.
    pub(crate) fn write_what_the_hub_says<T>(
        &self,
        work: impl FnMut(&Tx<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.write_so(Durable::Later, work)
    }

    fn write_so<T, E: From<StoreError>>(
        &self,
        durable: Durable,
        mut work: impl FnMut(&Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let first = self.attempt(durable, &mut work);
        let may_free = self.0.env.vfs.is_none();
        match first {
            Ok(value) => Ok(value),
            Err(Attempt::Full(error)) if !(may_free && ballast::free(&self.0.path)) => Err(error),
            Err(Attempt::Full(_)) => {
                self.attempt(durable, &mut work)
                    .map_err(|second| match second {
                        Attempt::Full(error) | Attempt::Other(error) => error,
                    })
            }
            Err(Attempt::Other(error)) => Err(error),
        }
    }

    fn attempt<T, E: From<StoreError>>(
        &self,
        durable: Durable,
        work: &mut impl FnMut(&Tx<'_>) -> Result<T, E>,
    ) -> Result<T, Attempt<E>> {
        let own = |error: StoreError| match error {
            StoreError::DiskFull => Attempt::Full(E::from(error)),
            other => Attempt::Other(E::from(other)),
        };
        let mut guard = lock(&self.0.writer);
        self.in_use().map_err(own)?;
        let conn = match guard.take() {
            Some(conn) => conn,
            None => self.reopen_writer().map_err(own)?,
        };
        if durable == Durable::Later {
            promise(&conn, durable).map_err(own)?;
        }
        let end = self.inside(&conn, work);
        if durable == Durable::Later {
            // A connection that may not keep the promise any more is let go of.
            promise(&conn, Durable::AtOnce).map_err(own)?;
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
        match &end {
            End::Committed(..) => self.0.failing.store(false, Ordering::SeqCst),
            End::GivenUp(_, trouble) => self.note(*trouble),
            End::Unsure { .. } => self.note(Some(Trouble::Failed)),
        }
        match end {
            End::Committed(value, info) => {
                self.after_commit(&info);
                Ok(value)
            }
            End::GivenUp(error, Some(Trouble::Full)) => Err(Attempt::Full(error)),
            End::GivenUp(error, _) => Err(Attempt::Other(error)),
            End::Unsure { error, .. } => Err(Attempt::Other(error.into())),
        }
    }

    /// Lets go of every connection after the disk failed. What they believe of the log may not be on the disk.
    fn give_up(&self, writer: Connection) {
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

    /// Opens the writing connection anew. Nobody reads meanwhile: as long as one connection is open, SQLite goes by its
    /// index of the log and does not look whether the log still holds what is listed there.
    fn reopen_writer(&self) -> Result<Connection, StoreError> {
        let _alone = self.0.gate.close(PATIENCE).ok_or(StoreError::Busy)?;
        self.give_readers_up();
        self.open_writer()
            .inspect_err(|error| self.note(Trouble::of(error)))
    }

    fn note(&self, trouble: Option<Trouble>) {
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
            .prepare_cached(include_str!("../queries/has_op.sql"))?
            .query_row(named_params! { ":op_id": op_id.to_string() }, |row| {
                row.get("there")
            })?;
        if !there {
            return Err(StoreError::DiskFailed("the commit was lost".to_owned()));
        }
        // FULL: every frame so far is synced before anything is copied.
        let busy: i64 = conn.query_row(
            include_str!("../queries/checkpoint_database.sql"),
            [],
            |row| row.get("busy"),
        )?;
        if busy == 0 {
            Ok(conn)
        } else {
            Err(StoreError::Busy)
        }
    }

    /// Copies the log back into the database, so that it starts over and the commit at hand need not do it. Selling goes
    /// on meanwhile; call when nobody waits.
    ///
    /// # Errors
    /// The store's own trouble.
    pub fn tidy(&self) -> Result<(), StoreError> {
        let tidied = self.borrow_reader(|conn| {
            conn.query_row(include_str!("../queries/tidy_log.sql"), [], |_| Ok(()))?;
            Ok(())
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

    /// Reads every page of a large file whose last program did not end cleanly; nothing to do for any other. Opening it
    /// does not wait for this, selling goes on meanwhile: call once, behind the back of whoever opened it.
    ///
    /// # Errors
    /// `database_damaged`: nobody may go on with it. Else the store's own trouble.
    pub fn examine(&self) -> Result<(), StoreError> {
        if !self.0.owes_examination.load(Ordering::SeqCst) {
            return Ok(());
        }
        self.borrow_reader(connect::examine)?;
        self.0.owes_examination.store(false, Ordering::SeqCst);
        Ok(())
    }

    /// Another file has taken the database's place.
    pub(crate) fn everything_changed(&self) {
        self.after_commit(&CommitInfo {
            areas: AREAS.to_vec(),
            local_write: false,
        });
    }

    fn after_commit(&self, info: &CommitInfo) {
        if info.areas.is_empty() {
            return;
        }
        if info.areas.contains(&"shop")
            && let Err(error) = self.refresh_zone()
        {
            tracing::warn!(%error, "the shop's time zone cannot be read");
        }
        let hooks = self.0.hooks.read().unwrap_or_else(PoisonError::into_inner);
        for hook in hooks.iter() {
            hook(info);
        }
    }

    fn refresh_zone(&self) -> Result<(), StoreError> {
        let name = self.read(|conn| {
            Ok(conn
                .prepare_cached(include_str!("../queries/find_time_zone.sql"))?
                .query_row([], |row| row.get::<_, Option<String>>("time_zone"))
                .optional()?
                .flatten())
        })?;
        if let Some(name) = name {
            self.0.zone.set(&name);
        }
        Ok(())
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
