//! The disk as SQLite sees it: a VFS whose files lie in memory and which fails as it is told.

use std::io;
use std::path::Path;
use std::ptr::NonNull;

use counterfoil_store::Files;
use sqlite_plugin::flags::{
    AccessFlags, CreateMode, LockLevel, OpenKind, OpenMode, OpenOpts, ShmLockMode,
};
use sqlite_plugin::vars;
use sqlite_plugin::vfs::{Vfs, VfsHandle, VfsResult};

use super::machine::{Disk, Machine, Node, Planted};

/// An open file.
pub struct Handle {
    id: u64,
    node: usize,
    generation: u64,
    temporary: bool,
    wal: bool,
    /// Its first sync makes the names in the folder durable, as SQLite asks the system for new journals.
    syncs_folder: bool,
}

impl VfsHandle for Handle {
    fn readonly(&self) -> bool {
        false
    }

    fn in_memory(&self) -> bool {
        false
    }
}

/// The node of a handle that is alive.
fn node<'a>(machine: &'a mut Machine, handle: &Handle) -> VfsResult<&'a mut Node> {
    alive(machine, handle)?;
    Ok(&mut machine.nodes[handle.node])
}

fn alive(machine: &Machine, handle: &Handle) -> VfsResult<()> {
    if machine.is_on() && machine.generation == handle.generation {
        Ok(())
    } else {
        Err(vars::SQLITE_IOERR)
    }
}

fn powered(machine: &Machine) -> VfsResult<()> {
    if machine.is_on() {
        Ok(())
    } else {
        Err(vars::SQLITE_IOERR)
    }
}

/// What a change that the power cut interrupted comes back as.
fn unless_cut<T>(machine: &Machine, value: T) -> VfsResult<T> {
    powered(machine).map(|()| value)
}

impl Files for Disk {
    fn length(&self, path: &Path) -> Option<u64> {
        let machine = self.machine();
        let node = *machine.names.get(path.to_str()?)?;
        u64::try_from(machine.nodes[node].file.seen().len()).ok()
    }

    fn rewrite(&self, path: &Path) -> io::Result<()> {
        let mut machine = self.machine();
        let gone = || io::Error::from(io::ErrorKind::NotFound);
        let node = path.to_str().and_then(|path| machine.names.get(path));
        let node = *node.ok_or_else(gone)?;
        let failed = |_| io::Error::other("the disk failed");
        powered(&machine).map_err(failed)?;
        if machine.read_fails() {
            return Err(io::Error::other("the disk failed"));
        }
        let seen = machine.nodes[node].file.seen().to_vec();
        machine.nodes[node].file.write(0, &seen);
        machine.change();
        powered(&machine).map_err(failed)?;
        self.sync_node(&mut machine, node, true).map_err(failed)
    }

    fn empty_if_blank(&self, path: &Path, bytes_max: u64) -> io::Result<()> {
        let mut machine = self.machine();
        let Some(node) = path.to_str().and_then(|p| machine.names.get(p).copied()) else {
            return Ok(());
        };
        let failed = |_| io::Error::other("the disk failed");
        powered(&machine).map_err(failed)?;
        let file = &mut machine.nodes[node].file;
        let seen = file.seen();
        if !seen.is_empty() && seen.len() as u64 <= bytes_max && seen.iter().all(|byte| *byte == 0)
        {
            file.truncate(0);
            machine.change();
            powered(&machine).map_err(failed)?;
        }
        Ok(())
    }
}

impl Disk {
    /// Brings a file to the platter, unless this disk or this moment has other plans.
    fn sync_node(&self, machine: &mut Machine, node: usize, wal: bool) -> VfsResult<()> {
        machine.change();
        powered(machine)?;
        match machine.planted {
            Some(Planted::LyingDisk) => return Ok(()),
            Some(Planted::Normal) if wal => {
                machine.delay_sync(node);
                return Ok(());
            }
            _ => {}
        }
        if machine.sync_fails(node) {
            return Err(vars::SQLITE_IOERR_FSYNC);
        }
        machine.nodes[node].file.sync();
        Ok(())
    }
}

impl Vfs for Disk {
    type Handle = Handle;

    fn open(&self, path: Option<&str>, opts: OpenOpts) -> VfsResult<Handle> {
        let mut machine = self.machine();
        powered(&machine)?;
        machine.opened += 1;
        let id = machine.opened;
        let path = path.map_or_else(|| format!("temporary-{id}"), str::to_owned);
        let creates = matches!(
            opts.mode(),
            OpenMode::ReadWrite {
                create: CreateMode::Create | CreateMode::MustCreate
            }
        );
        let node = match machine.names.get(&path) {
            Some(node) => *node,
            None if creates => {
                machine.nodes.push(Node::default());
                let node = machine.nodes.len() - 1;
                machine.names.insert(path, node);
                node
            }
            None => return Err(vars::SQLITE_CANTOPEN),
        };
        let kind = opts.kind();
        Ok(Handle {
            id,
            node,
            generation: machine.generation,
            temporary: opts.delete_on_close() || kind.is_temp(),
            wal: kind == OpenKind::Wal,
            syncs_folder: creates
                && matches!(
                    kind,
                    OpenKind::Wal | OpenKind::MainJournal | OpenKind::SuperJournal
                ),
        })
    }

    fn delete(&self, path: &str) -> VfsResult<()> {
        let mut machine = self.machine();
        powered(&machine)?;
        machine.change();
        if machine.names.remove(path).is_none() {
            return Err(vars::SQLITE_IOERR_DELETE_NOENT);
        }
        unless_cut(&machine, ())
    }

