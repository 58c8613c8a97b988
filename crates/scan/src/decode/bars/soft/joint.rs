//! The likeliest code that is one: of all digits at once, by what every line says of each, with the check digit that they must
//! have and the sets that they must be of.

use super::shape::MARKS;
use crate::decode::bars::upc_ean::{FIRST_DIGIT, UPC_E_CHECK};
use crate::types::ScanKind;

/// How well each mark fits a place.
pub(super) type Fits<const N: usize> = [f32; N];

/// The two likeliest codes.
#[derive(Debug, Clone, Default)]
pub(super) struct Likeliest {
    pub(super) code: String,
    /// The marks that are drawn.
    pub(super) marks: Vec<usize>,
    /// The sum of their fits, and that of the likeliest other code.
    pub(super) fit: f32,
    pub(super) next: f32,
}

/// The most digits that are drawn.
const MOST: usize = 12;

/// The sum of at most `M` marks' fits, and the marks.
#[derive(Clone, Copy)]
pub(super) struct Row<const M: usize> {
    pub(super) fit: f32,
    pub(super) marks: [u8; M],
}

impl<const M: usize> Row<M> {
    /// No row at all.
    pub(super) const NONE: Self = Self {
        fit: f32::MIN,
        marks: [0; M],
    };

    /// The same with a mark more; where it is one of the two best it is kept.
    pub(super) fn kept_with(&self, place: usize, mark: usize, fit: f32, best: &mut [Self; 2]) {
        let [first, second] = best;
        let fit = self.fit + fit;
        if fit <= second.fit {
            return;
        }
        let mut longer = Self { fit, ..*self };
        longer.marks[place] = mark as u8;
        if fit > first.fit {
            *second = *first;
            *first = longer;
        } else {
            *second = longer;
        }
    }
}

/// A way in which digits may be a code's: of which sets they are, what each counts in the check, what the rest of it must be.
struct Way<'a> {
    even: u8,
    weights: &'a [usize],
    rest: usize,
    /// A digit at a place that is given, and what the code's first and last digits are.
    given: Option<(usize, usize)>,
    around: (Option<u8>, Option<u8>),
}

pub(super) fn likeliest(fits: &[Fits<MARKS>], kind: ScanKind) -> Option<Likeliest> {
    let mut best: Option<Likeliest> = None;
    let mut consider = |way: &Way<'_>| {
        for Row { fit, marks } in two_best(fits, kind, way) {
            // What is less likely than two others changes nothing.
            if best.as_ref().is_some_and(|best| fit <= best.next) || fit == f32::MIN {
                continue;
            }
            let (code, drawn) = written(&marks[..fits.len()], kind, way);
            let Some(best) = best.as_mut() else {
                best = Some(Likeliest {
                    code,
                    marks: drawn,
                    fit,
                    next: f32::MIN,
                });
                continue;
            };
            if best.code == code {
                continue;
            }
            if fit > best.fit {
                *best = Likeliest {
                    code,
                    marks: drawn,
                    fit,
                    next: best.fit,
                };
            } else {
                best.next = best.next.max(fit);
            }
        }
    };
    match kind {
        ScanKind::Ean13 => {
            for (first, even) in (0..).zip(&FIRST_DIGIT) {
                consider(&Way {
                    even: *even,
                    weights: &[3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1],
                    rest: usize::from((10 - first) % 10),
                    given: None,
                    around: (Some(first), None),
                });
            }
        }
        ScanKind::Ean8 => consider(&Way {
            even: 0,
            weights: &[3, 1, 3, 1, 3, 1, 3, 1],
            rest: 0,
            given: None,
            around: (None, None),
        }),
        _ => {
            // What a digit counts depends on the last one, by which the code is written out.
            for last in 0..10 {
                let weights: &[usize] = match last {
                    0..=2 => &[1, 3, 3, 1, 3, 1],
                    3 => &[1, 3, 1, 1, 3, 0],
                    4 => &[1, 3, 1, 3, 3, 0],
                    _ => &[1, 3, 1, 3, 1, 3],
                };
                for (check, even) in (0..).zip(&UPC_E_CHECK) {
                    consider(&Way {
                        even: *even,
                        weights,
                        rest: usize::from((10 - check) % 10),
                        given: Some((5, last)),
                        around: (Some(0), Some(check)),
                    });
                }
            }
        }
    }
    best
}

