//! One file of the disk: what programs see, what is on the platter for certain, and what may be on it.

use std::collections::BTreeMap;

use counterfoil_testkit::SeededEntropy;

/// What a disk writes whole or not at all, in bytes.
pub const SECTOR: usize = 512;

type Sector = [u8; SECTOR];

/// A file between two syncs.
#[derive(Debug, Default)]
pub struct File {
    /// What programs see.
    cache: Vec<u8>,
    /// What a power cut leaves for certain.
    platter: Vec<u8>,
    /// The sectors that the next sync brings to the platter, each with what it held before, since the last one.
    dirty: BTreeMap<usize, Vec<Sector>>,
}

/// What became of the unsynced part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterFailedSync {
    /// It stays to be written: the next sync brings it.
    Kept,
    /// As on Linux: whatever did not reach the platter counts as clean, and no later sync writes it.
    Dropped,
}

fn below(chance: &SeededEntropy, bound: usize) -> usize {
    let bound = u64::try_from(bound.max(1)).unwrap_or(u64::MAX);
    usize::try_from(chance.next_u64() % bound).unwrap_or(0)
}

/// The sector as it lies in `bytes`, zeros where the file has ended.
fn sector_of(bytes: &[u8], sector: usize) -> Sector {
    let mut found = [0; SECTOR];
    let from = bytes.get(sector * SECTOR..).unwrap_or_default();
    let length = from.len().min(SECTOR);
    found[..length].copy_from_slice(&from[..length]);
    found
}

fn put(bytes: &mut [u8], sector: usize, content: &[u8]) {
    if let Some(to) = bytes.get_mut(sector * SECTOR..) {
        let length = to.len().min(content.len());
        to[..length].copy_from_slice(&content[..length]);
    }
}

impl File {
    /// A file that lies on the platter whole.
    pub fn durable(bytes: &[u8]) -> Self {
        Self {
            cache: bytes.to_vec(),
            platter: bytes.to_vec(),
            dirty: BTreeMap::new(),
        }
    }

    /// What programs see.
    pub fn seen(&self) -> &[u8] {
        &self.cache
    }

    fn touch(&mut self, start: usize, end: usize) {
        for sector in start / SECTOR..end.div_ceil(SECTOR) {
            // Only a sector that is dirty already can have more than two states after a cut.
            match self.dirty.get_mut(&sector) {
                Some(versions) => versions.push(sector_of(&self.cache, sector)),
                None => {
                    self.dirty.insert(sector, Vec::new());
                }
            }
        }
    }

    /// Writes into the cache.
    pub fn write(&mut self, offset: usize, data: &[u8]) {
        let end = offset + data.len();
        if offset == self.cache.len() {
            self.touch(offset, end);
            self.cache.extend_from_slice(data);
            return;
        }
        if end > self.cache.len() {
            let gap = self.cache.len().min(offset);
            self.touch(gap, end);
            self.cache.resize(end, 0);
        } else {
            self.touch(offset, end);
        }
        self.cache[offset..end].copy_from_slice(data);
    }

    /// Cuts or extends the file in the cache.
    pub fn truncate(&mut self, size: usize) {
        if size > self.cache.len() {
            self.touch(self.cache.len(), size);
        } else {
            let first_gone = size.div_ceil(SECTOR);
            self.dirty.split_off(&first_gone);
            if !size.is_multiple_of(SECTOR) {
                self.touch(size - size % SECTOR, size);
            }
        }
        self.cache.resize(size, 0);
    }

    /// Everything is on the platter.
    pub fn sync(&mut self) {
        self.platter.resize(self.cache.len(), 0);
        for sector in std::mem::take(&mut self.dirty).into_keys() {
            let content = sector_of(&self.cache, sector);
            put(&mut self.platter, sector, &content);
        }
    }

    /// Some sectors got to the platter before the disk failed.
    pub fn fail_sync(&mut self, after: AfterFailedSync, chance: &SeededEntropy) {
        if self.platter.len() < self.cache.len() && below(chance, 2) == 0 {
            self.platter.resize(self.cache.len(), 0);
        }
        let evicted = below(chance, 3) == 0;
        let mut left = BTreeMap::new();
        for (sector, versions) in std::mem::take(&mut self.dirty) {
            let content = sector_of(&self.cache, sector);
            if below(chance, 2) == 0 && sector * SECTOR < self.platter.len() {
                put(&mut self.platter, sector, &content);
            } else if after == AfterFailedSync::Kept {
                left.insert(sector, versions);
            } else if evicted {
                // The page was clean, so it could be given up; whoever reads it gets the platter's.
                let old = sector_of(&self.platter, sector);
                put(&mut self.cache, sector, &old);
            }
        }
        self.dirty = left;
    }