    fn access(&self, path: &str, _flags: AccessFlags) -> VfsResult<bool> {
        let machine = self.machine();
        powered(&machine)?;
        Ok(machine.names.contains_key(path))
    }

    fn file_size(&self, handle: &mut Handle) -> VfsResult<usize> {
        Ok(node(&mut self.machine(), handle)?.file.seen().len())
    }

    fn truncate(&self, handle: &mut Handle, size: usize) -> VfsResult<()> {
        let mut machine = self.machine();
        node(&mut machine, handle)?.file.truncate(size);
        machine.change();
        unless_cut(&machine, ())
    }

    fn write(&self, handle: &mut Handle, offset: usize, data: &[u8]) -> VfsResult<usize> {
        let mut machine = self.machine();
        alive(&machine, handle)?;
        if !handle.wal {
            machine.settle_delayed();
        }
        let grows =
            (offset + data.len()).saturating_sub(machine.nodes[handle.node].file.seen().len());
        let fits = machine.fitting(grows);
        let data_fits = &data[..data.len() - (grows - fits)];
        if !data_fits.is_empty() {
            machine.nodes[handle.node].file.write(offset, data_fits);
        }
        machine.change();
        powered(&machine)?;
        if fits < grows {
            machine.faults_met += 1;
            return Err(vars::SQLITE_FULL);
        }
        Ok(data.len())
    }

    fn read(&self, handle: &mut Handle, offset: usize, data: &mut [u8]) -> VfsResult<usize> {
        let mut machine = self.machine();
        alive(&machine, handle)?;
        if machine.read_fails() {
            return Err(vars::SQLITE_IOERR_READ);
        }
        let seen = machine.nodes[handle.node].file.seen();
        let from = seen.get(offset..).unwrap_or_default();
        let length = from.len().min(data.len());
        data[..length].copy_from_slice(&from[..length]);
        Ok(length)
    }

    fn lock(&self, handle: &mut Handle, level: LockLevel) -> VfsResult<()> {
        let mut machine = self.machine();
        let node = node(&mut machine, handle)?;
        let highest = node
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
        node.locks.insert(handle.id, level);
        Ok(())
    }

    fn unlock(&self, handle: &mut Handle, level: LockLevel) -> VfsResult<()> {
        if let Ok(node) = node(&mut self.machine(), handle) {
            node.locks.insert(handle.id, level);
        }
        Ok(())
    }

    fn check_reserved_lock(&self, handle: &mut Handle) -> VfsResult<bool> {
        let mut machine = self.machine();
        let mut held = node(&mut machine, handle)?.locks.values();
        Ok(held.any(|level| *level >= LockLevel::Reserved))
    }

    fn sync(&self, handle: &mut Handle) -> VfsResult<()> {
        let mut machine = self.machine();
        alive(&machine, handle)?;
        self.sync_node(&mut machine, handle.node, handle.wal)?;
        if std::mem::take(&mut handle.syncs_folder) {
            machine.sync_folder();
        }
        Ok(())
    }

    fn close(&self, handle: Handle) -> VfsResult<()> {
        let mut machine = self.machine();
        if machine.generation != handle.generation {
            return Ok(());
        }
        if handle.temporary {
            machine.names.retain(|_, node| *node != handle.node);
        }
        let node = &mut machine.nodes[handle.node];
        node.locks.remove(&handle.id);
        node.slots.retain(|(id, _), _| *id != handle.id);
        Ok(())
    }

    fn sector_size(&self, _handle: &mut Handle) -> VfsResult<i32> {
        Ok(self.machine().nature.sector_bytes)
    }

    /// What Linux and Windows let SQLite assume, and nothing more.
    fn device_characteristics(&self, _handle: &mut Handle) -> VfsResult<i32> {
        Ok(vars::SQLITE_IOCAP_POWERSAFE_OVERWRITE)
    }

    fn shm_map(
        &self,
        handle: &mut Handle,
        region_idx: usize,
        region_size: usize,
        extend: bool,
    ) -> VfsResult<Option<NonNull<u8>>> {
        let mut machine = self.machine();
        let node = node(&mut machine, handle)?;
        node.mapped.insert(handle.id);
        if region_idx >= node.shm.len() && !extend {
            return Ok(None);
        }
        while node.shm.len() <= region_idx {
            node.shm.push(vec![0; region_size / 8].into());
        }
        Ok(NonNull::new(node.shm[region_idx].as_mut_ptr().cast()))
    }

    fn shm_lock(
        &self,
        handle: &mut Handle,
        offset: u32,
        count: u32,
        mode: ShmLockMode,
    ) -> VfsResult<()> {
        let mut machine = self.machine();
        if machine.generation != handle.generation {
            return Err(vars::SQLITE_IOERR);
        }
        let slots = &mut machine.nodes[handle.node].slots;
        for slot in offset..offset + count {
            let taken = |alone_only: bool| {
                slots.iter().any(|((id, held), alone)| {
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
                ShmLockMode::LockShared => slots.insert((handle.id, slot), false),
                ShmLockMode::LockExclusive => slots.insert((handle.id, slot), true),
                ShmLockMode::UnlockShared | ShmLockMode::UnlockExclusive => {
                    slots.remove(&(handle.id, slot))
                }
            };
        }
        Ok(())
    }

    fn shm_unmap(&self, handle: &mut Handle, delete: bool) -> VfsResult<()> {
        let mut machine = self.machine();
        if machine.generation == handle.generation {
            let node = &mut machine.nodes[handle.node];
            node.slots.retain(|(id, _), _| *id != handle.id);
            node.mapped.remove(&handle.id);
            if delete || node.mapped.is_empty() {
                machine.bury_shm(handle.node);
            }
        }
        Ok(())
    }
}
