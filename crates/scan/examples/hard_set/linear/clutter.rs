//! Pictures with bars, and without a code that could be read.

use super::label::label;
use super::pose;
use super::symbol::Kind;
use crate::dice::Dice;
use crate::draw::{HEIGHT, Picture, WIDTH};
use crate::light;
use crate::pose::{Surface, paint};
use crate::scene::surroundings;
use crate::trouble::Trouble;

/// What looks like bars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clutter {
    Fence,
    Text,
    Comb,
    Shelf,
    Code39,
    Itf,
    Codabar,
    /// Bars and spaces of chance.
    Chance,
    /// A product's code that lacks a part.
    Cut,
    Texture,
}

const ALL: [Clutter; 10] = [
    Clutter::Fence,
    Clutter::Text,
    Clutter::Comb,
    Clutter::Shelf,
    Clutter::Code39,
    Clutter::Itf,
    Clutter::Codabar,
    Clutter::Chance,
    Clutter::Cut,
    Clutter::Texture,
];

impl Clutter {
    /// As many of each.
    pub fn of(number: u64) -> Self {
        ALL[number as usize % ALL.len()]
    }
}

/// A picture of its own for each dice.
pub fn picture(clutter: Clutter, troubles: &[Trouble], dice: &mut Dice) -> Result<Picture, String> {
    let mut scene = surroundings(clutter == Clutter::Shelf, dice);
    let module = dice.between(1.3, 4.5);
    let whole = (module, (WIDTH as f32, HEIGHT as f32), 0, 1);
    let kind = match clutter {
        Clutter::Code39 => Kind::Code39,
        Clutter::Itf => Kind::Itf,
        Clutter::Codabar => Kind::Codabar,
        _ => Kind::any(dice),
    };
    let mut base = label(kind, troubles, dice)?;
    let pose = pose(&base, troubles, whole, dice);
    match clutter {
        Clutter::Code39 | Clutter::Itf | Clutter::Codabar => paint(&mut scene, &base, &pose),
        Clutter::Cut => {
            // A fifth and more is gone.
            let width = base.symbol.modules.len() as f32;
            let gone = dice.between(0.2, 0.6) * width;
            let from = dice.between(0.0, width - gone);
            base.cover(from, from + gone, dice.between(20.0, 240.0));
            paint(&mut scene, &base, &pose);
        }
        _ => paint(&mut scene, &Pattern::new(clutter, dice), &pose),
    }
    light::fall(&mut scene, troubles, (pose.module, Some(pose.turn)), dice);
    Ok(Picture::new("neg", Vec::new(), &scene, dice))
}

/// Bars of other things.
struct Pattern {
    clutter: Clutter,
    /// Where each bar begins, and how wide it is.
    bars: Vec<(f32, f32)>,
    half: (f32, f32),
    greys: (f32, f32),
    period: f32,
}

impl Pattern {
    fn new(clutter: Clutter, dice: &mut Dice) -> Self {
        let half = (dice.between(40.0, 130.0), dice.between(20.0, 80.0));
        let period = dice.between(1.8, 9.0);
        let mut bars = Vec::new();
        let mut at = 0.0;
        while at < 2.0 * half.0 {
            let (wide, gap) = match clutter {
                Clutter::Chance => (1.0 + dice.below(4) as f32, 1.0 + dice.below(4) as f32),
                Clutter::Shelf => (dice.between(0.5, 9.0), dice.between(0.5, 14.0)),
                _ => (
                    period * dice.between(0.45, 0.55),
                    period * dice.between(0.45, 0.55),
                ),
            };
            bars.push((at, wide));
            at += wide + gap;
        }
        let dark = dice.between(10.0, 90.0);
        let light = dice.between(130.0, 245.0);
        Self {
            clutter,
            bars,
            half,
            greys: (dark, light),
            period,
        }
    }
}

impl Surface for Pattern {
    fn half(&self) -> (f32, f32) {
        self.half
    }

    fn reach(&self) -> f32 {
        self.half.0.hypot(self.half.1) / 2.0
    }

    fn grey(&self, u: f32, v: f32) -> Option<f32> {
        let (wide, high) = (2.0 * self.half.0, 2.0 * self.half.1);
        let out = 12.0;
        if u < -out || v < -out || u > wide + out || v > high + out {
            return None;
        }
        let inside = (0.0..wide).contains(&u) && (0.0..high).contains(&v);
        let hit = |u: f32| {
            let before = self.bars.partition_point(|(from, _)| *from <= u);
            before > 0 && u < self.bars[before - 1].0 + self.bars[before - 1].1
        };
        let line = (v / self.period / 2.2).floor();
        let in_line = (v / self.period / 2.2).rem_euclid(1.0) < 0.6;
        let dark = match self.clutter {
            Clutter::Comb => hit(u) && v > high * 0.25 || (0.0..high * 0.25).contains(&v),
            Clutter::Text => {
                in_line
                    && hit((u * 1.7 + line * 37.0).rem_euclid(wide))
                    && (v * 1.9 + u).sin() > -0.7
            }
            Clutter::Texture => hit((u + (v * 0.3).sin()).rem_euclid(wide)),
            Clutter::Fence => hit(u) || (v / high - 0.3).abs() < 0.04,
            _ => hit(u),
        };
        Some(if inside && dark {
            self.greys.0
        } else {
            self.greys.1
        })
    }
}
