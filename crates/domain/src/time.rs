//! Points in time as Unix milliseconds, and the shop's local calendar.

use serde::{Deserialize, Serialize};

/// Unix time in milliseconds.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    specta::Type,
)]
#[serde(transparent)]
pub struct UnixMs(#[specta(type = i32)] pub i64);

impl UnixMs {
    /// This moment shifted by a number of milliseconds; saturates at the ends of the range.
    #[must_use]
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// This moment shifted by minutes.
    #[must_use]
    pub const fn plus_minutes(self, minutes: i64) -> Self {
        self.plus_ms(minutes.saturating_mul(60_000))
    }

    /// Milliseconds from `earlier` to this moment; negative when `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// A time zone name that the bundled IANA database does not know, or a moment outside the calendar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("time zone or moment not usable: {0}")]
pub struct CalendarError(pub String);

/// A moment in the shop's own calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalTime {
    /// Calendar date.
    pub date: jiff::civil::Date,
    /// Minutes since local midnight, 0 to 1439.
    pub minute_of_day: u32,
    /// 0 = Monday ... 6 = Sunday.
    pub weekday: usize,
}

/// The shop's time zone, looked up once.
#[derive(Debug, Clone)]
pub struct ShopZone(jiff::tz::TimeZone);

impl ShopZone {
    /// Looks up an IANA name such as `America/Lima` in the bundled database: all tills and the hub must agree on the day that a
    /// sale belongs to, whatever their systems know, and finding the system's database means reading hundreds of names.
    ///
    /// # Errors
    /// When the name is unknown.
    pub fn named(name: &str) -> Result<Self, CalendarError> {
        jiff::tz::TimeZoneDatabase::bundled()
            .get(name)
            .map(Self)
            .map_err(|e| CalendarError(e.to_string()))
    }

    /// The local calendar reading of a moment.
    ///
    /// # Errors
    /// When the moment lies outside the supported calendar (years -9999 to 9999).
    pub fn local(&self, at: UnixMs) -> Result<LocalTime, CalendarError> {
        let stamp =
            jiff::Timestamp::from_millisecond(at.0).map_err(|e| CalendarError(e.to_string()))?;
        let zoned = stamp.to_zoned(self.0.clone());
        Ok(LocalTime {
            date: zoned.date(),
            minute_of_day: u32::try_from(i32::from(zoned.hour()) * 60 + i32::from(zoned.minute()))
                .unwrap_or(0),
            weekday: usize::try_from(zoned.weekday().to_monday_zero_offset()).unwrap_or(0),
        })
    }

    /// The moment at which a local date and minute of day occurs (the earlier one where a clock change repeats it).
    ///
    /// # Errors
    /// When date and minute do not form a moment of the calendar.
    pub fn moment(
        &self,
        date: jiff::civil::Date,
        minute_of_day: u32,
    ) -> Result<UnixMs, CalendarError> {
        let midnight = date
            .to_zoned(self.0.clone())
            .map_err(|e| CalendarError(e.to_string()))?;
        let hour = i8::try_from(minute_of_day / 60).map_err(|e| CalendarError(e.to_string()))?;
        let minute = i8::try_from(minute_of_day % 60).map_err(|e| CalendarError(e.to_string()))?;
        if hour == 24 && minute == 0 {
            let next = date.tomorrow().map_err(|e| CalendarError(e.to_string()))?;
            return self.moment(next, 0);
        }
        let time =
            jiff::civil::Time::new(hour, minute, 0, 0).map_err(|e| CalendarError(e.to_string()))?;
        let civil = midnight.date().to_datetime(time);
        civil
            .to_zoned(self.0.clone())
            .map(|z| UnixMs(z.timestamp().as_millisecond()))
            .map_err(|e| CalendarError(e.to_string()))
    }
}
