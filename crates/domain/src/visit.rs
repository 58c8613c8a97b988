//! Visits: working hours, free slots and the rule that nobody is in two places at once.

use serde::{Deserialize, Serialize};

use crate::time::{CalendarError, ShopZone, UnixMs};

/// Where a visit stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum VisitStatus {
    /// Will take place.
    Booked,
    /// Took place.
    Done,
    /// Will not take place.
    Cancelled,
}

/// When an installer works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct WorkingHours {
    /// Monday to Sunday: minutes of the day from and to, or a day off.
    pub days: [Option<DayHours>; 7],
    /// Minutes between two visits for the way.
    pub travel_gap_min: u32,
    /// Length of a visit in minutes.
    pub slot_min: u32,
}

/// From and to, in minutes since local midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct DayHours {
    /// First minute of work.
    pub from_min: u32,
    /// First minute after work.
    pub to_min: u32,
}

/// A stretch of time, its end excluded.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, specta::Type,
)]
pub struct Slot {
    /// From.
    pub starts_at: UnixMs,
    /// To.
    pub ends_at: UnixMs,
}

impl Slot {
    /// Whether two stretches are closer than `gap_min` minutes.
    #[must_use]
    pub const fn clashes(self, other: Self, gap_min: u32) -> bool {
        let gap = gap_min as i64 * 60_000;
        self.starts_at.0 < other.ends_at.0.saturating_add(gap)
            && other.starts_at.0 < self.ends_at.0.saturating_add(gap)
    }
}

/// Why a slot cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SlotError {
    /// Outside the installer's working hours.
    #[error("the installer does not work then")]
    OutsideHours,
    /// Too close to another visit.
    #[error("the installer has another visit then, or is on the way")]
    Taken,
    /// It ends before it starts, or is longer than a day.
    #[error("a visit ends after it starts, on the same day")]
    Shape,
    /// The calendar does not know the moment.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
}

/// Whether an installer with these hours and visits can take a slot.
///
/// # Errors
/// Why not.
pub fn check_slot(
    hours: &WorkingHours,
    busy: &[Slot],
    slot: Slot,
    zone: &ShopZone,
) -> Result<(), SlotError> {
    let length_ms = slot.ends_at.since(slot.starts_at);
    if length_ms <= 0 || length_ms > 86_400_000 {
        return Err(SlotError::Shape);
    }
    let start = zone.local(slot.starts_at)?;
    // Begun minutes count whole, and so does the one that the visit starts within.
    let into_minute_ms = slot.starts_at.0.rem_euclid(60_000);
    let minutes = u32::try_from((into_minute_ms + length_ms + 59_999) / 60_000).unwrap_or(u32::MAX);
    let inside = hours.days[start.weekday].is_some_and(|d| {
        start.minute_of_day >= d.from_min && start.minute_of_day.saturating_add(minutes) <= d.to_min
    });
    if !inside {
        return Err(SlotError::OutsideHours);
    }
    if busy.iter().any(|b| b.clashes(slot, hours.travel_gap_min)) {
        return Err(SlotError::Taken);
    }
    Ok(())
}

/// An installer's free slots from `from` on over `days` local days, on a grid of half hours.
///
/// # Errors
/// When the calendar does not know a moment.
pub fn free_slots(
    hours: &WorkingHours,
    busy: &[Slot],
    from: UnixMs,
    days: u32,
    zone: &ShopZone,
) -> Result<Vec<Slot>, SlotError> {
    const GRID_MIN: u32 = 30;
    let mut slots = Vec::new();
    if hours.slot_min == 0 {
        return Ok(slots);
    }
    let mut date = zone.local(from)?.date;
    for _ in 0..days {
        let weekday = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or(0);
        if let Some(day) = hours.days[weekday] {
            let mut minute = day.from_min;
            while minute.saturating_add(hours.slot_min) <= day.to_min {
                let starts_at = zone.moment(date, minute)?;
                let slot = Slot {
                    starts_at,
                    ends_at: starts_at.plus_minutes(i64::from(hours.slot_min)),
                };
                if starts_at >= from && !busy.iter().any(|b| b.clashes(slot, hours.travel_gap_min))
                {
                    slots.push(slot);
                }
                minute += GRID_MIN;
            }
        }
        date = date.tomorrow().map_err(|e| CalendarError(e.to_string()))?;
    }
    Ok(slots)
}

/// The `count` free slots nearest to a wish, not before `now`, in order of distance; looks two weeks around.
///
/// # Errors
/// When the calendar does not know a moment.
pub fn nearest_free(
    hours: &WorkingHours,
    busy: &[Slot],
    wish: Slot,
    now: UnixMs,
    count: usize,
    zone: &ShopZone,
) -> Result<Vec<Slot>, SlotError> {
    const WEEK_MIN: i64 = 7 * 24 * 60;
    let from = UnixMs(wish.starts_at.plus_minutes(-WEEK_MIN).0.max(now.0));
    let mut free = free_slots(hours, busy, from, 15, zone)?;
    free.sort_by_key(|s| (s.starts_at.since(wish.starts_at).abs(), s.starts_at));
    let mut picked: Vec<Slot> = Vec::with_capacity(count);
    for slot in free {
        if picked.len() == count {
            break;
        }
        // Alternatives that overlap each other would offer one choice twice.
        if !picked.iter().any(|p| p.clashes(slot, 0)) {
            picked.push(slot);
        }
    }
    Ok(picked)
}
