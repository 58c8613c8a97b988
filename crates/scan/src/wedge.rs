//! Hand scanners that type like a keyboard ("wedge"): told apart from a person by their speed.
//! Pure: keys and their times go in, scans come out.

use crate::ean;
use crate::types::{Found, Scan, ScanSource};

/// What a hand scanner looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WedgeOptions {
    /// The longest time between two keys of one burst, in milliseconds.
    pub gap_ms_max: i64,
    /// The shortest code; shorter bursts are a person's.
    pub chars_min: usize,
    /// The longest code; longer bursts are a key held down or pasted text.
    pub chars_max: usize,
}

impl Default for WedgeOptions {
    fn default() -> Self {
        Self {
            gap_ms_max: 35,
            chars_min: 6,
            chars_max: 512,
        }
    }
}

/// One key press.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WedgeKey {
    /// A key that writes a character.
    Char(char),
    /// Enter or Tab: what scanners end a code with.
    End,
}

impl From<char> for WedgeKey {
    /// Carriage return, line feed and tab end a code; all else is written.
    fn from(c: char) -> Self {
        if matches!(c, '\r' | '\n' | '\t') {
            Self::End
        } else {
            Self::Char(c)
        }
    }
}

/// Finds scans in a stream of keys.
#[derive(Debug, Default)]
pub struct WedgeDetector {
    options: WedgeOptions,
    burst: String,
    chars: usize,
    last_ms: Option<i64>,
}

impl WedgeDetector {
    /// A detector for scanners like that.
    #[must_use]
    pub fn new(options: WedgeOptions) -> Self {
        Self {
            options,
            ..Self::default()
        }
    }

    /// Takes one key at its time (milliseconds of any clock that does not go back) and returns a
    /// scan when a burst ends with it: by Enter or Tab, or by a pause before this key.
    pub fn key(&mut self, key: impl Into<WedgeKey>, at_ms: i64) -> Option<Scan> {
        let paused = self.idle(at_ms);
        match key.into() {
            WedgeKey::End => paused.or_else(|| self.finish(at_ms)),
            WedgeKey::Char(c) => {
                // One more than allowed is kept in mind, so that a long burst stays refused.
                if self.chars <= self.options.chars_max {
                    self.burst.push(c);
                    self.chars += 1;
                }
                self.last_ms = Some(at_ms);
                paused
            }
        }
    }

    /// Tells the time without a key, for scanners that send no Enter: returns the scan that the
    /// pause ended.
    pub fn idle(&mut self, now_ms: i64) -> Option<Scan> {
        let last_ms = self.last_ms?;
        if (0..=self.options.gap_ms_max).contains(&now_ms.saturating_sub(last_ms)) {
            return None;
        }
        self.finish(last_ms)
    }

