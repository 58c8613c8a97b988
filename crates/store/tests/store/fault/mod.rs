//! A disk in memory that can be full, fail to sync, and lose what was not synced.

mod vfs;

use std::collections::{BTreeSet, HashMap};
use std::ffi::CString;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use counterfoil_store::Files;
use counterfoil_testkit::SeededEntropy;
use sqlite_plugin::flags::LockLevel;
use sqlite_plugin::vars;
use sqlite_plugin::vfs::{RegisterOpts, VfsResult, register_static};

use vfs::Handle;

const SECTOR: usize = 512;
static DISKS: AtomicU64 = AtomicU64::new(0);

#[derive(Default)]
struct File {
    /// What programs see.
    seen: Vec<u8>,
    /// What a power cut leaves for certain.
    durable: Vec<u8>,
    /// Sectors that a failed sync left clean: programs see them, and no later sync writes them, as on Linux.
    dropped: BTreeSet<usize>,
    /// The WAL's shared memory; gone with the power.
    shm: Vec<Box<[u64]>>,
    /// Who looks at it; the first one after nobody did finds it empty.
    mapped: BTreeSet<u64>,
    /// Who holds which lock on the file.
    locks: HashMap<u64, LockLevel>,
    /// Who holds which slot of the shared memory, and whether alone.
    slots: HashMap<(u64, u32), bool>,
}

impl File {
    fn write(&mut self, offset: usize, data: &[u8]) {
        let end = offset + data.len();
        if end > self.seen.len() {
            self.seen.resize(end, 0);
        }
        self.seen[offset..end].copy_from_slice(data);
        for sector in offset / SECTOR..end.div_ceil(SECTOR) {
            self.dropped.remove(&sector);
        }
    }

    /// Brings every sector to the disk but those that a failed sync dropped.
    fn sync(&mut self) {
        self.durable.resize(self.seen.len(), 0);
        for sector in 0..self.seen.len().div_ceil(SECTOR) {
            if !self.dropped.contains(&sector) {
                let start = sector * SECTOR;
                let end = (start + SECTOR).min(self.seen.len());
                self.durable[start..end].copy_from_slice(&self.seen[start..end]);
            }
        }
    }

    /// The system gives up what counts as clean, and reads it back from the disk.
    fn evict(&mut self) {
        for sector in std::mem::take(&mut self.dropped) {
            let start = sector * SECTOR;
            let end = (start + SECTOR).min(self.seen.len());
            for place in start..end {
                self.seen[place] = self.durable.get(place).copied().unwrap_or(0);
            }
        }
    }

    fn drop_unsynced(&mut self) {
        for sector in 0..self.seen.len().div_ceil(SECTOR) {
            let start = sector * SECTOR;
            let end = (start + SECTOR).min(self.seen.len());
            if self.durable.get(start..end) != Some(&self.seen[start..end]) {
                self.dropped.insert(sector);
            }
        }
    }
}

#[derive(Default)]
struct State {
    files: HashMap<String, File>,
    /// Handles from before a power cut are dead.
    generation: u64,
    /// Bytes that all files together may have.
    room: Option<usize>,
    /// How many of the next syncs fail.
    failing_syncs: u64,
    /// Writes until the power goes.
    writes_left: Option<u64>,
    opened: u64,
    /// Shared memory that was let go of; a connection may still look at it.
    graveyard: Vec<Box<[u64]>>,
}

impl State {
    fn used(&self) -> usize {
        self.files.values().map(|file| file.seen.len()).sum()
    }

    fn sync(&mut self, path: &str) -> VfsResult<()> {
        let (fails, last) = (self.failing_syncs > 0, self.failing_syncs == 1);
        self.failing_syncs = self.failing_syncs.saturating_sub(1);
        match self.files.get_mut(path) {
            Some(file) if fails => {
                file.drop_unsynced();
                if last {
                    file.evict();
                }
            }
            Some(file) => file.sync(),
            None => {}
        }
        if fails {
            return Err(vars::SQLITE_IOERR_FSYNC);
        }
        Ok(())
    }

