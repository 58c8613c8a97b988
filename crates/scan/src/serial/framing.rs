//! From a stream of bytes to codes: what a serial scanner sends is cut where the scanner ends a code.
//! Pure: bytes and their times go in, texts come out.

use serde::{Deserialize, Serialize};

/// The longest code, in bytes. What is longer is dropped up to its end: a port that chatters must not fill the memory.
pub const SERIAL_CODE_BYTES_MAX: usize = 4096;

/// How long a code without its end is kept, in milliseconds: what a cable lost must not be glued to the next code.
const UNFINISHED_MS_MAX: i64 = 2000;
/// How long a scanner that sends no end is silent between two codes, in milliseconds. Its bytes follow each other
/// within one or two, at 300 baud within 34.
const PAUSE_MS: i64 = 120;

const START_OF_TEXT: u8 = 0x02;
const END_OF_TEXT: u8 = 0x03;

/// What a scanner ends a code with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SerialEnding {
    /// Carriage return, line feed, or both; an end of text (ETX) counts as well.
    #[default]
    Line,
    /// A tab.
    Tab,
    /// Nothing: a pause tells two codes apart.
    Pause,
}

/// Cuts a stream of bytes into codes.
#[derive(Debug, Default)]
pub struct SerialFraming {
    ending: SerialEnding,
    bytes: Vec<u8>,
    too_long: bool,
    last_ms: Option<i64>,
}

impl SerialFraming {
    /// For scanners that end a code like that.
    #[must_use]
    pub fn new(ending: SerialEnding) -> Self {
        Self {
            ending,
            ..Self::default()
        }
    }

    /// Takes bytes that came at one time (milliseconds of any clock) and returns the codes that end in them.
    pub fn take(&mut self, bytes: &[u8], at_ms: i64) -> Vec<String> {
        let mut codes: Vec<String> = self.idle(at_ms).into_iter().collect();
        for byte in bytes {
            if self.ends(*byte) {
                codes.extend(self.finish());
            } else if *byte == START_OF_TEXT {
                // What was before it lost its end: half a code may be another product's.
                self.forget();
            } else {
                self.too_long |= self.bytes.len() >= SERIAL_CODE_BYTES_MAX;
                if !self.too_long {
                    self.bytes.push(*byte);
                }
            }
        }
        if !bytes.is_empty() {
            self.last_ms = Some(at_ms);
        }
        codes
    }

    /// Tells the time without a byte: returns the code that the pause ended, where pauses end codes. Elsewhere a code
    /// that does not go on is dropped: half a code may be another product's.
    pub fn idle(&mut self, now_ms: i64) -> Option<String> {
        let silent_ms = self.last_ms.map_or(0, |last| now_ms.saturating_sub(last));
        if self.ending == SerialEnding::Pause {
            // A clock that was set back ends it too.
            return if (0..PAUSE_MS).contains(&silent_ms) {
                None
            } else {
                self.finish()
            };
        }
        if !(0..UNFINISHED_MS_MAX).contains(&silent_ms) {
            self.forget();
        }
        None
    }

    fn ends(&self, byte: u8) -> bool {
        match self.ending {
            SerialEnding::Line => matches!(byte, b'\r' | b'\n' | END_OF_TEXT),
            SerialEnding::Tab => byte == b'\t',
            // Whoever chose the pause for a scanner that sends an end after all gets no code with a line feed in it.
            SerialEnding::Pause => matches!(byte, b'\r' | b'\n' | b'\t' | END_OF_TEXT),
        }
    }

