//! What lines say becomes a code only by agreement: one check digit lets one in ten random reads
//! pass, and a wrong product is worse than none.

use super::bars::{Family, LineRead, outline};
use crate::frame::GreyFrame;
use crate::types::{Found, ScanKind};

/// Frames after which a vote has lost half its weight.
const FADING: f32 = 6.0;

/// How many times the votes of the runner-up a code needs.
const CONTEST: f32 = 2.0;

/// How many times as many a short code needs that does not look like one: where the digits of a longer one are washed out, all lines tell the same widths.
const WIDTHS_ALONE: f32 = 3.0;

/// How far apart in pixels lines must lie that say the same: bars are taller than a scratch.
const TALL: f32 = 4.0;

/// The votes that a code needs. Few digits pass by chance more easily, and the left half of an
/// EAN-13 looks much like a UPC-E.
fn votes_needed(kind: ScanKind, code: &str) -> f32 {
    match kind {
        ScanKind::Ean8 => 4.0,
        ScanKind::UpcE if code.starts_with('0') => 4.0,
        ScanKind::UpcE => 8.0,
        ScanKind::Code128 if code.len() < 6 => 4.0,
        _ => 2.5,
    }
}

/// Votes of this frame and the ones before it.
#[derive(Debug, Default)]
pub(super) struct Ballot {
    candidates: Vec<Candidate>,
}

#[derive(Debug)]
struct Candidate {
    code: String,
    kind: ScanKind,
    votes: f32,
    families: [f32; 2],
    /// How far apart lines of one frame lay, at most, that are not one beside the other.
    height: f32,
    /// Lines of the newest frame in which it was read.
    lines: Vec<[(f32, f32); 2]>,
    /// Whether it was read in the frame that is being looked at.
    now: bool,
}

impl Ballot {
    /// Another frame begins.
    pub(super) fn next_frame(&mut self) {
        let kept = 0.5_f32.powf(1.0 / FADING);
        for one in &mut self.candidates {
            one.votes *= kept;
            one.families = one.families.map(|votes| votes * kept);
            one.now = false;
        }
        self.candidates.retain(|one| one.votes > 0.2);
    }

    pub(super) fn add(&mut self, reads: Vec<LineRead>) {
        for read in reads {
            let family = match read.family {
                Family::Looks => 0,
                Family::Widths => 1,
            };
            let known = self
                .candidates
                .iter_mut()
                .position(|c| c.kind == read.kind && c.code == read.code);
            let at = known.unwrap_or_else(|| {
                self.candidates.push(Candidate {
                    code: read.code.clone(),
                    kind: read.kind,
                    votes: 0.0,
                    families: [0.0; 2],
                    height: 0.0,
                    lines: Vec::new(),
                    now: false,
                });
                self.candidates.len() - 1
            });
            let one = &mut self.candidates[at];
            if !one.now {
                one.lines.clear();
                one.now = true;
            }
            one.votes += read.worth;
            one.families[family] += read.worth;
            for line in &one.lines {
                let apart = distance(middle(line), middle(&read.ends)) - read.thick as f32;
                one.height = one.height.max(apart);
            }
            one.lines.push(read.ends);
        }
    }

    /// The codes of this frame that have their votes.
    pub(super) fn winners(&self, frame: &GreyFrame) -> Vec<Found> {
        self.candidates
            .iter()
            .filter(|one| one.now && self.is_winner(one))
            .map(|one| Found {
                code: one.code.clone(),
                kind: one.kind,
                outline: outline(&one.lines, frame),
            })
            .collect()
    }

    /// Whether there is a code that more votes might make a winner.
    pub(super) fn is_open(&self) -> bool {
        self.candidates.iter().any(|one| one.now)
    }

    fn is_winner(&self, one: &Candidate) -> bool {
        let both = one.families.iter().all(|votes| *votes >= 0.5);
        let needed = match one.kind {
            ScanKind::Ean8 | ScanKind::UpcE if one.families[0] < 0.5 => {
                votes_needed(one.kind, &one.code) * WIDTHS_ALONE
            }
            kind => votes_needed(kind, &one.code) - if both { 0.5 } else { 0.0 },
        };
        one.votes >= needed
            && one.height >= TALL
            && self.candidates.iter().all(|other| {
                std::ptr::eq(one, other)
                    || !one.overlaps(other)
                    || one.votes > other.votes * CONTEST
            })
    }
}

fn middle([a, b]: &[(f32, f32); 2]) -> (f32, f32) {
    ((a.0 + b.0) / 2.0, (a.1 + b.1) / 2.0)
}

