//! The machine around the disk: its power, its faults, and the names in its one folder.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::CString;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use counterfoil_testkit::SeededEntropy;
use sqlite_plugin::flags::LockLevel;
use sqlite_plugin::vfs::{RegisterOpts, register_static};

use super::file::{AfterFailedSync, File, SECTOR};

/// Bytes that SQLite reads and a system keeps at a time.
const PAGE_BYTES: i32 = 4096;

/// A known mistake of the disk, to see whether the lane notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Planted {
    /// The write-ahead log is synced before a checkpoint only, as with `synchronous=NORMAL`.
    Normal,
    /// Syncs succeed at once and do nothing.
    LyingDisk,
    /// New names in the folder never become durable.
    LyingFolder,
}

/// What kind of disk it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nature {
    /// What it says its sectors are.
    pub sector_bytes: i32,
    /// Whether it may stop within a sector.
    pub tears: bool,
    /// What a failed sync leaves.
    pub after_failed_sync: AfterFailedSync,
}

impl Nature {
    /// A disk by chance.
    pub fn random(chance: &SeededEntropy) -> Self {
        let bits = chance.next_u64();
        Self {
            sector_bytes: if bits & 1 == 0 {
                i32::try_from(SECTOR).unwrap_or(PAGE_BYTES)
            } else {
                PAGE_BYTES
            },
            tears: bits & 2 == 0,
            after_failed_sync: if bits & 8 == 0 {
                AfterFailedSync::Kept
            } else {
                AfterFailedSync::Dropped
            },
        }
    }
}

/// What goes wrong, and when.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Faults {
    /// Changes until the power goes.
    pub changes_left: Option<u64>,
    /// Bytes that all files together may have.
    pub room: Option<usize>,
    /// Syncs that still succeed, and how many fail after them.
    pub failing_syncs: Option<(u64, u64)>,
    /// Reads until one fails.
    pub reads_left: Option<u64>,
}

/// A file with its locks.
#[derive(Default)]
pub struct Node {
    pub file: File,
    /// The WAL's shared memory; gone with the power.
    pub shm: Vec<Box<[u64]>>,
    /// Who looks at it; the first one after nobody did finds it empty, as on the system's files.
    pub mapped: BTreeSet<u64>,
    /// Who holds which lock on the file.
    pub locks: HashMap<u64, LockLevel>,
    /// Who holds which slot of the shared memory, and whether alone.
    pub slots: HashMap<(u64, u32), bool>,
}

/// Everything that the disk's clones share.
pub struct Machine {
    pub nodes: Vec<Node>,
    /// What the folder shows.
    pub names: BTreeMap<String, usize>,
    /// What a power cut leaves of it for certain.
    durable_names: BTreeMap<String, usize>,
    /// Handles from before a power cut are dead.
    pub generation: u64,
    pub opened: u64,
    pub nature: Nature,
    pub faults: Faults,
    pub planted: Option<Planted>,
    /// How often something went wrong so far.
    pub faults_met: u64,
    /// How often it was a sync.
    syncs_failed: u64,
    power_is_off: bool,
    /// Files whose sync waits for the next checkpoint.
    delayed: Vec<usize>,
    chance: Arc<SeededEntropy>,
    /// Shared memory that was let go of; a connection may still look at it.
    graveyard: Vec<Box<[u64]>>,
}

/// A file system's content: every file by its path.
pub type Image = BTreeMap<String, Vec<u8>>;

impl Machine {
    fn empty() -> Self {
        let chance = SeededEntropy::new(0);
        Self {
            nodes: Vec::new(),
            names: BTreeMap::new(),
            durable_names: BTreeMap::new(),
            generation: 0,
            opened: 0,
            nature: Nature::random(&chance),
            faults: Faults::default(),
            planted: None,
            faults_met: 0,
            syncs_failed: 0,
            power_is_off: false,
            delayed: Vec::new(),
            chance,
            graveyard: Vec::new(),
        }
    }

    pub const fn is_on(&self) -> bool {
        !self.power_is_off
    }

    /// Something reached the cache or was to be synced: the power may go with it.
    pub const fn change(&mut self) {
        if let Some(left) = &mut self.faults.changes_left {
            *left = left.saturating_sub(1);
            if *left == 0 {
                self.power_is_off = true;
                self.faults_met += 1;
            }
        }
    }

    /// How many of `grows` more bytes have room.
    pub fn fitting(&self, grows: usize) -> usize {
        let used = || -> usize { self.nodes.iter().map(|n| n.file.seen().len()).sum() };
        self.faults
            .room
            .map_or(grows, |room| grows.min(room.saturating_sub(used())))
    }

    pub const fn read_fails(&mut self) -> bool {
        match &mut self.faults.reads_left {
            Some(0) => {
                self.faults.reads_left = None;
                self.faults_met += 1;
                true
            }
            Some(left) => {
                *left -= 1;
                false
            }
            None => false,
        }
    }