    fn finish(&mut self, at_ms: i64) -> Option<Scan> {
        let code = std::mem::take(&mut self.burst);
        let chars = std::mem::take(&mut self.chars);
        self.last_ms = None;
        if code.is_empty() || chars < self.options.chars_min || chars > self.options.chars_max {
            return None;
        }
        let kind = ean::guess_kind(&code);
        Some(
            Found {
                code,
                kind,
                outline: None,
            }
            .into_scan(ScanSource::Wedge, at_ms),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::ScanKind;
    use proptest::prelude::*;

    fn typed(text: &str, every_ms: i64) -> Vec<Scan> {
        let mut wedge = WedgeDetector::default();
        let keys = text.chars().enumerate();
        keys.filter_map(|(i, c)| wedge.key(c, 1000 + i as i64 * every_ms))
            .collect()
    }

    #[test]
    fn a_fast_burst_with_enter_is_a_scan() {
        let scans = typed("4006381333931\n", 5);
        assert_eq!(scans.len(), 1);
        assert_eq!(scans[0].code, "4006381333931");
        assert_eq!(scans[0].kind, ScanKind::Ean13);
        assert_eq!(scans[0].source, ScanSource::Wedge);
        assert_eq!(scans[0].at_ms, 1065);
    }

    #[test]
    fn tab_ends_a_scan_as_well() {
        assert_eq!(typed("CARD:abc123\t", 20)[0].kind, ScanKind::Unknown);
    }

    #[test]
    fn the_slowest_scanner_is_still_heard() {
        assert_eq!(typed("12345678\r", 35).len(), 1);
        assert!(typed("12345678\r", 36).is_empty());
    }

    #[test]
    fn a_short_burst_is_a_person() {
        assert!(typed("12345\n", 5).is_empty());
    }

    #[test]
    fn a_pause_ends_a_scan_without_enter() {
        let mut wedge = WedgeDetector::default();
        for (i, c) in "96385074".chars().enumerate() {
            assert_eq!(wedge.key(c, i as i64 * 10), None);
        }
        assert_eq!(wedge.idle(100), None);
        assert_eq!(
            wedge.idle(106).map(|scan| scan.code).as_deref(),
            Some("96385074")
        );
        assert_eq!(wedge.idle(1000), None);
    }

    #[test]
    fn what_was_typed_before_a_scan_is_not_part_of_it() {
        let mut wedge = WedgeDetector::default();
        assert_eq!(wedge.key('x', 0), None);
        let keys = "4006381333931\n".chars().enumerate();
        let scans: Vec<_> = keys
            .filter_map(|(i, c)| wedge.key(c, 500 + i as i64 * 5))
            .collect();
        assert_eq!(scans.len(), 1);
        assert_eq!(scans[0].code, "4006381333931");
    }

    #[test]
    fn two_scans_in_a_row_are_two() {
        assert_eq!(typed("4006381333931\n96385074\n", 4).len(), 2);
    }

    #[test]
    fn a_key_held_down_is_no_scan() {
        assert!(typed(&format!("{}\n", "a".repeat(5000)), 30).is_empty());
    }

    #[test]
    fn enter_alone_is_no_scan_however_short_a_code_may_be() {
        let mut wedge = WedgeDetector::new(WedgeOptions {
            chars_min: 0,
            ..WedgeOptions::default()
        });
        assert_eq!(wedge.key(WedgeKey::End, 0), None);
        assert_eq!(wedge.idle(1000), None);
    }

    #[test]
    fn a_clock_that_jumps_ends_a_burst_and_breaks_nothing() {
        for (before, after) in [(i64::MIN, i64::MAX), (i64::MAX, i64::MIN), (0, -1)] {
            let mut wedge = WedgeDetector::default();
            for c in "96385074".chars() {
                assert_eq!(wedge.key(c, before), None);
            }
            let scan = wedge.key('x', after).expect("the jump is a pause");
            assert_eq!((scan.code.as_str(), scan.at_ms), ("96385074", before));
        }
    }

    proptest! {
        #[test]
        fn no_typing_slower_than_a_scanner_is_ever_a_scan(
            text in "[ -~]{0,40}",
            gaps in prop::collection::vec(36_i64..800, 41),
        ) {
            let mut wedge = WedgeDetector::default();
            let mut now = 0;
            for (c, gap) in text.chars().chain(['\n']).zip(gaps) {
                now += gap;
                prop_assert_eq!(wedge.key(c, now), None);
            }
        }

        #[test]
        fn any_code_typed_by_a_scanner_arrives_whole(
            code in "[!-~]{6,60}",
            gaps in prop::collection::vec(0_i64..=35, 61),
        ) {
            let mut wedge = WedgeDetector::default();
            let mut now = 0;
            let mut scans = Vec::new();
            for (c, gap) in code.chars().chain(['\n']).zip(gaps) {
                now += gap;
                scans.extend(wedge.key(c, now));
            }
            prop_assert_eq!(scans.len(), 1);
            prop_assert_eq!(&scans[0].code, &code);
        }
    }
}