fn distance(a: (f32, f32), b: (f32, f32)) -> f32 {
    (a.0 - b.0).hypot(a.1 - b.1)
}

impl Candidate {
    /// Whether both claim the same bars; two products in one picture are no contradiction.
    fn overlaps(&self, other: &Self) -> bool {
        let (a, b) = (self.bounds(), other.bounds());
        (0..2).all(|axis| a[axis][0] <= b[axis][1] && b[axis][0] <= a[axis][1])
    }

    /// The spans across x and y.
    fn bounds(&self) -> [[f32; 2]; 2] {
        let mut bounds = [[f32::MAX, f32::MIN]; 2];
        for (x, y) in self.lines.iter().flatten() {
            for (span, at) in bounds.iter_mut().zip([*x, *y]) {
                *span = [span[0].min(at), span[1].max(at)];
            }
        }
        bounds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame() -> GreyFrame {
        GreyFrame::new(640, 480, vec![0; 640 * 480]).unwrap()
    }

    fn line(code: &str, kind: ScanKind, family: Family, y: f32) -> LineRead {
        LineRead {
            code: code.to_owned(),
            kind,
            family,
            ends: [(100.0, y), (300.0, y)],
            worth: 1.0,
            thick: 1,
        }
    }

    fn lines(code: &str, kind: ScanKind, count: usize) -> Vec<LineRead> {
        let place = |at: usize| line(code, kind, Family::Looks, 100.0 + at as f32 * 10.0);
        (0..count).map(place).collect()
    }

    fn won(ballot: &Ballot) -> Vec<String> {
        ballot
            .winners(&frame())
            .into_iter()
            .map(|found| found.code)
            .collect()
    }

    fn ballot(reads: Vec<LineRead>) -> Ballot {
        let mut ballot = Ballot::default();
        ballot.next_frame();
        ballot.add(reads);
        ballot
    }

    #[test]
    fn one_line_alone_sells_nothing() {
        assert!(won(&ballot(lines("4006381333931", ScanKind::Ean13, 1))).is_empty());
        assert_eq!(
            won(&ballot(lines("4006381333931", ScanKind::Ean13, 3))),
            ["4006381333931"]
        );
    }

    #[test]
    fn codes_of_few_digits_need_more_lines() {
        for (code, kind) in [("96385074", ScanKind::Ean8), ("04252614", ScanKind::UpcE)] {
            assert!(won(&ballot(lines(code, kind, 3))).is_empty());
            assert_eq!(won(&ballot(lines(code, kind, 4))), [code]);
        }
    }

    #[test]
    fn a_short_code_that_widths_alone_tell_needs_many_more() {
        let lines = |count: usize| -> Vec<LineRead> {
            let place = |at: usize| {
                let y = 100.0 + at as f32 * 10.0;
                line("19146225", ScanKind::Ean8, Family::Widths, y)
            };
            (0..count).map(place).collect()
        };
        assert!(won(&ballot(lines(8))).is_empty());
        assert_eq!(won(&ballot(lines(12))), ["19146225"]);
    }

    #[test]
    fn two_families_that_agree_need_fewer_lines() {
        let code = "4006381333931";
        let both = vec![
            line(code, ScanKind::Ean13, Family::Looks, 100.0),
            line(code, ScanKind::Ean13, Family::Widths, 110.0),
        ];
        assert_eq!(won(&ballot(both)), [code]);
    }

    #[test]
    fn a_contested_place_needs_twice_the_votes() {
        let mut reads = lines("4006381333931", ScanKind::Ean13, 5);
        reads.extend(lines("4006381333900", ScanKind::Ean13, 3));
        assert!(won(&ballot(reads)).is_empty());
    }

    #[test]
    fn lines_side_by_side_are_one() {
        let code = "4006381333931";
        let close = (0..4).map(|at| line(code, ScanKind::Ean13, Family::Looks, 100.0 + at as f32));
        assert!(won(&ballot(close.collect())).is_empty());
    }

    #[test]
    fn votes_of_frames_add_up_and_fade() {
        let mut ballot = ballot(lines("96385074", ScanKind::Ean8, 2));
        ballot.next_frame();
        ballot.add(lines("96385074", ScanKind::Ean8, 3));
        assert_eq!(won(&ballot), ["96385074"]);
        for _ in 0..60 {
            ballot.next_frame();
        }
        assert!(ballot.candidates.is_empty());
    }
}