    pub fn sync_fails(&mut self, node: usize) -> bool {
        match &mut self.faults.failing_syncs {
            Some((0, 0)) | None => false,
            Some((0, failing)) => {
                *failing -= 1;
                self.faults_met += 1;
                self.syncs_failed += 1;
                let chance = Arc::clone(&self.chance);
                let after = self.nature.after_failed_sync;
                self.nodes[node].file.fail_sync(after, &chance);
                true
            }
            Some((succeeding, _)) => {
                *succeeding -= 1;
                false
            }
        }
    }

    pub fn sync_folder(&mut self) {
        if self.planted != Some(Planted::LyingFolder) {
            self.durable_names.clone_from(&self.names);
        }
    }

    pub fn delay_sync(&mut self, node: usize) {
        if !self.delayed.contains(&node) {
            self.delayed.push(node);
        }
        self.sync_folder();
    }

    /// What `synchronous=NORMAL` does before it copies from the log into the database.
    pub fn settle_delayed(&mut self) {
        for node in std::mem::take(&mut self.delayed) {
            self.nodes[node].file.sync();
        }
    }

    pub fn bury_shm(&mut self, node: usize) {
        self.graveyard.append(&mut self.nodes[node].shm);
    }

    /// Every program is gone, and with them their locks.
    fn end_programs(&mut self) {
        self.generation += 1;
        self.faults = Faults::default();
        for node in 0..self.nodes.len() {
            self.bury_shm(node);
            self.nodes[node].locks.clear();
            self.nodes[node].slots.clear();
            self.nodes[node].mapped.clear();
        }
    }
}

static DISKS: AtomicU64 = AtomicU64::new(0);

/// The disk; clones share it. SQLite keeps a registered one for ever, so a thread uses one again and again.
#[derive(Clone)]
pub struct Disk {
    machine: Arc<Mutex<Machine>>,
    /// What SQLite knows it by.
    pub name: String,
}

impl Disk {
    /// A disk that SQLite knows.
    ///
    /// # Errors
    /// SQLite's code, when it does not take it.
    pub fn register() -> Result<Self, i32> {
        let name = format!("proof-{}", DISKS.fetch_add(1, Ordering::SeqCst));
        let disk = Self {
            machine: Arc::new(Mutex::new(Machine::empty())),
            name: name.clone(),
        };
        let opts = RegisterOpts {
            make_default: false,
        };
        let name = CString::new(name).unwrap_or_default();
        register_static(name, disk.clone(), opts)?;
        Ok(disk)
    }

    /// A panic elsewhere leaves the bytes as they are.
    pub fn machine(&self) -> MutexGuard<'_, Machine> {
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another disk in its place, with `image` on it. No connection may be open.
    pub fn replace(&self, nature: Nature, image: &Image, planted: Option<Planted>, seed: u64) {
        let mut machine = self.machine();
        let generation = machine.generation + 1;
        *machine = Machine {
            generation,
            nature,
            planted,
            chance: SeededEntropy::new(seed),
            ..Machine::empty()
        };
        for (node, (name, bytes)) in image.iter().enumerate() {
            machine.nodes.push(Node {
                file: File::durable(bytes),
                ..Node::default()
            });
            machine.names.insert(name.clone(), node);
        }
        machine.durable_names = machine.names.clone();
    }

    /// What lies on it.
    pub fn image(&self) -> Image {
        let machine = self.machine();
        let file = |node: &usize| machine.nodes[*node].file.seen().to_vec();
        let names = machine.names.iter();
        names
            .map(|(name, node)| (name.clone(), file(node)))
            .collect()
    }

    /// What goes wrong from now on.
    pub fn set_faults(&self, faults: Faults) {
        self.machine().faults = faults;
    }

    /// From now on only so many bytes more fit.
    pub fn leave_room(&self, bytes: usize) {
        let mut machine = self.machine();
        let used: usize = machine.nodes.iter().map(|n| n.file.seen().len()).sum();
        machine.faults.room = Some(used + bytes);
    }

    /// How often something went wrong so far.
    pub fn faults_met(&self) -> u64 {
        self.machine().faults_met
    }

    /// How often a sync failed so far.
    pub fn syncs_failed(&self) -> u64 {
        self.machine().syncs_failed
    }

    /// Whether the power is off.
    pub fn is_off(&self) -> bool {
        !self.machine().is_on()
    }

    /// The programs are ended at once; the system and its cache go on.
    pub fn kill_programs(&self) {
        self.machine().end_programs();
    }

    /// The power goes, if it has not, and comes back.
    pub fn cut_power(&self) {
        let mut machine = self.machine();
        machine.end_programs();
        machine.delayed.clear();
        machine.power_is_off = false;
        let chance = Arc::clone(&machine.chance);
        let tears = machine.nature.tears;
        for node in &mut machine.nodes {
            node.file.lose_power(tears, &chance);
        }
        let all: Vec<String> = machine
            .names
            .keys()
            .chain(machine.durable_names.keys())
            .cloned()
            .collect();
        for name in all {
            let (seen, durable) = (machine.names.get(&name), machine.durable_names.get(&name));
            if seen != durable && chance.next_u64() & 1 == 0 {
                match durable.copied() {
                    Some(node) => machine.names.insert(name, node),
                    None => machine.names.remove(&name),
                };
            }
        }
        machine.durable_names = machine.names.clone();
    }
}
