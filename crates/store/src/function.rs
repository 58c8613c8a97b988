//! SQL functions on every connection: the shop's local calendar, and text folded for search.

use std::sync::{Arc, RwLock};

use counterfoil_domain::UnixMs;
use counterfoil_domain::time::{LocalTime, ShopZone};
use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// The shop's zone, shared by all connections; UTC until the shop is known.
#[derive(Clone)]
pub(crate) struct SharedZone(Arc<RwLock<Option<ShopZone>>>);

impl SharedZone {
    pub(crate) fn utc() -> Self {
        Self(Arc::new(RwLock::new(ShopZone::named("UTC").ok())))
    }

    /// Keeps the zone at hand when the name is unknown: figures by a wrong day are worse than by yesterday's zone.
    pub(crate) fn set(&self, name: &str) {
        match (ShopZone::named(name), self.0.write()) {
            (Ok(zone), Ok(mut place)) => *place = Some(zone),
            (Err(error), _) => tracing::warn!(%error, "the shop's time zone is not known"),
            (Ok(_), Err(_)) => {}
        }
    }

    fn local(&self, context: &Context<'_>) -> rusqlite::Result<Option<LocalTime>> {
        let Some(ms) = context.get::<Option<i64>>(0)? else {
            return Ok(None);
        };
        let Ok(zone) = self.0.read() else {
            return Ok(None);
        };
        Ok(zone.as_ref().and_then(|z| z.local(UnixMs(ms)).ok()))
    }
}

/// Lower case without accents.
#[must_use]
pub(crate) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .collect()
}

pub(crate) fn register(conn: &Connection, zone: &SharedZone) -> rusqlite::Result<()> {
    // Not deterministic: the zone may change while the program runs.
    let flags = FunctionFlags::SQLITE_UTF8;
    let day_zone = zone.clone();
    conn.create_scalar_function("local_day", 1, flags, move |context| {
        Ok(day_zone.local(context)?.map(|l| l.date.to_string()))
    })?;
    let hour_zone = zone.clone();
    conn.create_scalar_function("local_hour", 1, flags, move |context| {
        Ok(hour_zone
            .local(context)?
            .map(|l| i64::from(l.minute_of_day / 60)))
    })?;
    let pure = flags | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    conn.create_scalar_function("fold", 1, pure, |context| {
        Ok(context.get::<Option<String>>(0)?.map(|text| fold(&text)))
    })
}
