//! Codes from several broad lines at once. Each line finds its signs' places by itself, digits of products or marks of Code 128;
//! then all of them say how well everything that may stand there fits every place, and the likeliest code is taken that is one.

mod align;
mod code128;
mod find;
mod joint;
mod line;
mod shape;
mod symbol;

use self::align::{knots_at, most};
use self::code128::Code128;
use self::joint::{Fits, Likeliest};
use self::line::{Across, Placed, fits_beside, placed};
use self::symbol::{Found, Symbol};
use super::profile::{Line, Look as Edges, Profile};
use super::rows::RowReaders;
use super::upc_ean::SHAPES;
use super::{Family, LineRead, Lines, read_widths};
use crate::decode::field::Bars;
use crate::frame::GreyFrame;
use crate::types::ScanKind;

/// Modules beside a symbol that are looked at.
const BESIDE: usize = 6;

/// Lines across the bars.
const LINES: usize = 5;

/// How well digits and guards fit the clearest of the lines, and the others.
const CLEAR: f32 = 0.795;
const PLAUSIBLE: f32 = 0.6;

/// How well digits fit on average, and the marks of Code 128.
const FITTING: f32 = 0.72;
const FITTING_128: f32 = 0.85;

/// Reads bars whose place is known.
pub(in crate::decode) fn read_together(frame: &GreyFrame, bars: &Bars) -> Lines {
    let (sin, cos) = bars.direction.sin_cos();
    let reach = bars.half_length * 1.3 + 24.0;
    let spread = (bars.half_height * 0.8).max(4.0);
    let thick = ((2.0 * spread / LINES as f32) as usize).clamp(1, 12);
    let across: Vec<Across> = (0..LINES)
        .filter_map(|number| {
            let share = (number as f32 + 0.5) / LINES as f32 * 2.0 - 1.0;
            let at = (bars.x - sin * share * spread, bars.y + cos * share * spread);
            let line = Line::through(frame, at, (cos, sin), reach)?;
            let profile = Profile::along(frame, &line, thick);
            let edges = profile.edges(Edges::of_line(number));
            Some(Across {
                line,
                profile,
                edges,
                thick,
            })
        })
        .collect();
    let mut lines = Lines::default();
    let mut readers = RowReaders::new();
    for one in &across {
        read_widths(&one.edges, (&one.line, one.thick), &mut readers, &mut lines);
    }
    // Of products all lines together say more than each by itself.
    lines.reads.retain(|read| read.kind == ScanKind::Code128);
    if agreed(&lines.reads) {
        return lines;
    }
    // What widths tell is looked at first; of what is found as one kind the other is not asked.
    let widths_say_128 = !lines.reads.is_empty();
    let read = |as_code_128: bool| -> Vec<Together> {
        if as_code_128 {
            read_as(&across, Code128::ANY).into_iter().collect()
        } else {
            let found = SHAPES.iter().filter_map(|shape| read_as(&across, shape));
            found.collect()
        }
    };
    let mut found = read(widths_say_128);
    if found.is_empty() {
        found = read(!widths_say_128);
    }
    let votes: Vec<LineRead> = found.iter().flat_map(Together::votes).collect();
    lines.signs += votes.len();
    lines.reads.extend(votes);
    lines
}

/// Whether widths alone have said the same of nearly all lines.
fn agreed(reads: &[LineRead]) -> bool {
    reads.len() + 1 >= LINES && reads.iter().all(|read| read.code == reads[0].code)
}

/// What lines say together.
struct Together {
    kind: ScanKind,
    likeliest: Likeliest,
    lines: Vec<[(f32, f32); 2]>,
    thick: usize,
    /// How well the digits fit on average and at the worst place, at most 1.
    fit: f32,
    worst: f32,
    /// By how much the code is likelier than any other, in what digits miss on average.
    sure: f32,
}

fn read_as<const N: usize, S: Symbol<N>>(across: &[Across], symbol: S) -> Option<Together> {
    let found: Vec<Vec<Found<S>>> = across
        .iter()
        .enumerate()
        // Three lines are enough to find it; the others lie where they do.
        .map(|(at, one)| match at {
            1..=3 => symbol.find(&one.profile, &one.edges),
            _ => Vec::new(),
        })
        .collect();
    // The line that is clearest says where the symbol lies and from which end it is read.
    let firsts = found
        .iter()
        .enumerate()
        .filter_map(|(at, places)| Some((at, places.first()?)));
    let (at, _) = firsts.max_by(|a, b| a.1.place.fit.total_cmp(&b.1.place.fit))?;
    let tries = found[at].iter().flat_map(|found| {
        let ways = [false, true].into_iter();
        let ways = ways.filter(|turned| found.turned.is_none_or(|only| only == *turned));
        ways.map(|turned| {
            let length = across[at].profile.len() as f32;
            let place = if turned {
                found.place.turned(length)
            } else {
                found.place
            };
            let knots = knots_at(&place, &found.symbol);
            let line = placed(&across[at], knots, &found.symbol, turned);
            (&found.symbol, line)
        })
    });
    let (symbol, clear) = tries.max_by(|a, b| a.1.aligned.fit.total_cmp(&b.1.aligned.fit))?;
    if clear.aligned.fit < CLEAR {
        return None;
    }
    // From line to line the symbol moves and bends but a little.
    let follow = |others: &mut dyn Iterator<Item = &Across>| {
        let mut knots = clear.knots_along();
        let mut lines = Vec::new();
        for one in others {
            let line = placed(one, clear.knots_on(&knots, one), symbol, clear.turned);
            if line.aligned.fit >= PLAUSIBLE {
                knots = line.knots_along();
                lines.push(line);
            }
        }
        lines
    };
    let mut lines = follow(&mut across[..at].iter().rev());
    lines.reverse();
    let after = follow(&mut across[at + 1..].iter());
    lines.push(clear);
    lines.extend(after);
    if lines.len() < 2 {
        return None;
    }
    together(&lines, symbol)
}

