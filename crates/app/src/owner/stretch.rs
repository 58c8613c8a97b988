//! Which stretches are compared: whole local days of the shop, the present one up to now.

use counterfoil_domain::UnixMs;
use counterfoil_domain::time::{CalendarError, ShopZone};
use counterfoil_store::read::owner::Stretch;
use jiff::ToSpan as _;
use jiff::civil::Date;

use crate::view::Period;

/// Days of a period, today among them.
const fn days(period: Period) -> i32 {
    match period {
        Period::Today => 1,
        Period::Week => 7,
        Period::Month => 30,
    }
}

fn back(date: Date, days: i32) -> Result<Date, CalendarError> {
    date.checked_sub(days.days())
        .map_err(|e| CalendarError(e.to_string()))
}

/// The period and what it is compared with. Both end at the same time of the day, so that a morning is not held against
/// a whole day; today is held against the same weekday a week ago.
pub(super) fn of(
    period: Period,
    now: UnixMs,
    zone: &ShopZone,
) -> Result<(Stretch, Stretch), CalendarError> {
    let today = zone.local(now)?.date;
    let length = days(period);
    let distance = if period == Period::Today { 7 } else { length };
    let first = back(today, length - 1)?;
    // Sales of this very millisecond belong to today.
    let into_today_ms = now.since(zone.moment(today, 0)?) + 1;
    let stretch = |first: Date, last: Date| -> Result<Stretch, CalendarError> {
        Ok(Stretch {
            from: zone.moment(first, 0)?,
            to: zone.moment(last, 0)?.plus_ms(into_today_ms),
        })
    };
    Ok((
        stretch(first, today)?,
        stretch(back(first, distance)?, back(today, distance)?)?,
    ))
}

/// The local dates of a stretch.
pub(super) fn dates(stretch: Stretch, zone: &ShopZone) -> Result<Vec<String>, CalendarError> {
    let last = zone.local(stretch.to.plus_ms(-1))?.date;
    let mut date = zone.local(stretch.from)?.date;
    let mut dates = Vec::new();
    while date <= last {
        dates.push(date.to_string());
        date = date.tomorrow().map_err(|e| CalendarError(e.to_string()))?;
    }
    Ok(dates)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Saturday, 21 November 2026, 10:30 in Lima.
    const NOW: UnixMs = UnixMs(1_795_275_000_000);

    fn local(at: UnixMs) -> String {
        let zone = ShopZone::named("America/Lima").unwrap();
        let local = zone.local(at).unwrap();
        format!(
            "{} {:02}:{:02}",
            local.date,
            local.minute_of_day / 60,
            local.minute_of_day % 60
        )
    }

    fn shown(period: Period) -> [String; 4] {
        let zone = ShopZone::named("America/Lima").unwrap();
        let (current, previous) = of(period, NOW, &zone).unwrap();
        [current.from, current.to, previous.from, previous.to].map(local)
    }

    #[test]
    fn today_is_held_against_the_same_weekday_up_to_the_same_time() {
        assert_eq!(
            shown(Period::Today),
            [
                "2026-11-21 00:00",
                "2026-11-21 10:30",
                "2026-11-14 00:00",
                "2026-11-14 10:30"
            ]
        );
    }

    #[test]
    fn a_week_is_held_against_the_seven_days_before() {
        assert_eq!(
            shown(Period::Week),
            [
                "2026-11-15 00:00",
                "2026-11-21 10:30",
                "2026-11-08 00:00",
                "2026-11-14 10:30"
            ]
        );
    }

    #[test]
    fn a_month_is_thirty_days() {
        assert_eq!(shown(Period::Month)[0], "2026-10-23 00:00");
        assert_eq!(shown(Period::Month)[2], "2026-09-23 00:00");
    }

    #[test]
    fn today_is_one_date_and_a_week_seven() {
        let zone = ShopZone::named("America/Lima").unwrap();
        let count = |period| {
            dates(of(period, NOW, &zone).unwrap().0, &zone)
                .unwrap()
                .len()
        };
        assert_eq!((count(Period::Today), count(Period::Week)), (1, 7));
    }
}
