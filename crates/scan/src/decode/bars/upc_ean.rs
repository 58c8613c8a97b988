//! EAN-13, EAN-8, UPC-A and UPC-E by comparing the grey of their modules with how each digit
//! would look, at several strengths of blur: what a thresholded picture has lost is still there.

mod guards;
mod text;

use self::guards::find_guards;
pub(super) use self::guards::{END, MIDDLE, OUTER, Place, likeness};
use self::text::{Digits, text_of};
pub(super) use self::text::{FIRST_DIGIT, UPC_E_CHECK};
use super::digits::{LOOKS, Look, SEEN, normalise};
use super::profile::{Edge, Profile};
use crate::types::ScanKind;

/// The shape of a symbol: its modules, the edges it has when sharp, and where its digits begin.
pub(super) struct Shape {
    pub(super) kind: ScanKind,
    pub(super) modules: usize,
    edges: usize,
    pub(super) left: &'static [usize],
    pub(super) right: &'static [usize],
}

pub(super) const SHAPES: [Shape; 3] = [
    Shape {
        kind: ScanKind::Ean13,
        modules: 95,
        edges: 60,
        left: &[3, 10, 17, 24, 31, 38],
        right: &[50, 57, 64, 71, 78, 85],
    },
    Shape {
        kind: ScanKind::Ean8,
        modules: 67,
        edges: 44,
        left: &[3, 10, 17, 24],
        right: &[36, 43, 50, 57],
    },
    Shape {
        kind: ScanKind::UpcE,
        modules: 51,
        edges: 34,
        left: &[3, 10, 17, 24, 31, 38],
        right: &[],
    },
];

/// The most modules of a symbol, and the quiet ones that are looked at beside it.
const MODULES_MAX: usize = 95;
const QUIET: usize = 3;
/// From which fit on guards are a sign of a symbol, read or not.
const SIGN: f32 = 0.7;
const ROOM: usize = MODULES_MAX + 2 * QUIET;

/// A symbol in a line.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Read {
    pub(super) code: String,
    pub(super) kind: ScanKind,
    /// Where it begins and ends along the line.
    pub(super) from: f32,
    pub(super) to: f32,
    /// How well the digits fit on average, at most 1.
    pub(super) fit: f32,
    /// How far the next digit was from the best one, at the least clear place.
    pub(super) margin: f32,
}

/// What a line holds.
#[derive(Debug, Default)]
pub(super) struct Attempt {
    /// The symbol, either way round; the best where several would fit.
    pub(super) read: Option<Read>,
    /// Whether at least the guards of a symbol are there.
    pub(super) guards: bool,
}

/// Reads a line between each of those ends.
pub(super) fn read(profile: &Profile, ends: &[Ends]) -> Attempt {
    let mut attempt = Attempt::default();
    for &(from, to, between) in ends {
        for shape in &SHAPES {
            if !shape.may_have(between) {
                continue;
            }
            let Some(place) = find_guards(profile, from, to, shape) else {
                continue;
            };
            attempt.guards |= place.fit >= SIGN;
            if let Some(read) = read_between(profile, &place, shape) {
                let better = attempt.read.as_ref().is_none_or(|b| read.fit > b.fit);
                if better {
                    attempt.read = Some(read);
                }
            }
        }
    }
    attempt
}

impl Shape {
    /// Whether that many edges may be one's: blur eats some, and dirt makes some; far off the number it is another symbol.
    fn may_have(&self, edges: usize) -> bool {
        edges * 10 >= self.edges * 5 && edges <= self.edges + 4
    }

    /// Which share of its edges that many are; none where they are far too many.
    pub(super) fn share_of(&self, edges: usize) -> f32 {
        if edges > self.edges + 4 {
            0.0
        } else {
            edges as f32 / self.edges as f32
        }
    }

    /// The same where blur leaves little but the widest bars.
    pub(super) fn may_be_blurred(&self, edges: usize) -> bool {
        edges * 10 >= self.edges * 3 && edges <= self.edges + 6
    }
}

/// Where a symbol may begin and end, and how many edges that makes.
pub(super) type Ends = (f32, f32, usize);

/// Pairs of edges that may be the outer ones of a symbol: quiet outside, lively between.
pub(super) fn ends(edges: &[Edge]) -> Vec<Ends> {
    let gap_before = |at: usize| match at {
        0 => edges[0].at,
        _ => edges[at].at - edges[at - 1].at,
    };
    let gap_after = |at: usize| edges.get(at + 1).map_or(f32::MAX, |e| e.at - edges[at].at);
    let mut pairs = Vec::new();
    for first in 0..edges.len() {
        if !edges[first].darker {
            continue;
        }
        let before = gap_before(first);
        for last in first + 16..(first + 66).min(edges.len()) {
            if edges[last].darker {
                continue;
            }
            let length = edges[last].at - edges[first].at;
            let between = last - first + 1;
            // The widest of these symbols has 95 modules; three quiet ones are asked for.
            let module = length
                / if between > 46 {
                    95.0
                } else if between > 36 {
                    67.0
                } else {
                    51.0
                };
            let quiet = before.min(gap_after(last));
            if module >= 0.8 && quiet >= 3.0 * module {
                pairs.push((quiet / module, edges[first].at, edges[last].at, between));
            }
        }
    }
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
    pairs.truncate(4);
    pairs
        .into_iter()
        .map(|(_, from, to, between)| (from, to, between))
        .collect()
}