/// The two best rows of digits that make the check come out.
fn two_best(fits: &[Fits<MARKS>], kind: ScanKind, way: &Way<'_>) -> [Row<MOST>; 2] {
    let mut rows = [[Row::NONE; 2]; 10];
    rows[0][0].fit = 0.0;
    for (place, fits) in fits.iter().enumerate() {
        let mut next = [[Row::NONE; 2]; 10];
        let from = if is_even(place, kind, way) { 10 } else { 0 };
        let given = way.given.filter(|(at, _)| *at == place);
        let digits = given.map_or(0..10, |(_, digit)| digit..digit + 1);
        for (residue, sofar) in rows.iter().enumerate() {
            for row in sofar.iter().filter(|row| row.fit > f32::MIN) {
                for digit in digits.clone() {
                    let best = &mut next[(residue + digit * way.weights[place]) % 10];
                    row.kept_with(place, digit, fits[from + digit], best);
                }
            }
        }
        rows = next;
    }
    rows[way.rest]
}

fn is_even(place: usize, kind: ScanKind, way: &Way<'_>) -> bool {
    kind != ScanKind::Ean8 && place < 6 && way.even >> (5 - place) & 1 == 1
}

fn written(digits: &[u8], kind: ScanKind, way: &Way<'_>) -> (String, Vec<usize>) {
    let (first, last) = way.around;
    let all = first.iter().chain(digits).chain(last.iter());
    let code = all.map(|digit| char::from(b'0' + digit));
    let drawn = digits.iter().enumerate().map(|(place, digit)| {
        let set = if is_even(place, kind, way) { 10 } else { 0 };
        usize::from(*digit) + set
    });
    (code.collect(), drawn.collect())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Fits that say those marks, and one of them hardly.
    pub(in super::super) fn fits<const N: usize>(
        marks: &[usize],
        doubtful: Option<(usize, usize)>,
    ) -> Vec<Fits<N>> {
        let place = |(at, mark): (usize, &usize)| {
            let mut fits = [0.5; N];
            fits[*mark] = 0.95;
            if let Some((_, other)) = doubtful.filter(|(place, _)| *place == at) {
                fits[other] = 0.96;
            }
            fits
        };
        marks.iter().enumerate().map(place).collect()
    }

    /// 4006381333931 as it is drawn: its first digit is in the sets of the left ones.
    const PENS: [usize; 12] = [0, 10, 6, 3, 18, 11, 3, 3, 3, 9, 3, 1];

    #[test]
    fn digits_that_agree_are_the_code() {
        let found = likeliest(&fits(&PENS, None), ScanKind::Ean13).unwrap();
        assert_eq!(found.code, "4006381333931");
        assert_eq!(found.marks, PENS);
        assert!(found.fit > found.next + 0.8, "{found:?}");
    }

    #[test]
    fn the_check_digit_decides_on_a_digit_that_looks_more_like_another() {
        let found = likeliest(&fits(&PENS, Some((7, 8))), ScanKind::Ean13).unwrap();
        assert_eq!(found.code, "4006381333931");
    }

    #[test]
    fn codes_of_eight_digits_are_told_too() {
        let marks = [9, 6, 3, 8, 5, 0, 7, 4];
        let found = likeliest(&fits(&marks, Some((2, 9))), ScanKind::Ean8).unwrap();
        assert_eq!(found.code, "96385074");
    }

    #[test]
    fn a_short_upc_is_written_out_for_its_check() {
        // 0425261 with the check digit 4: the sets are those of UPC-E's 4.
        let marks = [14, 2, 15, 12, 6, 1];
        let found = likeliest(&fits(&marks, None), ScanKind::UpcE).unwrap();
        assert_eq!(found.code, "04252614");
    }

    #[test]
    fn noise_is_nearly_as_likely_to_be_another_code() {
        let even = vec![[0.8; MARKS]; 12];
        let found = likeliest(&even, ScanKind::Ean13).unwrap();
        assert!(found.fit - found.next < 1e-4, "{found:?}");
    }
}
