//! The store: one writer, a few readers, and who is told after a commit.

mod disk;
mod door;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use rusqlite::{Connection, OptionalExtension as _};

use crate::ballast;
use crate::connect;
use crate::env::StoreEnv;
use crate::error::StoreError;
use crate::function::SharedZone;
use crate::gate::Gate;
use crate::salvage;
use crate::turn::{Share, Turns};

pub use disk::DiskState;
pub(crate) use door::Slice;

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
    // Before the writer: the last one to close copies the log back, and only the writer knows that the log is sound.
    readers: Mutex<Vec<Connection>>,
    /// Absent until the first write to a large file, and after the disk failed until the next use: it verifies the file.
    writer: Mutex<Option<Connection>>,
    /// Who gets the writer next.
    turns: Turns,
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
        connect::begin_anew_if_blank(path, &env)?;
        let store = match Self::open_to_read(path, &env)? {
            Some(store) => store,
            None => Self::open_bare(path, env)?,
        };
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
        Self::over(path, env, zone, (Some(conn), Vec::new()), owes_examination)
    }

    /// Opens a large file that needs nothing done to it: who looks at it need not wait for the writing connection, which
    /// comes with the first write. None for any other file.
    fn open_to_read(path: &Path, env: &StoreEnv) -> Result<Option<Self>, StoreError> {
        let zone = SharedZone::utc();
        let owes_examination = connect::owes_examination(path, env);
        let Some(reader) = connect::reader_of_ready(path, env, &zone)? else {
            return Ok(None);
        };
        let conns = (None, vec![reader]);
        Self::over(path, env.clone(), zone, conns, owes_examination).map(Some)
    }

    fn over(
        path: &Path,
        env: StoreEnv,
        zone: SharedZone,
        (writer, readers): (Option<Connection>, Vec<Connection>),
        owes_examination: bool,
    ) -> Result<Self, StoreError> {
        let store = Self(Arc::new(Inner {
            path: path.to_owned(),
            env,
            zone,
            readers: Mutex::new(readers),
            writer: Mutex::new(writer),
            turns: Turns::default(),
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
        lock(&self.0.readers).clear();
        *writer = None;
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

    /// What the sync may do in the transaction at hand: so many rows, unless somebody waits before.
    pub(crate) fn share(&self, rows_max: usize) -> Share<'_> {
        Share::of(&self.0.turns, rows_max)
    }

    pub(crate) fn open_writer(&self) -> Result<Connection, StoreError> {
        connect::writer(&self.0.path, &self.0.env, &self.0.zone)
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
                .prepare_cached(include_str!("../../queries/find_time_zone.sql"))?
                .query_row([], |row| row.get::<_, Option<String>>("time_zone"))
                .optional()?
                .flatten())
        })?;
        if let Some(name) = name {
            self.0.zone.set(&name);
        }
        Ok(())
    }
}
