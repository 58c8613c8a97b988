//! What needs the owner's attention, most urgent first.

use counterfoil_domain::UnixMs;
use counterfoil_store::read::owner::{Quiet, QuietRule, list_low_stock, list_quiet_regulars};

use crate::Counterfoil;
use crate::failure::Outcome;
use crate::view::AttentionItem;

const DAY_MS: i64 = 86_400_000;
/// A regular came at least this often ...
const VISITS_MIN: u32 = 4;
/// ... within these days before their last visit,
const WINDOW_DAYS: i64 = 60;
/// is away for at least these days,
const AWAY_DAYS: i64 = 14;
/// and for more than this many times the usual gap.
const AWAY_GAPS: i64 = 3;
/// Whoever is away longer than this is not coming back because of a list.
const FORGET_DAYS: i64 = 120;
const SHOWN: u32 = 8;

impl Counterfoil {
    pub(super) fn attention(&self, now: UnixMs) -> Outcome<Vec<AttentionItem>> {
        let store = self.store()?;
        let counts = store.outbox_counts()?;
        let rule = QuietRule {
            now,
            since: now.plus_ms(-(FORGET_DAYS + WINDOW_DAYS) * DAY_MS),
            quiet_since: now.plus_ms(-AWAY_DAYS * DAY_MS),
            window_ms: WINDOW_DAYS * DAY_MS,
            visits_min: VISITS_MIN,
        };
        let (low, quiet) = store.read(|conn| {
            Ok((
                list_low_stock(conn, SHOWN)?,
                list_quiet_regulars(conn, rule)?,
            ))
        })?;
        let mut items = Vec::new();
        if counts.stuck > 0 {
            items.push(AttentionItem::StuckChanges {
                count: counts.stuck,
            });
        }
        if counts.conflicts > 0 {
            items.push(AttentionItem::OpenConflicts {
                count: counts.conflicts,
            });
        }
        items.extend(low.into_iter().map(|low| AttentionItem::LowStock {
            product_id: low.product_id,
            name: low.name,
            stock: low.stock,
            low_below: low.below,
        }));
        let lapsed = quiet.into_iter().filter_map(|quiet| lapsed(quiet, now));
        items.extend(lapsed.take(SHOWN as usize));
        Ok(items)
    }
}

fn lapsed(quiet: Quiet, now: UnixMs) -> Option<AttentionItem> {
    let away_ms = now.since(quiet.last_at);
    let gaps = i64::from(quiet.visits.saturating_sub(1)).max(1);
    let usual_ms = quiet.last_at.since(quiet.first_at) / gaps;
    let forgotten = away_ms > FORGET_DAYS * DAY_MS;
    if forgotten || away_ms <= usual_ms.saturating_mul(AWAY_GAPS) {
        return None;
    }
    Some(AttentionItem::LapsedRegular {
        customer_id: quiet.customer_id,
        name: quiet.name,
        last_seen_at: quiet.last_at,
        usual_days: u32::try_from((usual_ms + DAY_MS / 2) / DAY_MS)
            .unwrap_or(0)
            .max(1),
    })
}