/// The grey of the modules between two places, quiet ones included; dark is high.
fn modules_between(profile: &Profile, from: f32, to: f32, bend: f32, shape: &Shape) -> [f32; ROOM] {
    let mut values = [0.0; ROOM];
    let count = shape.modules as f32;
    let places = (0..=shape.modules + 2 * QUIET).map(|module| {
        let share = (module as f32 - QUIET as f32) / count;
        from + (to - from) * (share + bend * share * (1.0 - share))
    });
    profile.means(places, &mut values[..shape.modules + 2 * QUIET]);
    for value in &mut values {
        *value = -*value;
    }
    values
}

fn read_between(profile: &Profile, place: &Place, shape: &Shape) -> Option<Read> {
    let (from, to, bend) = (place.from, place.to, place.bend);
    let module = (to - from) / shape.modules as f32;
    let mut result: Option<Read> = None;
    for shift in [0.0, -0.2, 0.2] {
        for stretch in [0.0, -0.35, 0.35] {
            let (from, to) = (
                from + (shift - stretch) * module,
                to + (shift + stretch) * module,
            );
            let values = modules_between(profile, from, to, bend, shape);
            let Some(read) = read_modules(&values, shape, from, to) else {
                continue;
            };
            if result.as_ref().is_none_or(|r| read.fit > r.fit) {
                result = Some(read);
            }
        }
    }
    result
}

fn read_modules(values: &[f32; ROOM], shape: &Shape, from: f32, to: f32) -> Option<Read> {
    let mut turned = *values;
    turned[..shape.modules + 2 * QUIET].reverse();
    let one = read_forwards(values, shape);
    let other = read_forwards(&turned, shape);
    let (digits, fit, margin) = match (one, other) {
        (Some(a), Some(b)) => {
            if a.1 >= b.1 {
                a
            } else {
                b
            }
        }
        (a, b) => a.or(b)?,
    };
    let (code, kind) = text_of(&digits, shape.kind)?;
    Some(Read {
        code,
        kind,
        from,
        to,
        fit,
        margin,
    })
}

/// The digits and the bits of their sets, with fit and margin, at the blur that fits best.
fn read_forwards(values: &[f32; ROOM], shape: &Shape) -> Option<(Digits, f32, f32)> {
    let mut best: Option<(Digits, f32, f32)> = None;
    for looks in LOOKS.iter() {
        let mut digits = Digits::default();
        let (mut sum, mut margin) = (0.0, f32::MAX);
        for (place, start) in shape.left.iter().chain(shape.right).enumerate() {
            let is_left = place < shape.left.len();
            let mut seen = [0.0; SEEN];
            seen.copy_from_slice(&values[QUIET + start - 1..QUIET + start - 1 + SEEN]);
            normalise(&mut seen);
            let sets: &[&[Look; 10]] = match (is_left, shape.kind) {
                (true, ScanKind::Ean8) => &[&looks.odd],
                (true, _) => &[&looks.odd, &looks.even],
                (false, _) => &[&looks.right],
            };
            let (mut first, mut second) = ((f32::MIN, 0, 0), f32::MIN);
            for (set, shapes) in sets.iter().enumerate() {
                for (digit, look) in shapes.iter().enumerate() {
                    let fit: f32 = look.iter().zip(&seen).map(|(a, b)| a * b).sum();
                    if fit > first.0 {
                        second = first.0;
                        first = (fit, digit, set);
                    } else {
                        second = second.max(fit);
                    }
                }
            }
            digits.push(first.1 as u8, first.2 == 1);
            sum += first.0;
            margin = margin.min(first.0 - second);
        }
        let fit = sum / digits.count.max(1) as f32;
        if best.as_ref().is_none_or(|b| fit > b.1) {
            best = Some((digits, fit, margin));
        }
    }
    best.filter(|(_, fit, _)| *fit > 0.86)
}

#[cfg(test)]
mod tests {
    use super::super::drawn::line;
    use super::super::profile::Look as Edges;
    use super::*;

    fn code_in(profile: &Profile) -> Option<String> {
        read(profile, &ends(&profile.edges(Edges::Fine)))
            .read
            .map(|read| read.code)
    }

    #[test]
    fn a_sharp_line_is_read_at_any_size() {
        for pixels in [1.1, 1.7, 2.4, 4.0, 9.3] {
            let found = code_in(&line("4006381333931", pixels, 0.0));
            assert_eq!(
                found.as_deref(),
                Some("4006381333931"),
                "{pixels} pixels a module"
            );
        }
    }

    #[test]
    fn a_blur_of_a_module_and_a_half_is_read_through() {
        for code in ["4006381333931", "9780201379624", "2112345678900"] {
            let found = code_in(&line(code, 3.0, 3.5));
            assert_eq!(found.as_deref(), Some(code));
        }
    }

    #[test]
    fn the_leading_zero_of_a_upc_a_is_left_off() {
        let line = line("0036000291452", 2.0, 1.0);
        let read = read(&line, &ends(&line.edges(Edges::Smooth))).read.unwrap();
        assert_eq!(
            (read.code.as_str(), read.kind),
            ("036000291452", ScanKind::UpcA)
        );
    }

    #[test]
    fn a_wrong_check_digit_is_not_passed_on() {
        assert_eq!(code_in(&line("4006381333930", 3.0, 0.0)), None);
    }
}
