//! A disk in memory that can be full, fail to sync, and lose what was not synced.

use std::collections::{BTreeSet, HashMap};
use std::ffi::CString;
use std::path::Path;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use counterfoil_store::Files;
use counterfoil_testkit::SeededEntropy;
use sqlite_plugin::flags::{AccessFlags, LockLevel, OpenOpts, ShmLockMode};
use sqlite_plugin::vars;
use sqlite_plugin::vfs::{RegisterOpts, Vfs, VfsHandle, VfsResult, register_static};

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

pub struct Handle {
    id: u64,
    path: String,
    generation: u64,
    temporary: bool,
}

impl VfsHandle for Handle {
    fn readonly(&self) -> bool {
        false
    }

    fn in_memory(&self) -> bool {
        false
    }
}

impl Vfs for Disk {
    type Handle = Handle;

    fn open(&self, path: Option<&str>, opts: OpenOpts) -> VfsResult<Handle> {
        let mut state = self.state();
        state.opened += 1;
        let path = match path {
            Some(path) => path.to_owned(),
            None => format!("temporary-{}", state.opened),
        };
        state.files.entry(path.clone()).or_default();
        Ok(Handle {
            id: state.opened,
            path,
            generation: state.generation,
            temporary: opts.delete_on_close(),
        })
    }

    fn delete(&self, path: &str) -> VfsResult<()> {
        let mut state = self.state();
        match state.files.remove(path) {
            Some(mut file) => {
                state.graveyard.append(&mut file.shm);
                Ok(())
            }
            None => Err(vars::SQLITE_IOERR_DELETE_NOENT),
        }
    }

    fn access(&self, path: &str, _flags: AccessFlags) -> VfsResult<bool> {
        Ok(self.state().files.contains_key(path))
    }

    fn file_size(&self, handle: &mut Handle) -> VfsResult<usize> {
        let state = self.state();
        state.alive(handle)?;
        Ok(state.files.get(&handle.path).map_or(0, |f| f.seen.len()))
    }

    fn truncate(&self, handle: &mut Handle, size: usize) -> VfsResult<()> {
        let mut state = self.state();
        state.alive(handle)?;
        let file = state.files.entry(handle.path.clone()).or_default();
        file.seen.resize(size, 0);
        Ok(())
    }

    fn write(&self, handle: &mut Handle, offset: usize, data: &[u8]) -> VfsResult<usize> {
        let mut state = self.state();
        state.alive(handle)?;
        if let Some(left) = &mut state.writes_left {
            *left -= 1;
        }
        let end = offset + data.len();
        let now = state.files.get(&handle.path).map_or(0, |f| f.seen.len());
        let grows = end.saturating_sub(now);
        if state
            .room
            .is_some_and(|room| grows > 0 && state.used() + grows > room)
        {
            return Err(vars::SQLITE_FULL);
        }
        let file = state.files.entry(handle.path.clone()).or_default();
        file.write(offset, data);
        Ok(data.len())
    }

    fn read(&self, handle: &mut Handle, offset: usize, data: &mut [u8]) -> VfsResult<usize> {
        let state = self.state();
        state.alive(handle)?;
        let seen = state.files.get(&handle.path).map_or(&[][..], |f| &f.seen);
        let from = seen.get(offset..).unwrap_or_default();
        let length = from.len().min(data.len());
        data[..length].copy_from_slice(&from[..length]);
        Ok(length)
    }

    fn lock(&self, handle: &mut Handle, level: LockLevel) -> VfsResult<()> {
        let mut state = self.state();
        state.alive(handle)?;
        let file = state.files.entry(handle.path.clone()).or_default();
        let highest = file
            .locks
            .iter()
            .filter(|(id, _)| **id != handle.id)
            .map(|(_, held)| *held)
            .max()
            .unwrap_or(LockLevel::Unlocked);
        let free = match level {
            LockLevel::Unlocked | LockLevel::Shared => highest < LockLevel::Pending,
            LockLevel::Reserved | LockLevel::Pending => highest < LockLevel::Reserved,
            LockLevel::Exclusive => highest == LockLevel::Unlocked,
        };
        if !free {
            return Err(vars::SQLITE_BUSY);
        }
        file.locks.insert(handle.id, level);
        Ok(())
    }