/// What the lines say of each place, and how many lines' worth that is.
fn summed<const N: usize>(all: &[Vec<Fits<N>>], places: usize) -> (Vec<Fits<N>>, f32) {
    let mut sums = vec![[0.0; N]; places];
    let mut worth = 0.0;
    for (place, sum) in sums.iter_mut().enumerate() {
        let mut weights = 1e-3;
        for fits in all {
            // A line that shows nothing of a sign, under a lamp or a scratch, says nothing of it.
            let best = fits[place].iter().fold(0.0_f32, |most, fit| most.max(*fit));
            let weight = best.powi(4);
            weights += weight;
            for (sum, fit) in sum.iter_mut().zip(&fits[place]) {
                *sum += weight * fit;
            }
        }
        sum.iter_mut().for_each(|sum| *sum /= weights);
        worth += weights / places as f32;
    }
    (sums, worth)
}

fn together<const N: usize>(lines: &[Placed<N>], symbol: &impl Symbol<N>) -> Option<Together> {
    let places = symbol.signs().len();
    let alone: Vec<Vec<Fits<N>>> = lines.iter().map(|line| line.fits.clone()).collect();
    let (mut fits, mut worth) = summed(&alone, places);
    if fits.iter().map(|fits| most(fits)).sum::<f32>() < FITTING * places as f32 {
        return None;
    }
    let mut best = symbol.likeliest(&fits)?;
    for _ in 0..3 {
        let drawn = symbol.drawn(&best.marks);
        let beside: Vec<Vec<Fits<N>>> = lines
            .iter()
            .map(|line| fits_beside(line, symbol, &drawn))
            .collect();
        (fits, worth) = summed(&beside, places);
        let next = symbol.likeliest(&fits)?;
        let same = next.code == best.code;
        best = next;
        if same {
            break;
        }
    }
    let each: Vec<f32> = best
        .marks
        .iter()
        .zip(&fits)
        .map(|(mark, fits)| fits[*mark])
        .collect();
    let fit = each.iter().sum::<f32>() / places as f32;
    Some(Together {
        kind: symbol.kind(),
        fit,
        worst: each.iter().fold(1.0_f32, |least, fit| least.min(*fit)),
        sure: (best.fit - best.next) * worth.sqrt() / (1.0 - fit + 0.02),
        likeliest: best,
        lines: lines.iter().map(Placed::ends).collect(),
        thick: lines.first()?.thick,
    })
}

/// What a symbol's lines must say to be believed.
struct Belief {
    /// From which sureness on they are heard, and from which they need no other frame.
    heard: f32,
    sure: f32,
    /// How many times the votes of other lines such a code needs.
    needed: f32,
    /// How well its signs must fit on average.
    fitting: f32,
}

impl Belief {
    /// Few digits pass by chance more easily, and a hundred marks fit anything somehow. The smallest codes can be wrong in two digits with a sureness
    /// of 4.9.
    fn in_a(kind: ScanKind) -> Self {
        let (heard, sure, needed, fitting) = match kind {
            ScanKind::Ean13 => (2.5, 5.5, 1.0, FITTING),
            ScanKind::UpcE => (4.0, 7.2, 1.6, FITTING),
            ScanKind::Code128 => (2.5, 4.5, 1.0, FITTING_128),
            _ => (7.5, 13.5, 1.6, FITTING),
        };
        Self {
            heard,
            sure,
            needed,
            fitting,
        }
    }
}

impl Together {
    /// What the first and the last line say, where it is sure enough.
    fn votes(&self) -> Vec<LineRead> {
        let (Some(first), Some(last)) = (self.lines.first(), self.lines.last()) else {
            return Vec::new();
        };
        let belief = Belief::in_a(self.kind);
        if self.fit < belief.fitting || self.worst < 0.3 || self.sure < belief.heard {
            return Vec::new();
        }
        let is_upc_a = self.kind == ScanKind::Ean13 && self.likeliest.code.starts_with('0');
        let (code, kind) = if is_upc_a {
            (&self.likeliest.code[1..], ScanKind::UpcA)
        } else {
            (self.likeliest.code.as_str(), self.kind)
        };
        let worth = if self.sure >= belief.sure { 1.3 } else { 0.65 } * belief.needed;
        let vote = |ends: &[(f32, f32); 2]| LineRead {
            code: code.to_owned(),
            kind,
            family: Family::Looks,
            ends: *ends,
            worth,
            thick: self.thick,
        };
        vec![vote(first), vote(last)]
    }
}
