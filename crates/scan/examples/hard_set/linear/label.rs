//! A printed linear symbol with its digits, what is printed beside it, and what the printer did wrong.

use super::symbol::{Kind, Symbol, add_on, symbol};
use crate::dice::Dice;
use crate::pose::Surface;
use crate::trouble::Trouble;

/// Digits as three by five squares, a row a number.
const GLYPHS: [[u8; 5]; 10] = [
    [7, 5, 5, 5, 7],
    [2, 6, 2, 2, 7],
    [7, 1, 7, 4, 7],
    [7, 1, 7, 1, 7],
    [5, 5, 7, 1, 1],
    [7, 4, 7, 1, 7],
    [7, 4, 7, 5, 7],
    [7, 1, 1, 2, 2],
    [7, 5, 7, 5, 7],
    [7, 5, 7, 1, 7],
];

/// Something else that is printed: left, top, right, bottom, how it is patterned, how far its parts are apart, its grey.
struct Art {
    place: [f32; 4],
    pattern: usize,
    period: f32,
    grey: f32,
}

/// A printed symbol.
pub struct Label {
    pub symbol: Symbol,
    pub height: f32,
    /// Where bars begin and end, in modules, and whether they are long ones.
    bars: Vec<(f32, f32, bool)>,
    /// The same of the digits beside it.
    beside: Vec<(f32, f32)>,
    /// How far the paper reaches to the left, up, right and down.
    margins: [f32; 4],
    art: Vec<Art>,
    /// Scratches, stains and folds: a place, a reach across and down, a turn, a grey.
    marks: Vec<[f32; 6]>,
    /// What a dead element of the print head left white, along the bars and across: from, to.
    white_columns: Vec<(f32, f32)>,
    white_rows: Vec<(f32, f32)>,
    has_digits: bool,
    ink: f32,
    paper: f32,
}

pub fn label(kind: Kind, troubles: &[Trouble], dice: &mut Dice) -> Result<Label, String> {
    let has = |one: Trouble| troubles.contains(&one);
    let symbol = symbol(kind, dice)?;
    let width = symbol.modules.len() as f32;
    let height = if has(Trouble::Short) {
        dice.between(5.0, 14.0)
    } else {
        dice.between(22.0, 70.0)
    };
    let grown = if has(Trouble::Inked) {
        dice.between(0.15, 0.36) * if dice.chance(0.75) { 1.0 } else { -1.0 }
    } else {
        dice.between(-0.05, 0.08)
    };
    let rough = if has(Trouble::Inked) { 0.1 } else { 0.02 };
    let mut bars = Vec::new();
    let mut from = 0;
    while from < symbol.modules.len() {
        let dark = symbol.modules[from];
        let same = symbol.modules[from..].iter().take_while(|m| **m == dark);
        let to = from + same.count();
        if dark {
            let mut edge =
                |at: usize, way: f32| at as f32 + way * grown / 2.0 + dice.between(-rough, rough);
            bars.push((edge(from, -1.0), edge(to, 1.0), symbol.long.contains(&from)));
        }
        from = to;
    }
    let beside = if has(Trouble::AddOn) {
        let gap = width + dice.between(7.0, 12.0);
        let modules = add_on(dice);
        let dark = (0..modules.len()).filter(|at| modules[*at]);
        dark.map(|at| (gap + at as f32, gap + at as f32 + 1.0))
            .collect()
    } else {
        Vec::new()
    };
    let quiet = |dice: &mut Dice| {
        if has(Trouble::Bare) {
            dice.between(1.2, 4.0)
        } else {
            dice.between(7.0, 12.0)
        }
    };
    let (left, right) = (quiet(dice), quiet(dice));
    let right = beside.last().map_or(right, |(_, to)| to - width + right);
    let rest = dice.between(4.0, 30.0);
    let margins = [
        left + rest,
        dice.between(2.0, 20.0),
        right + rest,
        dice.between(9.0, 24.0),
    ];
    let mut label = Label {
        bars,
        beside,
        margins,
        art: Vec::new(),
        marks: Vec::new(),
        white_columns: Vec::new(),
        white_rows: Vec::new(),
        has_digits: dice.chance(0.8),
        ink: dice.between(10.0, 85.0),
        paper: dice.between(165.0, 245.0),
        height,
        symbol,
    };
    label.print_beside((left, right), has(Trouble::Bare), dice);
    if has(Trouble::Damaged) {
        label.scratch(dice);
    }
    if has(Trouble::Dropped) {
        for _ in 0..1 + dice.below(3) {
            let at = dice.between(0.0, width);
            if dice.chance(0.6) {
                label.white_columns.push((at, at + dice.between(0.3, 0.7)));
            } else {
                let at = dice.between(0.0, height);
                label.white_rows.push((at, at + dice.between(0.3, 2.0)));
            }
        }
    }
    Ok(label)
}

impl Label {
    /// Lines of text and pictures around the symbol; close to both of its ends where it has no margin.
    fn print_beside(&mut self, (left, right): (f32, f32), close: bool, dice: &mut Dice) {
        let width = self.symbol.modules.len() as f32;
        let [out_left, out_up, out_right, out_down] = self.margins;
        let mut add = |place: [f32; 4], dice: &mut Dice| {
            self.art.push(Art {
                place,
                pattern: dice.below(4),
                period: dice.between(1.2, 5.0),
                grey: dice.between(10.0, 150.0),
            });
        };
        let ends = [(-out_left, -left), (width + right, width + out_right)];
        for (from, to) in ends {
            if close || dice.chance(0.5) {
                add([from, -out_up, to, self.height + out_down], dice);
            }
        }
        if dice.chance(0.5) {
            add([0.0, -out_up, width, -1.5], dice);
        }
        if dice.chance(0.5) {
            let below = self.height + 8.0;
            add([0.0, below, width, self.height + out_down], dice);
        }
    }

