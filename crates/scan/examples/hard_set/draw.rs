//! A code on its surface: how it is printed, how it lies, and what lies around it.

use qrcode::types::Color;
use qrcode::{EcLevel, QrCode, Version};

use super::dice::Dice;
use super::light;
use super::pose::{Pose, Surface, paint};
use super::scene::surroundings;
use super::trouble::Trouble;

pub const WIDTH: usize = 1280;
pub const HEIGHT: usize = 720;

/// A printed code.
struct Print {
    side: usize,
    dark: Vec<bool>,
    quiet: f32,
    dotted: bool,
    rounded: bool,
    inverted: bool,
    mirrored: bool,
    /// A square in the middle with something else in it, in modules.
    logo: f32,
    ink: f32,
    paper: f32,
    /// What is held before it: a place, a reach, a grey.
    thumb: [f32; 4],
    /// Scratches and stains: a place, a reach across and down, a turn, a grey.
    marks: Vec<[f32; 6]>,
}

pub struct Picture {
    /// What kind of code there is, as sets name it.
    pub kind: &'static str,
    /// What it says, of each code in it.
    pub texts: Vec<String>,
    pub luma: Vec<u8>,
    /// Of each code the middles of its finder patterns: between the others, to the right, below; of paper that is flat.
    pub finders: Vec<[(f32, f32); 3]>,
}

impl Picture {
    /// What the sensor makes of a scene.
    pub fn new(kind: &'static str, texts: Vec<String>, scene: &[f32], dice: &mut Dice) -> Self {
        let luma = scene
            .iter()
            .map(|v| (v + dice.grain(1.5)).clamp(0.0, 255.0) as u8)
            .collect();
        Self {
            kind,
            texts,
            luma,
            finders: Vec::new(),
        }
    }
}

/// A picture of its own for each dice.
pub fn picture(troubles: &[Trouble], dice: &mut Dice) -> Result<Picture, String> {
    let mut finders = Vec::new();
    let has = |one: Trouble| troubles.contains(&one);
    let mut scene = surroundings(has(Trouble::Cluttered), dice);
    let version = if has(Trouble::Large) {
        14 + dice.below(22)
    } else if has(Trouble::Middling) {
        9 + dice.below(12)
    } else if has(Trouble::Close) {
        1 + dice.below(4)
    } else {
        1 + dice.below(8)
    };
    let fits = (HEIGHT as f32 * 0.9) / (17.0 + 4.0 * version as f32 + 8.0) / 1.2;
    let module = if has(Trouble::Tiny) {
        dice.between(1.5, 3.0)
    } else if has(Trouble::Close) {
        1.15 * fits
    } else if has(Trouble::Many) || has(Trouble::Cluttered) {
        dice.between(1.8, 3.2)
    } else {
        dice.between(2.2, 9.0)
    };
    let module = if has(Trouble::Close) {
        module
    } else {
        module.min(fits)
    };
    let count = if has(Trouble::Many) {
        3 + dice.below(8)
    } else {
        1
    };
    let columns = if count > 4 { 4 } else { count };
    let rows = count.div_ceil(columns);
    // Of many all say the same, since a picture's label has room for one text.
    let version = if count > 1 { version.min(5) } else { version };
    let (print, text) = print(version, troubles, dice)?;
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
            crumple: if has(Trouble::Crumpled) {
                std::array::from_fn(|_| {
                    let (sin, cos) = dice.between(-3.1, 3.1).sin_cos();
                    let wave = 6.3 / (dice.between(0.35, 1.1) * print.side as f32);
                    let height = dice.between(0.1, 0.3) / wave / 2.5;
                    [sin * wave, cos * wave, dice.between(0.0, 6.3), height]
                })
            } else {
                [[0.0; 4]; 3]
            },
            ..Pose::default()
        };
        finders.push(finders_of(&pose, print.side as f32));
        paint(&mut scene, &print, &pose);
    }
    light::fall(&mut scene, troubles, (module, None), dice);
    Ok(Picture {
        finders,
        ..Picture::new("qr", vec![text], &scene, dice)
    })
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
        rounded: has(Trouble::Rounded),
        thumb: if has(Trouble::Covered) {
            thumb(side as f32, dice)
        } else {
            [0.0; 4]
        },
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

/// The middles of the finder patterns of a code of that side.
fn finders_of(pose: &Pose, side: f32) -> [(f32, f32); 3] {
    let far = side / 2.0 - 3.5;
    [(-far, -far), (far, -far), (-far, far)].map(|place| pose.place(place, side / 2.0))
}

/// A thumb on the edge of a code of that side.
fn thumb(side: f32, dice: &mut Dice) -> [f32; 4] {
    let (along, reach) = (
        dice.between(0.0, 1.0) * side,
        dice.between(0.1, 0.24) * side,
    );
    let far = -dice.between(0.0, 0.5) * reach;
    let (x, y) = match dice.below(4) {
        0 => (along, far),
        1 => (along, side - far),
        2 => (far, along),
        _ => (side - far, along),
    };
    [x, y, reach, dice.between(90.0, 190.0)]
}

impl Surface for Print {
    fn half(&self) -> (f32, f32) {
        let half = self.side as f32 / 2.0;
        (half, half)
    }

    fn reach(&self) -> f32 {
        self.side as f32 / 2.0 + self.quiet
    }

    fn grey(&self, u: f32, v: f32) -> Option<f32> {
        let (side, quiet) = (self.side as f32, self.quiet);
        if u < -quiet || v < -quiet || u > side + quiet || v > side + quiet {
            return None;
        }
        let [x, y, reach, grey] = self.thumb;
        if (u - x).hypot(v - y) < reach {
            return Some(grey);
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
        if dark && self.rounded && self.is_cut_off(column, row, u.fract() - 0.5, v.fract() - 0.5) {
            return Some(paper);
        }
        Some(if dark { ink } else { paper })
    }
}

impl Print {
    /// Whether the place, from the middle of its module, is beyond a corner that is made round.
    fn is_cut_off(&self, column: usize, row: usize, u: f32, v: f32) -> bool {
        let is_dark = |column: Option<usize>, row: Option<usize>| {
            let inside = column
                .zip(row)
                .filter(|(x, y)| *x < self.side && *y < self.side);
            inside.is_some_and(|(x, y)| self.dark[y * self.side + x])
        };
        let next = |at: usize, way: f32| {
            if way > 0.0 {
                Some(at + 1)
            } else {
                at.checked_sub(1)
            }
        };
        let beside = is_dark(next(column, u), Some(row)) || is_dark(Some(column), next(row, v));
        !beside && u.hypot(v) > 0.47
    }
}
