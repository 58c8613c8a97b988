//! The shop's days around today. Lima has no clock changes, so a day's minutes count straight from its midnight.

use counterfoil_domain::UnixMs;
use counterfoil_domain::time::ShopZone;

use super::DemoError;

/// Days before today on which the shop existed, though nothing was sold at this till yet.
pub(super) const FIRST_DAY: i64 = -240;
/// Days of sales before today.
pub(super) const SALES_DAYS: i64 = 90;
/// Days after today with visits.
pub(super) const LAST_DAY: i64 = 7;

/// One day of the shop.
#[derive(Debug, Clone, Copy)]
pub(super) struct Day {
    /// Days from today: yesterday is -1.
    pub(super) index: i64,
    midnight: UnixMs,
    /// 0 = Monday ... 6 = Sunday.
    pub(super) weekday: usize,
}

impl Day {
    /// The moment this many seconds after the day's midnight.
    pub(super) const fn second(self, second: i64) -> UnixMs {
        self.midnight.plus_ms(second.saturating_mul(1000))
    }

    /// The moment this many minutes after the day's midnight.
    pub(super) const fn minute(self, minute: i64) -> UnixMs {
        self.midnight.plus_minutes(minute)
    }
}

/// Every day from [`FIRST_DAY`] to [`LAST_DAY`].
pub(super) struct Calendar {
    days: Vec<Day>,
}

impl Calendar {
    pub(super) fn around(now: UnixMs, zone: &ShopZone) -> Result<Self, DemoError> {
        const DAY_MIN: i64 = 24 * 60;
        let days = (FIRST_DAY..=LAST_DAY)
            .map(|index| {
                let local = zone.local(now.plus_minutes(index * DAY_MIN))?;
                Ok(Day {
                    index,
                    midnight: zone.moment(local.date, 0)?,
                    weekday: local.weekday,
                })
            })
            .collect::<Result<_, DemoError>>()?;
        Ok(Self { days })
    }

    /// The days from one index to another, both included.
    pub(super) fn range(&self, from: i64, to: i64) -> impl Iterator<Item = Day> + '_ {
        self.days
            .iter()
            .copied()
            .filter(move |day| (from..=to).contains(&day.index))
    }

    /// A day by its distance from today, held within the calendar.
    pub(super) fn day(&self, index: i64) -> Day {
        let place = usize::try_from(index - FIRST_DAY).unwrap_or(0);
        self.days[place.min(self.days.len() - 1)]
    }
}
