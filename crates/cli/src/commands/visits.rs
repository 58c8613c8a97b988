//! Visits: the agenda, free slots, booking and moving. Times are the shop's own.

use counterfoil_app::Counterfoil;
use counterfoil_app::domain::UnixMs;
use counterfoil_app::domain::time::ShopZone;
use counterfoil_app::view::{BookVisit, Failure, VisitView};
use jiff::ToSpan as _;

use crate::args::{Visit, Visits};
use crate::output::Output;

pub fn run(app: &Counterfoil, args: &Visits, output: &Output) -> Result<(), Failure> {
    let zone = zone(app)?;
    let at = |local: jiff::civil::DateTime| moment(&zone, local);
    let one = |visit: &VisitView| vec![line(visit, &zone)];
    match &args.action {
        None => {
            let (from, to) = stretch(args, &zone)?;
            let found = app.visits(from, to, None)?;
            output.answer(&found, |all| all.iter().map(|v| line(v, &zone)).collect())
        }
        Some(Visit::Free { installer }) => {
            let (from, _) = stretch(args, &zone)?;
            let slots = app.free_slots(*installer, from, args.days)?;
            output.answer(&slots, |all| {
                all.iter().map(|s| shown(s.starts_at, &zone)).collect()
            })
        }
        Some(Visit::Book {
            merchant,
            installer,
            at: local,
            purpose,
        }) => {
            let visit = BookVisit {
                merchant_id: *merchant,
                installer_id: *installer,
                starts_at: at(*local)?,
                purpose: purpose.clone(),
            };
            output.answer(&app.book_visit(visit)?, one)
        }
        Some(Visit::Move {
            visit,
            at: local,
            installer,
        }) => {
            let installer = match installer {
                Some(installer) => *installer,
                None => app.visit(*visit)?.installer_id,
            };
            output.answer(&app.move_visit(*visit, installer, at(*local)?)?, one)
        }
        Some(Visit::Cancel { visit, reason }) => {
            output.answer(&app.cancel_visit(*visit, reason)?, one)
        }
        Some(Visit::Done { visit, note }) => output.answer(&app.finish_visit(*visit, note)?, one),
    }
}

fn zone(app: &Counterfoil) -> Result<ShopZone, Failure> {
    let shop = app.boot()?.shop;
    let shop =
        shop.ok_or_else(|| Failure::new("no_shop", "there is no shop on this device yet"))?;
    Ok(ShopZone::named(&shop.time_zone)?)
}

fn moment(zone: &ShopZone, local: jiff::civil::DateTime) -> Result<UnixMs, Failure> {
    let minute = u32::try_from(i32::from(local.hour()) * 60 + i32::from(local.minute()));
    Ok(zone.moment(local.date(), minute.unwrap_or(0))?)
}

fn stretch(args: &Visits, zone: &ShopZone) -> Result<(UnixMs, UnixMs), Failure> {
    let now = UnixMs(jiff::Timestamp::now().as_millisecond());
    let first = match args.from {
        Some(date) => date,
        None => zone.local(now)?.date,
    };
    let last = first
        .checked_add(i64::from(args.days).days())
        .map_err(|e| Failure::new("argument_invalid", e.to_string()))?;
    Ok((zone.moment(first, 0)?, zone.moment(last, 0)?))
}

fn shown(at: UnixMs, zone: &ShopZone) -> String {
    zone.local(at).map_or_else(
        |_| at.0.to_string(),
        |l| {
            format!(
                "{} {:02}:{:02}",
                l.date,
                l.minute_of_day / 60,
                l.minute_of_day % 60
            )
        },
    )
}

fn line(visit: &VisitView, zone: &ShopZone) -> String {
    let pending = if visit.pending {
        ", not confirmed yet"
    } else {
        ""
    };
    let clash = if visit.clash { ", clashes" } else { "" };
    format!(
        "{}  {}  {} ({:?}{pending}{clash})  {}",
        shown(visit.slot.starts_at, zone),
        visit.merchant,
        visit.installer,
        visit.status,
        visit.visit_id
    )
}
