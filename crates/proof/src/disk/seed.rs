//! One seed: some lives of one till, each ended by the power, by a kill or by closing, and checked after each.

use counterfoil_testkit::SeededEntropy;

use super::check::{Settled, check};
use super::hub::ModelHub;
use super::machine::{Disk, Faults, Image, Nature, Planted};
use super::model::Model;
use super::till::{PATH, Till};
use crate::trace::Trace;

/// A shop that is set up and in step with its hub, to start each seed from.
pub struct Template {
    image: Image,
    model: Model,
    hub: ModelHub,
}

/// What a seed counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    pub acked: u64,
    pub lives: u64,
    pub power_cuts: u64,
    pub faults: u64,
    pub unsure_kept: u64,
    pub unsure_gone: u64,
}

impl Figures {
    /// Adds another's figures.
    pub const fn add(&mut self, other: &Self) {
        self.acked += other.acked;
        self.lives += other.lives;
        self.power_cuts += other.power_cuts;
        self.faults += other.faults;
        self.unsure_kept += other.unsure_kept;
        self.unsure_gone += other.unsure_gone;
    }

    const fn settle(&mut self, settled: Settled) {
        self.unsure_kept += settled.kept;
        self.unsure_gone += settled.gone;
    }
}

impl Template {
    /// Makes the shop once.
    ///
    /// # Errors
    /// When that fails, which it never does on a disk without faults.
    pub fn make(disk: &Disk) -> Result<Self, String> {
        let nature = Nature::random(&SeededEntropy::new(0));
        disk.replace(nature, &Image::new(), None, 0);
        let mut trace = Trace::default();
        let start = (Model::new(), ModelHub::default());
        let mut till = Till::new(disk, 0, start, &mut trace)?;
        till.found()?;
        till.store = None;
        let Till { model, hub, .. } = till;
        let mut image = disk.image();
        image.retain(|name, _| name == PATH);
        Ok(Self { image, model, hub })
    }
}

/// Runs one seed on a disk of its own nature.
///
/// # Errors
/// What does not hold, in a sentence.
pub fn run(
    disk: &Disk,
    template: &Template,
    seed: u64,
    planted: Option<Planted>,
    trace: &mut Trace,
) -> Result<Figures, String> {
    let dice = SeededEntropy::new(seed ^ 0x5eed_d15c);
    let nature = Nature::random(&dice);
    // A few begin with nothing, so that the first start of a program is interrupted as well.
    let from_nothing = dice.next_u64().is_multiple_of(40);
    let start = if from_nothing {
        disk.replace(nature, &Image::new(), planted, seed);
        (Model::new(), ModelHub::default())
    } else {
        disk.replace(nature, &template.image, planted, seed);
        (template.model.clone(), template.hub.clone())
    };
    let before = start.0.acked() as u64;
    trace.line(|| format!("seed {seed}: {nature:?}, from nothing: {from_nothing}"));
    let mut figures = Figures::default();
    let mut till = Till::new(disk, seed, start, trace)?;
    for _ in 0..[1, 1, 2, 3][usize::try_from(dice.next_u64() % 4).unwrap_or(0)] {
        live(&mut till, &dice)?;
        end(&mut till, &dice, &mut figures)?;
    }
    till.drain()?;
    figures.settle(examine(&mut till, true)?);
    till.store = None;
    let (there, sent) = (till.model.acked(), till.hub.received());
    if there != sent {
        return Err(format!("{there} operations are there, the hub has {sent}"));
    }
    figures.acked = there as u64 - before;
    figures.faults = disk.faults_met();
    Ok(figures)
}

/// Everything that must hold, on a disk without faults.
fn examine(till: &mut Till<'_>, after_power_cut: bool) -> Result<Settled, String> {
    let store = till
        .store
        .clone()
        .ok_or_else(|| "the database does not open on a sound disk".to_owned())?;
    check(
        &store,
        &mut till.model,
        &till.hub,
        &till.shop,
        after_power_cut,
    )
}

/// What will go wrong in a life: mostly one thing.
fn plan(dice: &SeededEntropy) -> Faults {
    let (what, when) = (dice.next_u64() % 8, dice.next_u64());
    let mut faults = Faults::default();
    if what <= 3 {
        faults.changes_left = Some(1 + when % 250);
    }
    match what {
        3 | 4 => {
            let failing = match when % 4 {
                0 => u64::MAX,
                few => few,
            };
            faults.failing_syncs = Some(((when >> 8) % 25, failing));
        }
        2 | 5 => faults.reads_left = Some((when >> 16) % 150),
        _ => {}
    }
    faults
}

fn live(till: &mut Till<'_>, dice: &SeededEntropy) -> Result<(), String> {
    let faults = plan(dice);
    till.trace.line(|| format!("life with {faults:?}"));
    till.disk.set_faults(faults);
    if till.store.is_none() {
        till.open()?;
    }
    let steps = 4 + dice.next_u64() % 22;
    // Sometimes the disk is full for a while.
    let full = (dice.next_u64().is_multiple_of(4)).then(|| dice.next_u64() % steps);
    for step in 0..steps {
        if full == Some(step) {
            let bytes = usize::try_from(dice.next_u64() % 60_000).unwrap_or(0);
            till.trace.line(|| format!("room for {bytes} bytes"));
            till.disk.leave_room(bytes);
        } else if full.is_some_and(|full| step > full + 5) {
            till.disk.machine().faults.room = None;
        }
        if till.disk.is_off() {
            break;
        }
        till.step()?;
    }
    Ok(())
}

/// Ends a life, starts the program again, perhaps a few times, and checks.
fn end(till: &mut Till<'_>, dice: &SeededEntropy, figures: &mut Figures) -> Result<(), String> {
    figures.lives += 1;
    let how = dice.next_u64() % 8;
    let off = till.disk.is_off();
    let cut = off || how < 5;
    if cut {
        till.trace.line(|| "power cut".to_owned());
    } else if how == 5 {
        till.trace.line(|| "killed".to_owned());
        till.disk.kill_programs();
    } else {
        till.trace.line(|| "closed".to_owned());
        till.disk.set_faults(Faults::default());
    }
    till.store = None;
    if cut {
        till.cut_power();
        figures.power_cuts += 1;
    }
    while cut && dice.next_u64().is_multiple_of(3) {
        let faults = Faults {
            changes_left: Some(1 + dice.next_u64() % 12),
            ..Faults::default()
        };
        till.trace.line(|| format!("start with {faults:?}"));
        till.disk.set_faults(faults);
        if till.open()? && !till.disk.is_off() {
            till.step()?;
        }
        till.store = None;
        till.cut_power();
        figures.power_cuts += 1;
    }
    till.disk.set_faults(Faults::default());
    till.open()?;
    figures.settle(examine(till, cut)?);
    Ok(())
}