    fn finish(&mut self) -> Option<String> {
        let too_long = self.too_long;
        let bytes = self.forget();
        if too_long {
            tracing::warn!("a code that was too long was dropped");
            return None;
        }
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            // Older scanners send Latin-1, whose bytes are the first code points.
            Err(err) => err.into_bytes().iter().map(|b| char::from(*b)).collect(),
        };
        // The separators of GS1 (FNC1 as GS) and of other data are part of a code; blanks around it are not.
        let text = text.trim_matches([' ', '\r', '\n', '\t', '\0']);
        (!text.is_empty()).then(|| text.to_owned())
    }

    fn forget(&mut self) -> Vec<u8> {
        self.too_long = false;
        self.last_ms = None;
        std::mem::take(&mut self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lines(bytes: &[u8]) -> Vec<String> {
        SerialFraming::new(SerialEnding::Line).take(bytes, 0)
    }

    #[test]
    fn each_way_to_end_a_line_ends_one_code() {
        for sent in [
            &b"123456\r"[..],
            b"123456\n",
            b"123456\r\n",
            b"\x02123456\x03",
        ] {
            assert_eq!(lines(sent), ["123456"], "{sent:?}");
        }
    }

    #[test]
    fn the_separators_of_gs1_stay_in_the_code() {
        let sent = b"\x1d0104006381333931\x1d10AB12\r\n";
        assert_eq!(lines(sent), ["\u{1d}0104006381333931\u{1d}10AB12"]);
    }

    #[test]
    fn a_tab_ends_a_code_where_that_is_what_the_scanner_sends() {
        let mut framing = SerialFraming::new(SerialEnding::Tab);
        assert_eq!(framing.take(b"one\ttwo\tthr", 0), ["one", "two"]);
        assert_eq!(framing.take(b"ee\t", 10), ["three"]);
    }

    #[test]
    fn a_code_without_an_end_is_handed_on_after_a_pause_where_pauses_end_codes() {
        let mut framing = SerialFraming::new(SerialEnding::Pause);
        assert!(framing.take(b"400638", 0).is_empty());
        assert!(framing.take(b"1333931", 20).is_empty());
        assert_eq!(framing.idle(60), None);
        assert_eq!(framing.idle(140), Some("4006381333931".to_owned()));
        assert_eq!(framing.idle(1000), None);
    }

    #[test]
    fn the_next_code_ends_the_one_before_the_pause() {
        let mut framing = SerialFraming::new(SerialEnding::Pause);
        framing.take(b"one", 0);
        assert_eq!(framing.take(b"two", 500), ["one"]);
        assert_eq!(framing.idle(700), Some("two".to_owned()));
    }

    #[test]
    fn half_a_code_is_not_glued_to_the_next_one() {
        let mut framing = SerialFraming::new(SerialEnding::Line);
        assert!(framing.take(b"400638", 0).is_empty());
        assert_eq!(framing.take(b"7750182000017\r", 5000), ["7750182000017"]);
    }

    #[test]
    fn the_start_of_a_code_drops_half_a_code_before_it() {
        assert_eq!(lines(b"400638\x027750182000017\x03"), ["7750182000017"]);
    }

    #[test]
    fn a_code_that_never_ends_is_dropped_and_the_next_one_is_read() {
        let mut framing = SerialFraming::new(SerialEnding::Line);
        for _ in 0..1000 {
            assert!(framing.take(&[b'x'; 1000], 0).is_empty());
        }
        assert!(framing.bytes.capacity() <= 2 * SERIAL_CODE_BYTES_MAX);
        assert_eq!(framing.take(b"\r\nnext\r\n", 1), ["next"]);
    }

    #[test]
    fn latin_1_is_read_as_such() {
        assert_eq!(lines(b"Caf\xe9\r"), ["Café"]);
    }

    proptest! {
        /// However the system tears the bytes apart, the same codes come out.
        #[test]
        fn codes_do_not_depend_on_how_their_bytes_arrive(
            codes in prop::collection::vec("[!-~\u{1d}]{1,40}", 1..6),
            cuts in prop::collection::vec(1..30_usize, 1..40),
        ) {
            let sent: Vec<u8> = codes.iter().flat_map(|c| format!("{c}\r\n").into_bytes()).collect();
            let mut framing = SerialFraming::new(SerialEnding::Line);
            let (mut rest, mut read) = (&sent[..], Vec::new());
            for cut in cuts.iter().cycle() {
                let (now, later) = rest.split_at((*cut).min(rest.len()));
                read.extend(framing.take(now, 0));
                rest = later;
                if rest.is_empty() {
                    break;
                }
            }
            prop_assert_eq!(read, codes);
        }

        #[test]
        fn no_bytes_at_any_times_make_an_empty_or_endless_code(
            parts in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..60), any::<i64>()), 0..40),
        ) {
            for ending in [SerialEnding::Line, SerialEnding::Tab, SerialEnding::Pause] {
                let mut framing = SerialFraming::new(ending);
                for (bytes, at_ms) in &parts {
                    for code in framing.take(bytes, *at_ms) {
                        prop_assert!(!code.is_empty());
                        // A byte of Latin-1 is two of UTF-8.
                        prop_assert!(code.len() <= 2 * SERIAL_CODE_BYTES_MAX);
                    }
                }
            }
        }
    }
}
