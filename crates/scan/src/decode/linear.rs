//! Product codes and Code 128. One check digit lets one in ten random reads pass, and a wrong
//! product is worse than none: so many lines are read, and a code counts only after a vote.

use std::borrow::Cow;
use std::collections::HashSet;

use rxing::common::{BitArray, GlobalHistogramBinarizer};
use rxing::oned::{Code128Reader, MultiFormatUPCEANReader, OneDReader};
use rxing::{BarcodeFormat, Binarizer, DecodeHints, Luma8Source, RXingResult};

use super::Reader;
use crate::ean;
use crate::frame::GreyFrame;
use crate::types::{Found, Point, ScanKind};

/// Lines out of `lines` that must agree before a code is believed. Neighbouring lines err
/// together, so more lines ask for more votes.
fn votes_needed(kind: ScanKind, code: &str, lines: usize) -> usize {
    match kind {
        // Few digits, so a part of another code passes more easily.
        ScanKind::Ean8 | ScanKind::UpcE => (lines / 8).max(4),
        ScanKind::Code128 if code.len() < 6 => (lines / 8).max(4),
        _ => (lines / 24).max(3),
    }
}

/// The most lines that a picture's own best code may be contested by: 1 in `CONTEST`.
const CONTEST: usize = 2;

/// One way to look at a picture: the longer side it is shrunk to, and how many rows become one
/// line.
type Look = (u32, usize);

/// rxing's line readers over `lines` rows and `lines` columns, one look after the other until a
/// code has its votes.
pub(super) struct Linear {
    pub(super) looks: &'static [Look],
    pub(super) lines: usize,
}

impl Reader for Linear {
    fn read(&self, frame: &GreyFrame) -> Vec<Found> {
        let mut ballot = Ballot {
            lines: self.lines,
            candidates: Vec::new(),
        };
        for &(side, thick) in self.looks {
            let small = frame
                .shrunk_to(side)
                .map_or(Cow::Borrowed(frame), Cow::Owned);
            for turned in [false, true] {
                let seen = if turned {
                    Cow::Owned(small.transposed())
                } else {
                    small.clone()
                };
                vote(&seen.strips(self.lines, thick), turned, &mut ballot);
            }
            if ballot.has_a_winner() {
                break;
            }
        }
        ballot.winners()
    }

    fn is_worth_trying(&self, found: &[Found]) -> bool {
        // Whoever holds up a card does not hold up a product as well.
        found.is_empty()
    }
}

/// Reads each row of the picture, both ways round.
fn vote(frame: &GreyFrame, turned: bool, ballot: &mut Ballot) {
    let Ok(source) = Luma8Source::new_with_slice(frame.luma(), frame.width(), frame.height())
    else {
        return;
    };
    let binarizer = GlobalHistogramBinarizer::new(source);
    let mut readers = Readers::new();
    let height = frame.height() as usize;
    for y in 0..height {
        let Ok(row) = binarizer.get_black_row(y) else {
            continue;
        };
        let mut row = row.into_owned();
        for reversed in [false, true] {
            if reversed {
                row.reverse();
            }
            if let Some((code, kind, ends)) = readers.read(y, &row) {
                let width = frame.width() as f32;
                let [from, to] = ends.map(|x| if reversed { width - 1.0 - x } else { x } / width);
                let at = (y as f32 + 0.5) / frame.height() as f32;
                ballot.add(code, kind, turned, [from.min(to), from.max(to)], at);
                break;
            }
        }
    }
}

struct Readers {
    products: MultiFormatUPCEANReader,
    hints: DecodeHints,
}

impl Readers {
    fn new() -> Self {
        let formats = [
            BarcodeFormat::EAN_13,
            BarcodeFormat::EAN_8,
            BarcodeFormat::UPC_A,
            BarcodeFormat::UPC_E,
            BarcodeFormat::CODE_128,
        ];
        let hints = DecodeHints {
            PossibleFormats: Some(HashSet::from(formats)),
            ..DecodeHints::default()
        };
        Self {
            products: MultiFormatUPCEANReader::new(&hints),
            hints,
        }
    }

