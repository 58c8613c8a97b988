//! A code on its surface: how it is printed, how it lies, and what lies around it.

use qrcode::types::Color;
use qrcode::{EcLevel, QrCode, Version};

use super::light;

pub const WIDTH: usize = 1280;
pub const HEIGHT: usize = 720;

/// What makes a picture hard to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    Tiny,
    Blurred,
    Moved,
    Steep,
    Curved,
    Spot,
    Shadow,
    Damaged,
    Large,
    Many,
    Bare,
    Dark,
    Washed,
    Inverted,
    Mirrored,
    Screen,
    Grainy,
    Cluttered,
    Dotted,
    Logo,
}

impl Trouble {
    pub const ALL: [Self; 20] = [
        Self::Tiny,
        Self::Blurred,
        Self::Moved,
        Self::Steep,
        Self::Curved,
        Self::Spot,
        Self::Shadow,
        Self::Damaged,
        Self::Large,
        Self::Many,
        Self::Bare,
        Self::Dark,
        Self::Washed,
        Self::Inverted,
        Self::Mirrored,
        Self::Screen,
        Self::Grainy,
        Self::Cluttered,
        Self::Dotted,
        Self::Logo,
    ];
}

/// Random numbers that are the same for the same seed (Marsaglia 2003).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        let mut dice = Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        for _ in 0..16 {
            dice.next();
        }
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 20
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * (self.next() % 1_000_001) as f32 / 1e6
    }

    /// Around 0, of that standard deviation, nearly.
    pub fn grain(&mut self, spread: f32) -> f32 {
        let sum: f32 = (0..3).map(|_| self.between(-1.0, 1.0)).sum();
        sum * spread
    }

    pub fn chance(&mut self, share: f32) -> bool {
        self.between(0.0, 1.0) < share
    }
}

/// A printed code.
struct Print {
    side: usize,
    dark: Vec<bool>,
    quiet: f32,
    dotted: bool,
    inverted: bool,
    mirrored: bool,
    /// A square in the middle with something else in it, in modules.
    logo: f32,
    ink: f32,
    paper: f32,
    /// Scratches and stains: a place, a reach across and down, a turn, a grey.
    marks: Vec<[f32; 6]>,
}

/// How a print lies before the camera.
struct Pose {
    x: f32,
    y: f32,
    turn: f32,
    module: f32,
    lean: (f32, f32),
    bend: f32,
}

/// What it says, and the picture's grey values.
pub fn picture(trouble: Trouble, dice: &mut Dice) -> Result<(String, Vec<u8>), String> {
    let second = Trouble::ALL[dice.below(Trouble::ALL.len())];
    let troubles = if dice.chance(0.3) {
        vec![trouble, second]
    } else {
        vec![trouble]
    };
    let has = |one: Trouble| troubles.contains(&one);
    let mut scene = surroundings(has(Trouble::Cluttered), dice);
    let version = if has(Trouble::Large) {
        14 + dice.below(22)
    } else {
        1 + dice.below(8)
    };
    let fits = (HEIGHT as f32 * 0.9) / (17.0 + 4.0 * version as f32 + 8.0) / 1.2;
    let module = if has(Trouble::Tiny) {
        dice.between(1.5, 3.0)
    } else if has(Trouble::Many) || has(Trouble::Cluttered) {
        dice.between(1.8, 3.2)
    } else {
        dice.between(2.2, 9.0)
    };
    let module = module.min(fits);
    let count = if has(Trouble::Many) {
        3 + dice.below(8)
    } else {
        1
    };
    let columns = if count > 4 { 4 } else { count };
    let rows = count.div_ceil(columns);
    // Of many all say the same, since a picture's label has room for one text.
    let version = if count > 1 { version.min(5) } else { version };
    let (print, text) = print(version, &troubles, dice)?;
    for number in 0..count {
        let cell = (WIDTH as f32 / columns as f32, HEIGHT as f32 / rows as f32);
        let reach = (print.side as f32 + 2.0 * print.quiet) * module / 2.0;
        let (free_x, free_y) = (
            (cell.0 / 2.0 - reach).max(0.0),
            (cell.1 / 2.0 - reach).max(0.0),
        );
        let pose = Pose {
            x: cell.0 * ((number % columns) as f32 + 0.5) + dice.between(-0.8, 0.8) * free_x,
            y: cell.1 * ((number / columns) as f32 + 0.5) + dice.between(-0.8, 0.8) * free_y,
            turn: if dice.chance(0.5) {
                dice.between(-0.2, 0.2)
            } else {
                dice.between(-3.1, 3.1)
            },
            module: module.min(cell.1 * 0.9 / (print.side as f32 + 2.0 * print.quiet)),
            lean: if has(Trouble::Steep) {
                let lean = dice.between(0.3, 1.0) / reach;
                let way = dice.between(-3.1, 3.1);
                (lean * way.cos(), lean * way.sin())
            } else {
                let lean = 0.18 / reach;
                (dice.between(-lean, lean), dice.between(-lean, lean))
            },
            bend: if has(Trouble::Curved) {
                dice.between(0.4, 1.25)
            } else {
                0.0
            },
        };
        paint(&mut scene, &print, &pose);
    }
    light::fall(&mut scene, &troubles, module, dice);
    let luma = scene
        .iter()
        .map(|v| (v + dice.grain(1.5)).clamp(0.0, 255.0) as u8);
    Ok((text, luma.collect()))
}

