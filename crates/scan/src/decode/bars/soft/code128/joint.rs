//! The likeliest text: of all rows of marks whose check mark is right the one that fits best.

use rxing::common::BitArray;
use rxing::oned::{Code128Reader, OneDReader};

use super::patterns::{STARTS, STOP, modules_of};
use super::{Code128, MARKS, MARKS_MAX, WIDTH};
use crate::decode::bars::soft::BESIDE;
use crate::decode::bars::soft::joint::{Fits, Likeliest, Row};
use crate::decode::bars::soft::symbol::Symbol;
use crate::decode::guarded;

/// What the check mark is the remainder of.
const MODULUS: usize = 103;

/// Marks of a place that are considered.
const CONSIDERED: usize = 6;

pub(super) fn likeliest(symbol: Code128, fits: &[Fits<MARKS>]) -> Option<Likeliest> {
    let [best, next] = two_best(symbol, fits);
    if best.fit == f32::MIN {
        return None;
    }
    // All end alike.
    let (last, before) = fits.split_last()?;
    let marks = best.marks[..before.len()].iter().copied().map(usize::from);
    let marks: Vec<usize> = marks.chain([STOP]).collect();
    Some(Likeliest {
        code: text_of(symbol, &marks)?,
        marks,
        fit: best.fit + last[STOP],
        next: next.fit + last[STOP],
    })
}

/// The two best rows of marks that make the check come out.
fn two_best(symbol: Code128, fits: &[Fits<MARKS>]) -> [Row<MARKS_MAX>; 2] {
    let check = fits.len() - 2;
    let mut rows = vec![[Row::NONE; 2]; MODULUS];
    let nothing = Row {
        fit: 0.0,
        ..Row::NONE
    };
    for mark in STARTS {
        nothing.kept_with(0, mark, fits[0][mark], &mut rows[mark % MODULUS]);
    }
    for place in 1..check {
        let mut next = vec![[Row::NONE; 2]; MODULUS];
        let marks = best_marks(symbol, place, &fits[place]);
        for (residue, sofar) in rows.iter().enumerate() {
            for row in sofar.iter().filter(|row| row.fit > f32::MIN) {
                for (mark, fit) in &marks {
                    let best = &mut next[(residue + place * mark) % MODULUS];
                    row.kept_with(place, *mark, *fit, best);
                }
            }
        }
        rows = next;
    }
    let mut best = [Row::NONE; 2];
    for (residue, sofar) in rows.iter().enumerate() {
        for row in sofar.iter().filter(|row| row.fit > f32::MIN) {
            row.kept_with(check, residue, fits[check][residue], &mut best);
        }
    }
    best
}

fn best_marks(symbol: Code128, place: usize, fits: &Fits<MARKS>) -> Vec<(usize, f32)> {
    let mut marks: Vec<(usize, f32)> = symbol.marks(place).map(|mark| (mark, fits[mark])).collect();
    marks.sort_by(|a, b| b.1.total_cmp(&a.1));
    marks.truncate(CONSIDERED);
    marks
}

/// What the marks say, if they say something.
fn text_of(symbol: Code128, marks: &[usize]) -> Option<String> {
    let drawn = symbol.drawn(marks);
    let mut row = BitArray::with_size(drawn.len() + 2 * BESIDE);
    for (at, _) in drawn.iter().enumerate().filter(|(_, dark)| **dark > 0.5) {
        row.set(at + BESIDE);
    }
    let read = guarded(|| {
        Code128Reader
            .decode_row(0, &row, &rxing::DecodeHints::default())
            .ok()
    });
    let text = read??.getText().to_owned();
    (!text.is_empty()).then_some(text)
}

/// The modules of marks in a row.
pub(super) fn drawn(marks: &[usize], modules: &mut [f32]) {
    for (place, mark) in marks.iter().enumerate() {
        modules[place * WIDTH..(place + 1) * WIDTH].copy_from_slice(&modules_of(*mark));
    }
    let end = marks.len() * WIDTH;
    modules[end..end + 2].fill(1.0);
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::decode::bars::soft::joint::tests::fits;

    /// The marks of a text in set B, start, check and stop among them.
    pub(in super::super) fn marks_of(text: &str) -> Vec<usize> {
        let mut marks = vec![104];
        marks.extend(text.bytes().map(|byte| usize::from(byte - b' ')));
        let weighed = marks.iter().enumerate().skip(1);
        let sum: usize = marks[0] + weighed.map(|(place, mark)| place * mark).sum::<usize>();
        marks.extend([sum % MODULUS, STOP]);
        marks
    }

    /// The modules of a text, dark is true.
    pub(in super::super) fn modules_of_text(text: &str) -> Vec<bool> {
        let marks = marks_of(text);
        let mut modules = vec![0.0; Code128 { marks: marks.len() }.len()];
        drawn(&marks, &mut modules);
        modules.iter().map(|dark| *dark > 0.5).collect()
    }

    fn told(fits: &[Fits<MARKS>]) -> Likeliest {
        let marks = fits.len();
        likeliest(Code128 { marks }, fits).unwrap()
    }

    #[test]
    fn every_printable_mark_says_what_the_standard_says() {
        for first in (b' '..=b'~').step_by(5) {
            let text: String = (first..first + 5)
                .filter(|byte| *byte <= b'~')
                .map(char::from)
                .collect();
            let marks = marks_of(&text);
            let symbol = Code128 { marks: marks.len() };
            assert_eq!(text_of(symbol, &marks), Some(text));
        }
    }

    #[test]
    fn marks_that_agree_are_the_code() {
        let marks = marks_of("Aisle 7");
        let found = told(&fits(&marks, None));
        assert_eq!((found.code.as_str(), &found.marks), ("Aisle 7", &marks));
        assert!(found.fit > found.next + 0.8, "{found:?}");
    }

    #[test]
    fn the_check_mark_decides_on_a_mark_that_looks_more_like_another() {
        let found = told(&fits(&marks_of("Aisle 7"), Some((3, 40))));
        assert_eq!(found.code, "Aisle 7");
    }

    #[test]
    fn marks_that_say_nothing_are_no_code() {
        // Start in set C, then set B, and nothing in it.
        let marks = [105, 100, (105 + 100) % MODULUS, STOP];
        assert!(likeliest(Code128 { marks: 4 }, &fits(&marks, None)).is_none());
    }

    #[test]
    fn noise_is_nearly_as_likely_to_be_another_code() {
        let even = vec![[0.8; MARKS]; 9];
        let [best, next] = two_best(Code128 { marks: 9 }, &even);
        assert!(best.fit - next.fit < 1e-4);
    }
}