    fn unlock(&self, handle: &mut Handle, level: LockLevel) -> VfsResult<()> {
        let mut state = self.state();
        if state.generation == handle.generation
            && let Some(file) = state.files.get_mut(&handle.path)
        {
            file.locks.insert(handle.id, level);
        }
        Ok(())
    }

    fn check_reserved_lock(&self, handle: &mut Handle) -> VfsResult<bool> {
        let state = self.state();
        Ok(state.files.get(&handle.path).is_some_and(|file| {
            file.locks
                .values()
                .any(|level| *level >= LockLevel::Reserved)
        }))
    }

    fn sync(&self, handle: &mut Handle) -> VfsResult<()> {
        let mut state = self.state();
        state.alive(handle)?;
        state.sync(&handle.path)
    }

    fn close(&self, handle: Handle) -> VfsResult<()> {
        let mut state = self.state();
        if handle.temporary {
            state.files.remove(&handle.path);
        } else if let Some(file) = state.files.get_mut(&handle.path) {
            file.locks.remove(&handle.id);
            file.slots.retain(|(id, _), _| *id != handle.id);
        }
        Ok(())
    }

    fn sector_size(&self, _handle: &mut Handle) -> VfsResult<i32> {
        Ok(i32::try_from(SECTOR).unwrap())
    }

    /// No promises.
    fn device_characteristics(&self, _handle: &mut Handle) -> VfsResult<i32> {
        Ok(0)
    }

    fn shm_map(
        &self,
        handle: &mut Handle,
        region_idx: usize,
        region_size: usize,
        extend: bool,
    ) -> VfsResult<Option<NonNull<u8>>> {
        let mut state = self.state();
        state.alive(handle)?;
        let file = state.files.entry(handle.path.clone()).or_default();
        file.mapped.insert(handle.id);
        if region_idx >= file.shm.len() && !extend {
            return Ok(None);
        }
        while file.shm.len() <= region_idx {
            file.shm.push(vec![0; region_size / 8].into());
        }
        Ok(NonNull::new(file.shm[region_idx].as_mut_ptr().cast()))
    }

    fn shm_lock(
        &self,
        handle: &mut Handle,
        offset: u32,
        count: u32,
        mode: ShmLockMode,
    ) -> VfsResult<()> {
        let mut state = self.state();
        if state.generation != handle.generation {
            return Err(vars::SQLITE_IOERR);
        }
        let file = state.files.entry(handle.path.clone()).or_default();
        for slot in offset..offset + count {
            let taken = |alone_only: bool| {
                file.slots.iter().any(|((id, held), alone)| {
                    *id != handle.id && *held == slot && (*alone || !alone_only)
                })
            };
            match mode {
                ShmLockMode::LockShared if taken(true) => return Err(vars::SQLITE_BUSY),
                ShmLockMode::LockExclusive if taken(false) => return Err(vars::SQLITE_BUSY),
                _ => {}
            }
        }
        for slot in offset..offset + count {
            match mode {
                ShmLockMode::LockShared => file.slots.insert((handle.id, slot), false),
                ShmLockMode::LockExclusive => file.slots.insert((handle.id, slot), true),
                ShmLockMode::UnlockShared | ShmLockMode::UnlockExclusive => {
                    file.slots.remove(&(handle.id, slot))
                }
            };
        }
        Ok(())
    }

    fn shm_unmap(&self, handle: &mut Handle, delete: bool) -> VfsResult<()> {
        let mut state = self.state();
        let State {
            files,
            graveyard,
            generation,
            ..
        } = &mut *state;
        if let Some(file) = files.get_mut(&handle.path) {
            file.slots.retain(|(id, _), _| *id != handle.id);
            file.mapped.remove(&handle.id);
            // A handle from before the cut must not take the new life's memory away.
            if (delete || file.mapped.is_empty()) && *generation == handle.generation {
                graveyard.append(&mut file.shm);
            }
        }
        Ok(())
    }
}