fn print(version: usize, troubles: &[Trouble], dice: &mut Dice) -> Result<(Print, String), String> {
    let has = |one: Trouble| troubles.contains(&one);
    let level = if has(Trouble::Logo) {
        EcLevel::H
    } else {
        [EcLevel::L, EcLevel::M, EcLevel::Q, EcLevel::H][dice.below(4)]
    };
    let number = i16::try_from(version).map_err(|err| err.to_string())?;
    let mut length = (version * version * 2 + version * 14).max(8) * 2 / 3;
    let (code, text) = loop {
        let text: String = (0..length)
            .map(|_| char::from(b"abcdefghijklmnopqrstuvwxyz0123456789-/.ABC"[dice.below(42)]))
            .collect();
        match QrCode::with_version(&text, Version::Normal(number), level) {
            Ok(code) => break (code, text),
            Err(_) if length > 2 => length = length * 7 / 10,
            Err(err) => return Err(err.to_string()),
        }
    };
    let side = code.width();
    let dark = code
        .to_colors()
        .iter()
        .map(|color| *color == Color::Dark)
        .collect();
    let marks = if has(Trouble::Damaged) {
        let share = dice.between(0.0, 0.15);
        (0..4 + (share * 60.0) as usize)
            .map(|_| {
                let far = side as f32;
                let thin = dice.chance(0.6);
                let (long, wide) = if thin {
                    (dice.between(0.1, 0.6) * far, dice.between(0.2, 0.9))
                } else {
                    (
                        dice.between(0.02, 0.06) * far,
                        dice.between(0.02, 0.06) * far,
                    )
                };
                let grey = if dice.chance(0.6) {
                    dice.between(170.0, 250.0)
                } else {
                    dice.between(10.0, 90.0)
                };
                [
                    dice.between(0.0, far),
                    dice.between(0.0, far),
                    long,
                    wide,
                    dice.between(-3.1, 3.1),
                    grey,
                ]
            })
            .collect()
    } else {
        Vec::new()
    };
    let print = Print {
        side,
        dark,
        quiet: if has(Trouble::Bare) {
            dice.between(0.0, 1.0)
        } else {
            dice.between(2.0, 4.0)
        },
        dotted: has(Trouble::Dotted),
        inverted: has(Trouble::Inverted),
        mirrored: has(Trouble::Mirrored),
        logo: if has(Trouble::Logo) {
            side as f32 * dice.between(0.12, 0.3)
        } else {
            0.0
        },
        ink: dice.between(10.0, 70.0),
        paper: dice.between(170.0, 245.0),
        marks,
    };
    Ok((print, text))
}