    fn scratch(&mut self, dice: &mut Dice) {
        let (width, height) = (self.symbol.modules.len() as f32, self.height);
        for _ in 0..3 + dice.below(10) {
            let (long, wide) = if dice.chance(0.7) {
                (dice.between(0.2, 0.9) * height, dice.between(0.2, 1.0))
            } else {
                (dice.between(1.0, 7.0), dice.between(1.0, 7.0))
            };
            let grey = if dice.chance(0.6) {
                dice.between(150.0, 250.0)
            } else {
                dice.between(10.0, 90.0)
            };
            let (x, y) = (dice.between(0.0, width), dice.between(0.0, height));
            self.marks
                .push([x, y, long, wide, dice.between(-3.1, 3.1), grey]);
        }
    }

    /// Something lies on the bars between those modules.
    pub fn cover(&mut self, from: f32, to: f32, grey: f32) {
        let middle = ((from + to) / 2.0, self.height / 2.0);
        let reach = ((to - from) / 2.0, self.height + 30.0);
        let mark = [middle.0, middle.1, reach.0, reach.1, 0.0, grey];
        self.marks.push(mark);
    }

    fn is_dark(&self, u: f32, v: f32) -> bool {
        if v < 0.0 {
            return false;
        }
        let reach = |long: bool| self.height + if long && self.has_digits { 5.0 } else { 0.0 };
        let hit = |span: &(f32, f32)| (span.0..span.1).contains(&u);
        let bars = self
            .bars
            .iter()
            .any(|(from, to, long)| u >= *from && u < *to && v < reach(*long));
        let beside = v > 6.0 && v < self.height + 5.0 && self.beside.iter().any(hit);
        (bars || beside || self.is_digit(u, v))
            && !self.white_columns.iter().any(hit)
            && !self
                .white_rows
                .iter()
                .any(|(from, to)| (*from..*to).contains(&v))
    }

    /// Whether the digits below the bars have ink there.
    fn is_digit(&self, u: f32, v: f32) -> bool {
        let row = (v - self.height - 1.2) / 1.3;
        if !self.has_digits || !(0.0..5.0).contains(&row) {
            return false;
        }
        let digits: Vec<u8> = self.symbol.text.bytes().collect();
        let width = self.symbol.modules.len() as f32;
        let (first, pitch) = match self.symbol.kind {
            Kind::Ean13 => (-9.0, 0.0),
            Kind::UpcA => (-9.0, 0.0),
            _ => (3.0, (width - 6.0) / digits.len() as f32),
        };
        let place = |at: usize| match (self.symbol.kind, at) {
            (Kind::Ean13 | Kind::UpcA, 0) => first,
            (Kind::Ean13, at) => 4.5 + 7.0 * (at - 1) as f32 + if at > 6 { 5.0 } else { 0.0 },
            (Kind::UpcA, 11) => width + 4.0,
            (Kind::UpcA, at) => 11.5 + 7.0 * (at - 1) as f32 + if at > 5 { 5.0 } else { 0.0 },
            (_, at) => first + (at as f32 + 0.2) * pitch,
        };
        digits.iter().enumerate().any(|(at, byte)| {
            let column = (u - place(at)) / 1.4;
            let glyph = GLYPHS[usize::from(byte.wrapping_sub(b'0')) % 10];
            (0.0..3.0).contains(&column) && glyph[row as usize] >> (2 - column as usize) & 1 == 1
        })
    }
}

impl Surface for Label {
    fn half(&self) -> (f32, f32) {
        (self.symbol.modules.len() as f32 / 2.0, self.height / 2.0)
    }

    fn reach(&self) -> f32 {
        let (u, v) = self.half();
        let [left, up, right, down] = self.margins;
        (u + left.max(right)).hypot(v + up.max(down)) / 1.7
    }

    fn grey(&self, u: f32, v: f32) -> Option<f32> {
        let width = self.symbol.modules.len() as f32;
        let [left, up, right, down] = self.margins;
        if u < -left || v < -up || u > width + right || v > self.height + down {
            return None;
        }
        for [x, y, long, wide, turn, grey] in &self.marks {
            let (sin, cos) = turn.sin_cos();
            let (along, across) = (cos * (u - x) + sin * (v - y), cos * (v - y) - sin * (u - x));
            if along.abs() < *long && across.abs() < *wide {
                return Some(*grey);
            }
        }
        let art = self.art.iter().find(|art| {
            let [from, top, to, bottom] = art.place;
            (from..to).contains(&u) && (top..bottom).contains(&v)
        });
        let is_printed = |art: &&Art| match art.pattern {
            0 => true,
            // As lines of letters look.
            1 => {
                let line = (v / art.period / 1.6).rem_euclid(1.0) < 0.6;
                line && ((u * 0.9).sin() + (u * 2.3 + (v / art.period / 1.6).floor() * 5.0).sin()
                    > 0.2)
            }
            2 => (u / art.period).rem_euclid(1.0) < 0.5,
            _ => false,
        };
        if let Some(art) = art.filter(is_printed) {
            return Some(art.grey);
        }
        Some(if self.is_dark(u, v) {
            self.ink
        } else {
            self.paper
        })
    }
}
