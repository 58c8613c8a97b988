//! The demo shop, Café Lima: its catalogue, its people and ninety days of plausible trade.
//!
//! Pure and seeded: the same moment and seed give the same history, so that screenshots, stories and benchmarks all
//! look at one shop. It only produces operations; writing them goes through the one door for writes like any other.

mod assets;
mod basket;
mod book;
mod calendar;
mod counter;
mod customers;
mod pictures;
mod rng;
mod setup;
mod trade;
mod visits;

#[cfg(test)]
mod tests;

use counterfoil_domain::effect::EffectError;
use counterfoil_domain::entity::Role;
use counterfoil_domain::time::{CalendarError, ShopZone};
use counterfoil_domain::visit::SlotError;
use counterfoil_domain::{DeviceId, MoneyError, Op, StaffId, TenantId, UnixMs};

pub use pictures::picture;

use assets::{Catalogue, People};
use book::Book;
use calendar::Calendar;

/// The seed that everyone uses unless a test wants another shop.
pub const SEED: u64 = 1821;

/// The till on which the history happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoTill {
    /// The shop.
    pub tenant_id: TenantId,
    /// The till.
    pub device_id: DeviceId,
    /// Its short name on receipts, e.g. `T1`; sales are numbered from 1.
    pub till_code: String,
}

/// One operation of the demo shop's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoStep {
    /// What happened.
    pub op: Op,
    /// When.
    pub at: UnixMs,
    /// Who did it.
    pub staff_id: StaffId,
}

/// Why the demo shop could not be made: its assets are wrong, or `now` lies outside the calendar.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// An asset cannot be read, or an entity's fields cannot be written.
    #[error("the demo shop's assets cannot be read: {0}")]
    Assets(#[from] serde_json::Error),
    /// A name that another part of the assets refers to is missing.
    #[error("the demo shop's assets lack {0}")]
    Missing(String),
    /// `now` is outside the calendar, or the time zone is unknown.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    /// Amounts do not add up.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// An operation has no effects.
    #[error(transparent)]
    Effect(#[from] EffectError),
    /// A visit does not fit.
    #[error(transparent)]
    Slot(#[from] SlotError),
}

/// Somebody who can sign in at the demo shop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoPerson {
    /// First name.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// The PIN, for whoever tries the demo.
    pub pin: String,
}

/// The demo shop's staff and installers with their PINs.
///
/// # Errors
/// When the assets cannot be read.
pub fn people() -> Result<Vec<DemoPerson>, DemoError> {
    let people = People::embedded()?.staff.into_iter();
    Ok(people
        .map(|person| DemoPerson {
            name: person.staff.name,
            role: person.staff.role,
            pin: person.pin,
        })
        .collect())
}

/// The demo shop's whole history up to `now`, in time order: settings, people and catalogue first, then enrolments,
/// deliveries, shifts, sales, refunds, stamps, rewards and visits. An earlier `now` of the same opening hours gives a
/// prefix of it. Visits of the days to come are booked already, so nothing in it happens after `now`.
///
/// # Errors
/// When the assets are damaged or `now` is outside the calendar.
pub fn operations(
    till: &DemoTill,
    now: UnixMs,
    seed: u64,
) -> Result<impl Iterator<Item = DemoStep> + use<>, DemoError> {
    let catalogue = Catalogue::embedded()?;
    let people = People::embedded()?;
    let zone = ShopZone::named(&catalogue.shop.time_zone)?;
    let calendar = Calendar::around(now, &zone)?;
    let mut book = Book::new(till, catalogue.shop.currency);
    let shop = setup::shop(&mut book, &catalogue, &people, &calendar, seed)?;
    trade::history(&mut book, &shop, &people, &calendar, now, seed)?;
    visits::history(&mut book, &shop, &people, &calendar, &zone, seed)?;
    Ok(book.steps_until(now).into_iter())
}
