//! Bars, read along several lines across them: each line is one vote for what it says.

mod digits;
#[cfg(test)]
mod drawn;
mod profile;
mod rows;
mod soft;
mod upc_ean;

use std::f32::consts::FRAC_PI_2;

use super::field::Bars;
use crate::frame::GreyFrame;
use crate::types::{Point, ScanKind};
use profile::{Edge, Line, Look, Profile};
use rows::RowReaders;
pub(super) use soft::read_together;

/// Who read a line. Two of them seldom err in the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// Comparison with how digits look.
    Looks,
    /// Widths between edges.
    Widths,
}

/// What one line says.
#[derive(Debug, Clone)]
pub(super) struct LineRead {
    pub(super) code: String,
    pub(super) kind: ScanKind,
    pub(super) family: Family,
    /// The ends of the symbol, in pixels.
    pub(super) ends: [(f32, f32); 2],
    /// From 0 to 1: how much the line is worth as a vote.
    pub(super) worth: f32,
    /// How many pixels side by side the line is made of.
    pub(super) thick: usize,
}

/// How thoroughly bars are looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Care {
    /// Lines across the bars.
    pub(super) lines: usize,
    /// How many pixels side by side become one line.
    pub(super) thick: usize,
}

/// What lines across bars say, and how many of them look like a symbol, read or not.
#[derive(Debug, Default)]
pub(super) struct Lines {
    pub(super) reads: Vec<LineRead>,
    pub(super) signs: usize,
}

/// What the lines across several places say.
impl FromIterator<Lines> for Lines {
    fn from_iter<T: IntoIterator<Item = Self>>(places: T) -> Self {
        let mut all = Self::default();
        for lines in places {
            all.signs += lines.signs;
            all.reads.extend(lines.reads);
        }
        all
    }
}

/// Reads bars whose place is known.
pub(super) fn read_bars(frame: &GreyFrame, bars: &Bars, care: Care, turn: f32) -> Lines {
    let (sin, cos) = (bars.direction + turn).sin_cos();
    let reach = bars.half_length * 1.3 + 24.0;
    let spread = (bars.half_height * 0.8).max(4.0);
    let mut readers = RowReaders::new();
    let mut lines = Lines::default();
    for number in 0..care.lines {
        let share = (number as f32 + 0.5) / care.lines as f32 * 2.0 - 1.0;
        let at = (bars.x - sin * share * spread, bars.y + cos * share * spread);
        if let Some(line) = Line::through(frame, at, (cos, sin), reach) {
            let profile = Profile::along(frame, &line, care.thick);
            let edges = profile.edges(Look::of_line(number));
            read_line(
                &profile,
                &edges,
                (&line, care.thick),
                &mut readers,
                &mut lines,
            );
        }
    }
    lines
}

/// Reads the whole frame along rows or columns, where no place is known.
pub(super) fn read_frame(frame: &GreyFrame, upright: bool, care: Care) -> Lines {
    let (width, height) = (frame.width() as f32, frame.height() as f32);
    let direction = if upright { FRAC_PI_2 } else { 0.0 };
    let bars = Bars::whole(width, height, direction);
    read_bars(frame, &bars, care, 0.0)
}

fn read_line(
    profile: &Profile,
    edges: &[Edge],
    (line, thick): (&Line, usize),
    readers: &mut RowReaders,
    lines: &mut Lines,
) {
    if edges.len() < 16 {
        return;
    }
    let ends = upc_ean::ends(edges);
    let attempt = upc_ean::read(profile, &ends);
    let longer = |ends: &upc_ean::Ends| ends.2 >= 26 && ends.2 % 6 == 2;
    lines.signs += usize::from(attempt.guards || ends.iter().any(longer));
    if let Some(read) = attempt.read {
        lines.reads.push(LineRead {
            ends: [line.at(read.from), line.at(read.to)],
            worth: worth_of(read.fit, read.margin),
            code: read.code,
            kind: read.kind,
            family: Family::Looks,
            thick,
        });
    }
    read_widths(edges, (line, thick), readers, lines);
}

/// What the widths between edges say.
fn read_widths(
    edges: &[Edge],
    (line, thick): (&Line, usize),
    readers: &mut RowReaders,
    lines: &mut Lines,
) {
    if let Some(read) = readers.read(edges, line.length) {
        lines.reads.push(LineRead {
            ends: [line.at(read.from), line.at(read.to)],
            worth: 1.0,
            code: read.code,
            kind: read.kind,
            family: Family::Widths,
            thick,
        });
    }
}

fn worth_of(fit: f32, margin: f32) -> f32 {
    let clear = (margin / 0.08).clamp(0.0, 1.0);
    let good = ((fit - 0.86) / 0.08).clamp(0.0, 1.0);
    (0.25 + 0.75 * clear) * (0.25 + 0.75 * good)
}

/// The four corners around lines, as shares of the frame's size.
pub(super) fn outline(ends: &[[(f32, f32); 2]], frame: &GreyFrame) -> Option<[Point; 4]> {
    let (first, last) = (ends.first()?, ends.last()?);
    let share = |(x, y): (f32, f32)| super::share(x, y, frame);
    Some([first[0], first[1], last[1], last[0]].map(share))
}