    fn read(&mut self, y: usize, row: &BitArray) -> Option<(String, ScanKind, [f32; 2])> {
        let y = u32::try_from(y).ok()?;
        let result = self
            .products
            .decode_row(y, row, &self.hints)
            .or_else(|_| Code128Reader.decode_row(y, row, &self.hints))
            .ok()?;
        let kind = kind_of(&result)?;
        let code = result.getText().to_owned();
        let ends = match result.getPoints() {
            [a, .., b] => [a.x, b.x],
            _ => return None,
        };
        ean::is_valid(&code, kind).then_some((code, kind, ends))
    }
}

fn kind_of(result: &RXingResult) -> Option<ScanKind> {
    match result.getBarcodeFormat() {
        BarcodeFormat::EAN_13 => Some(ScanKind::Ean13),
        BarcodeFormat::EAN_8 => Some(ScanKind::Ean8),
        BarcodeFormat::UPC_A => Some(ScanKind::UpcA),
        BarcodeFormat::UPC_E => Some(ScanKind::UpcE),
        BarcodeFormat::CODE_128 => Some(ScanKind::Code128),
        _ => None,
    }
}

struct Ballot {
    lines: usize,
    candidates: Vec<Candidate>,
}

struct Candidate {
    code: String,
    kind: ScanKind,
    turned: bool,
    votes: usize,
    /// Along the lines, and across them, in shares of the picture.
    along: [f32; 2],
    across: [f32; 2],
}

impl Ballot {
    fn add(&mut self, code: String, kind: ScanKind, turned: bool, along: [f32; 2], at: f32) {
        let known = self
            .candidates
            .iter_mut()
            .find(|c| c.kind == kind && c.turned == turned && c.code == code);
        match known {
            Some(c) => {
                c.votes += 1;
                c.along = [c.along[0].min(along[0]), c.along[1].max(along[1])];
                c.across = [c.across[0].min(at), c.across[1].max(at)];
            }
            None => {
                let across = [at, at];
                self.candidates.push(Candidate {
                    code,
                    kind,
                    turned,
                    votes: 1,
                    along,
                    across,
                });
            }
        }
    }

    fn is_winner(&self, one: &Candidate) -> bool {
        one.votes >= votes_needed(one.kind, &one.code, self.lines)
            && self.candidates.iter().all(|other| {
                (other.code == one.code && other.kind == one.kind)
                    || !one.overlaps(other)
                    || one.votes > other.votes * CONTEST
            })
    }

    fn has_a_winner(&self) -> bool {
        self.candidates.iter().any(|one| self.is_winner(one))
    }

    fn winners(&self) -> Vec<Found> {
        self.candidates
            .iter()
            .filter(|one| self.is_winner(one))
            .map(|one| Found {
                code: one.code.clone(),
                kind: one.kind,
                outline: Some(one.outline()),
            })
            .collect()
    }
}

impl Candidate {
    /// Whether both claim the same bars; two products in one picture are no contradiction.
    fn overlaps(&self, other: &Self) -> bool {
        let meet = |a: [f32; 2], b: [f32; 2]| a[0] <= b[1] && b[0] <= a[1];
        let (mine, theirs) = (self.box_of(), other.box_of());
        meet(mine[0], theirs[0]) && meet(mine[1], theirs[1])
    }

    /// The spans across x and y.
    fn box_of(&self) -> [[f32; 2]; 2] {
        if self.turned {
            [self.across, self.along]
        } else {
            [self.along, self.across]
        }
    }

    fn outline(&self) -> [Point; 4] {
        let [[left, right], [top, bottom]] = self.box_of();
        [(left, top), (right, top), (right, bottom), (left, bottom)].map(|(x, y)| Point { x, y })
    }
}