    /// The power goes: each unsynced sector is as it was, as it became, or as it was in between; the length likewise.
    /// A disk that tears may stop within a sector as well, at any byte.
    pub fn lose_power(&mut self, tears: bool, chance: &SeededEntropy) {
        let (old, new) = (self.platter.len(), self.cache.len());
        if old != new {
            let length = match below(chance, 3) {
                0 => old,
                1 => new,
                _ => {
                    let (low, high) = (old.min(new), old.max(new));
                    let sectors = (high - low) / SECTOR;
                    low + below(chance, sectors + 1) * SECTOR
                }
            };
            self.platter.resize(length, 0);
        }
        for (sector, versions) in std::mem::take(&mut self.dirty) {
            let choice = below(chance, versions.len() + 2);
            let new = match versions.get(choice) {
                Some(version) => *version,
                None if choice > versions.len() || sector * SECTOR >= self.cache.len() => continue,
                None => sector_of(&self.cache, sector),
            };
            let end = if tears && below(chance, 4) == 0 {
                below(chance, SECTOR)
            } else {
                SECTOR
            };
            put(&mut self.platter, sector, &new[..end]);
        }
        self.cache.clone_from(&self.platter);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn file(content: &[u8]) -> File {
        File::durable(content)
    }

    #[test]
    fn what_was_synced_survives() {
        for seed in 0..50 {
            let mut file = file(&[1; 2000]);
            file.write(100, &[2; 1500]);
            file.sync();
            file.lose_power(true, &SeededEntropy::new(seed));
            assert_eq!(file.seen()[100..1600], [2; 1500]);
        }
    }

    #[test]
    fn what_was_not_synced_may_survive_in_any_mixture_of_sectors() {
        let mut mixtures = std::collections::BTreeSet::new();
        for seed in 0..200 {
            let mut file = file(&[1; 1024]);
            file.write(0, &[2; 1024]);
            file.write(512, &[3; 512]);
            file.lose_power(false, &SeededEntropy::new(seed));
            mixtures.insert((file.seen()[0], file.seen()[512]));
        }
        let all = [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3)];
        assert_eq!(mixtures.into_iter().collect::<Vec<_>>(), all);
    }

    #[test]
    fn torn_sector_is_new_up_to_some_byte_and_old_behind_it() {
        let mut torn = 0;
        for seed in 0..100 {
            let mut file = file(&[1; 512]);
            file.write(0, &[2; 512]);
            file.lose_power(true, &SeededEntropy::new(seed));
            let new = file.seen().iter().take_while(|byte| **byte == 2).count();
            assert!(file.seen()[new..].iter().all(|byte| *byte == 1));
            torn += usize::from((1..512).contains(&new));
        }
        assert!(torn > 5, "{torn} of 100");
    }

    #[test]
    fn after_a_failed_sync_linux_never_writes_what_it_dropped() {
        let mut lost = 0;
        for seed in 0..100 {
            let chance = SeededEntropy::new(seed);
            let mut file = file(&[1; 512]);
            file.write(0, &[2; 512]);
            file.fail_sync(AfterFailedSync::Dropped, &chance);
            file.sync();
            file.lose_power(false, &chance);
            lost += usize::from(file.seen()[0] == 1);
        }
        assert!((20..80).contains(&lost), "{lost} of 100");
    }

    #[test]
    fn a_disk_that_keeps_what_failed_writes_it_with_the_next_sync() {
        for seed in 0..50 {
            let chance = SeededEntropy::new(seed);
            let mut file = file(&[1; 512]);
            file.write(0, &[2; 700]);
            file.fail_sync(AfterFailedSync::Kept, &chance);
            file.sync();
            file.lose_power(false, &chance);
            assert_eq!(file.seen(), [2; 700]);
        }
    }

    proptest! {
        #[test]
        fn programs_see_exactly_what_they_wrote_whatever_is_on_the_platter(
            steps in prop::collection::vec((0..4_u8, 0..3000_usize, 1..900_usize), 1..30)
        ) {
            let mut file = File::default();
            let mut model: Vec<u8> = Vec::new();
            for (number, (what, at, length)) in (1_u8..).zip(steps) {
                match what {
                    0 | 1 => {
                        file.write(at, &vec![number; length]);
                        model.resize(model.len().max(at + length), 0);
                        model[at..at + length].fill(number);
                    }
                    2 => {
                        file.truncate(at);
                        model.resize(at, 0);
                    }
                    _ => file.sync(),
                }
                prop_assert_eq!(file.seen(), &model[..]);
            }
            file.sync();
            file.lose_power(true, &SeededEntropy::new(1));
            prop_assert_eq!(file.seen(), &model[..]);
        }
    }
}