/// What lies around the code: a table's grey, sheets, lines of text.
fn surroundings(cluttered: bool, dice: &mut Dice) -> Vec<f32> {
    let base = dice.between(60.0, 220.0);
    let (slope_x, slope_y) = (dice.between(-0.04, 0.04), dice.between(-0.06, 0.06));
    let mut scene: Vec<f32> = (0..WIDTH * HEIGHT)
        .map(|at| base + slope_x * (at % WIDTH) as f32 + slope_y * (at / WIDTH) as f32)
        .collect();
    let things = if cluttered {
        160 + dice.below(200)
    } else {
        dice.below(30)
    };
    for _ in 0..things {
        let (left, top) = (dice.below(WIDTH), dice.below(HEIGHT));
        let (wide, high) = if dice.chance(0.4) {
            (10 + dice.below(300), 2 + dice.below(8))
        } else {
            (6 + dice.below(160), 6 + dice.below(120))
        };
        let grey = dice.between(15.0, 245.0);
        let period = 2 + dice.below(14);
        let kind = dice.below(3);
        for y in top..(top + high).min(HEIGHT) {
            for x in left..(left + wide).min(WIDTH) {
                let shown = match kind {
                    0 => true,
                    // As letters look from afar.
                    1 => (x * 7 + y * 3 + (x / period) * 5) % period * 2 < period,
                    _ => (x / period + y / period).is_multiple_of(2),
                };
                if shown {
                    scene[y * WIDTH + x] = grey;
                }
            }
        }
    }
    scene
}

fn paint(scene: &mut [f32], print: &Print, pose: &Pose) {
    let half = print.side as f32 / 2.0;
    let reach = (half + print.quiet) * pose.module * 2.6;
    let (sin, cos) = pose.turn.sin_cos();
    let ends = |at: f32, end: usize| {
        (
            (at - reach).max(0.0) as usize,
            ((at + reach).max(0.0) as usize).min(end),
        )
    };
    let ((left, right), (top, bottom)) = (ends(pose.x, WIDTH), ends(pose.y, HEIGHT));
    for y in top..bottom {
        for x in left..right {
            let mut sum = 0.0;
            let mut seen = 0.0;
            for (dx, dy) in [
                (0.125, 0.375),
                (0.625, 0.125),
                (0.375, 0.875),
                (0.875, 0.625),
            ] {
                let (u, v) = (x as f32 + dx - pose.x, y as f32 + dy - pose.y);
                let depth = 1.0 + pose.lean.0 * u * 0.7 + pose.lean.1 * v * 0.7;
                if depth < 0.25 {
                    continue;
                }
                let (u, v) = (u / depth / pose.module, v / depth / pose.module);
                let (u, v) = (cos * u + sin * v, cos * v - sin * u);
                let u = if pose.bend > 0.0 {
                    let radius = half / pose.bend;
                    if (u / radius).abs() > 0.98 {
                        continue;
                    }
                    radius * (u / radius).asin()
                } else {
                    u
                };
                if let Some(grey) = print.grey(u + half, v + half) {
                    sum += grey;
                    seen += 1.0;
                }
            }
            let before = &mut scene[y * WIDTH + x];
            *before = (*before * (4.0 - seen) + sum) / 4.0;
        }
    }
}

impl Print {
    fn grey(&self, u: f32, v: f32) -> Option<f32> {
        let (side, quiet) = (self.side as f32, self.quiet);
        if u < -quiet || v < -quiet || u > side + quiet || v > side + quiet {
            return None;
        }
        for [x, y, long, wide, turn, grey] in &self.marks {
            let (sin, cos) = turn.sin_cos();
            let (along, across) = (cos * (u - x) + sin * (v - y), cos * (v - y) - sin * (u - x));
            if along.abs() < *long && across.abs() < *wide {
                return Some(*grey);
            }
        }
        let (ink, paper) = if self.inverted {
            (self.paper, self.ink)
        } else {
            (self.ink, self.paper)
        };
        let u = if self.mirrored { side - u } else { u };
        if u < 0.0 || v < 0.0 || u >= side || v >= side {
            return Some(paper);
        }
        if (u - side / 2.0).abs() < self.logo / 2.0 && (v - side / 2.0).abs() < self.logo / 2.0 {
            let far = (u - side / 2.0).hypot(v - side / 2.0);
            return Some(if far < self.logo * 0.35 { 110.0 } else { 240.0 });
        }
        let (column, row) = (u as usize, v as usize);
        let dark = self.dark[row * self.side + column];
        let finder = (column < 7 || column >= self.side - 7) && row < 7
            || column < 7 && row >= self.side - 7;
        if dark && self.dotted && !finder {
            let far = (u.fract() - 0.5).hypot(v.fract() - 0.5);
            return Some(if far < 0.42 { ink } else { paper });
        }
        Some(if dark { ink } else { paper })
    }
}
