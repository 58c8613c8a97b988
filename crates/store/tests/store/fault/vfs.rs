//! What SQLite asks of the disk.

use std::ptr::NonNull;

use sqlite_plugin::flags::{AccessFlags, LockLevel, OpenOpts, ShmLockMode};
use sqlite_plugin::vars;
use sqlite_plugin::vfs::{Vfs, VfsHandle, VfsResult};

use super::{Disk, SECTOR, State};

pub struct Handle {
    id: u64,
    path: String,
    pub(super) generation: u64,
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
