//! Keys of any kind at any time through the wedge, beside a plain account of what a scan is.

use counterfoil_domain::barcode;
use counterfoil_scan::{Scan, ScanKind, WedgeDetector, WedgeKey, WedgeOptions};

use crate::bytes::Bytes;

/// What happens at the keyboard.
#[derive(Debug, Clone, Copy)]
enum Event {
    Key(char),
    End,
    /// Nothing but time.
    Idle,
}

/// Types what the bytes say and returns the scans.
///
/// Gap, least and most characters come first (two, one and two bytes). Then each byte is a key as Latin 1 writes it, but 0xFC
/// (any character, four bytes), 0xFD (Enter), 0xFE (no key) and 0xFF (the clock jumps to what eight bytes say); after all but the
/// last the next byte is the time that has passed.
///
/// # Panics
/// Where the scans are not those that a plain account finds.
pub fn wedge(bytes: &[u8]) -> Vec<Scan> {
    let mut bytes = Bytes::new(bytes);
    let options = WedgeOptions {
        gap_ms_max: i64::from(i16::from_le_bytes(bytes.take())),
        chars_min: usize::from(bytes.byte()),
        chars_max: usize::from(u16::from_le_bytes(bytes.take())),
    };
    let mut now_ms = 0_i64;
    let mut events = Vec::new();
    while !bytes.is_empty() {
        let event = match bytes.byte() {
            0xFF => {
                now_ms = i64::from_le_bytes(bytes.take());
                continue;
            }
            0xFE => Event::Idle,
            0xFD => Event::End,
            0xFC => {
                let code = u32::from_le_bytes(bytes.take());
                Event::Key(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
            }
            other => Event::Key(char::from(other)),
        };
        now_ms = now_ms.saturating_add(i64::from(bytes.byte()));
        events.push((event, now_ms));
    }
    let scans = typed(&events, options);
    let told: Vec<(String, i64)> = scans
        .iter()
        .map(|scan| (scan.code.clone(), scan.at_ms))
        .collect();
    assert_eq!(told, plainly(&events, options), "{options:?} {events:?}");
    for scan in &scans {
        let is_product = matches!(scan.kind, ScanKind::Ean13 | ScanKind::UpcA | ScanKind::Ean8);
        assert!(
            !is_product || barcode::is_valid_gtin(&scan.code),
            "a product code has its check digit: {scan:?}"
        );
    }
    scans
}

fn typed(events: &[(Event, i64)], options: WedgeOptions) -> Vec<Scan> {
    let mut detector = WedgeDetector::new(options);
    let take = |(event, at_ms): &(Event, i64)| match *event {
        Event::Key(c) => detector.key(c, *at_ms),
        Event::End => detector.key(WedgeKey::End, *at_ms),
        Event::Idle => detector.idle(*at_ms),
    };
    events.iter().filter_map(take).collect()
}

/// A burst is characters each within the gap of the one before. It ends with Enter or Tab within the gap, at that time, or
/// else with its last character, once anything later is heard; it is a scan when it is neither too short nor too long.
fn plainly(events: &[(Event, i64)], options: WedgeOptions) -> Vec<(String, i64)> {
    let within = |from: i64, to: i64| {
        let gap = i128::from(to) - i128::from(from);
        gap >= 0 && gap <= i128::from(options.gap_ms_max)
    };
    let mut scans = Vec::new();
    let mut burst: Vec<(char, i64)> = Vec::new();
    let mut end = |burst: &mut Vec<(char, i64)>, at_ms: i64| {
        let fits = (options.chars_min..=options.chars_max).contains(&burst.len());
        if fits && !burst.is_empty() {
            scans.push((burst.iter().map(|(c, _)| *c).collect(), at_ms));
        }
        burst.clear();
    };
    for (event, at_ms) in events.iter().copied() {
        if let Some((_, last_ms)) = burst.last().copied()
            && !within(last_ms, at_ms)
        {
            end(&mut burst, last_ms);
        }
        match event {
            Event::Key('\r' | '\n' | '\t') | Event::End if !burst.is_empty() => {
                end(&mut burst, at_ms);
            }
            Event::Key('\r' | '\n' | '\t') | Event::End | Event::Idle => {}
            Event::Key(c) => burst.push((c, at_ms)),
        }
    }
    scans
}