    /// What every access asks first.
    fn alive(&self, handle: &Handle) -> VfsResult<()> {
        if self.generation == handle.generation && self.writes_left != Some(0) {
            Ok(())
        } else {
            Err(vars::SQLITE_IOERR)
        }
    }
}

/// The disk; clones share it.
#[derive(Clone)]
pub struct Disk {
    state: Arc<Mutex<State>>,
    pub name: String,
}

impl Disk {
    /// A disk that SQLite knows by `name`.
    pub fn new() -> Self {
        let name = format!("fault-{}", DISKS.fetch_add(1, Ordering::SeqCst));
        let disk = Self {
            state: Arc::default(),
            name,
        };
        let opts = RegisterOpts {
            make_default: false,
        };
        let c_name = CString::new(disk.name.clone()).unwrap();
        assert!(register_static(c_name, disk.clone(), opts).is_ok());
        disk
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// From now on only so many bytes more fit.
    pub fn leave_room(&self, bytes: Option<usize>) {
        let mut state = self.state();
        state.room = bytes.map(|b| state.used() + b);
    }

    pub fn fail_syncs(&self, fail: bool) {
        self.state().failing_syncs = if fail { u64::MAX } else { 0 };
    }

    /// The last of them also makes the system give up what it did not write: it is read back as it was.
    pub fn fail_next_syncs(&self, count: u64) {
        self.state().failing_syncs = count;
    }

    /// The power goes with the n-th write from now; everything fails from then on.
    pub fn cut_after_writes(&self, writes: u64) {
        self.state().writes_left = Some(writes);
    }

    /// How often a file was opened.
    pub fn opened(&self) -> u64 {
        self.state().opened
    }

    /// The program is ended at once; what the system knows stays.
    pub fn kill(&self) {
        let mut state = self.state();
        state.generation += 1;
        let State {
            files, graveyard, ..
        } = &mut *state;
        for file in files.values_mut() {
            graveyard.append(&mut file.shm);
            file.locks.clear();
            file.slots.clear();
            file.mapped.clear();
        }
    }

    /// The power comes back: each sector that was not synced is as it was or as it should have become, by chance.
    pub fn restart(&self, chance: &SeededEntropy) {
        let mut state = self.state();
        state.generation += 1;
        state.writes_left = None;
        let State {
            files, graveyard, ..
        } = &mut *state;
        for file in files.values_mut() {
            graveyard.append(&mut file.shm);
            file.locks.clear();
            file.slots.clear();
            file.mapped.clear();
            let dropped = std::mem::take(&mut file.dropped);
            let length = if chance.next_u64().is_multiple_of(2) {
                file.durable.len()
            } else {
                file.seen.len()
            };
            let mut left = file.durable.clone();
            left.resize(length, 0);
            for start in (0..length).step_by(SECTOR) {
                let end = (start + SECTOR).min(length).min(file.seen.len());
                let unsynced = !dropped.contains(&(start / SECTOR));
                if unsynced && chance.next_u64().is_multiple_of(2) && start < end {
                    left[start..end].copy_from_slice(&file.seen[start..end]);
                }
            }
            file.seen.clone_from(&left);
            file.durable = left;
        }
    }
}

impl Files for Disk {
    fn length(&self, path: &Path) -> Option<u64> {
        let state = self.state();
        let file = state.files.get(path.to_str()?)?;
        u64::try_from(file.seen.len()).ok()
    }

    fn rewrite(&self, path: &Path) -> std::io::Result<()> {
        let mut state = self.state();
        let path = path.to_str().unwrap();
        if let Some(file) = state.files.get_mut(path) {
            let seen = file.seen.clone();
            file.write(0, &seen);
        }
        state
            .sync(path)
            .map_err(|_| std::io::Error::other("the sync failed"))?;
        Ok(())
    }

    fn empty_if_blank(&self, path: &Path, bytes_max: u64) -> std::io::Result<()> {
        let mut state = self.state();
        if let Some(file) = path.to_str().and_then(|p| state.files.get_mut(p))
            && file.seen.len() as u64 <= bytes_max
            && file.seen.iter().all(|byte| *byte == 0)
        {
            file.seen.clear();
        }
        Ok(())
    }
}
