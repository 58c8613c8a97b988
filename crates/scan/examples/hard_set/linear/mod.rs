//! Linear codes on labels, packs, bottles and screens, and pictures of bars that are no code.

pub mod clutter;
mod label;
pub mod symbol;

use super::dice::Dice;
use super::draw::{HEIGHT, Picture, WIDTH};
use super::light;
use super::pose::{Pose, Surface as _, paint};
use super::scene::surroundings;
use super::trouble::Trouble;
use label::{Label, label};
use symbol::Kind;

/// A picture of its own for each dice.
pub fn picture(troubles: &[Trouble], dice: &mut Dice) -> Result<Picture, String> {
    let has = |one: Trouble| troubles.contains(&one);
    let mut scene = surroundings(has(Trouble::Cluttered), dice);
    let module = if has(Trouble::Tiny) {
        dice.between(1.15, 1.9)
    } else {
        dice.between(1.9, 4.8)
    };
    let count = if has(Trouble::Many) {
        2 + dice.below(5)
    } else {
        1
    };
    let columns = count.div_ceil(2).min(count);
    let rows = count.div_ceil(columns);
    let cell = (WIDTH as f32 / columns as f32, HEIGHT as f32 / rows as f32);
    let (mut texts, mut name, mut across, mut least) = (Vec::new(), "", 0.0, module);
    for number in 0..count {
        let kind = Kind::any(dice);
        let label = label(kind, troubles, dice)?;
        let pose = pose(&label, troubles, (module, cell, number, columns), dice);
        if number == 0 {
            (name, across) = (kind.name(), pose.turn);
        }
        least = least.min(pose.module);
        paint(&mut scene, &label, &pose);
        texts.push(label.symbol.text);
    }
    light::fall(&mut scene, troubles, (least, Some(across)), dice);
    Ok(Picture::new(name, texts, &scene, dice))
}

/// How a label lies in its cell of the picture.
fn pose(
    label: &Label,
    troubles: &[Trouble],
    (module, cell, number, columns): (f32, (f32, f32), usize, usize),
    dice: &mut Dice,
) -> Pose {
    let has = |one: Trouble| troubles.contains(&one);
    let (half, height) = label.half();
    let turn = if has(Trouble::Turned) {
        dice.between(-3.1, 3.1)
    } else {
        let quarter = [0.0, 0.0, 0.0, 1.0, 2.0, 3.0][dice.below(6)];
        quarter * std::f32::consts::FRAC_PI_2 + dice.between(-0.15, 0.15)
    };
    let (sin, cos) = (turn.sin().abs(), turn.cos().abs());
    let out = half + 8.0;
    let (reach_x, reach_y) = (out * cos + height * sin, out * sin + height * cos);
    let module = module
        .min(cell.0 * 0.48 / reach_x)
        .min(cell.1 * 0.48 / reach_y);
    let free = |cell: f32, reach: f32| (cell / 2.0 - reach * module).max(0.0);
    let (free_x, free_y) = (free(cell.0, reach_x), free(cell.1, reach_y));
    let lean = if has(Trouble::Steep) {
        let lean = dice.between(0.3, 0.7) / (half * module);
        let way = turn + dice.between(-0.9, 0.9);
        (lean * way.cos(), lean * way.sin())
    } else {
        let lean = 0.12 / (half * module);
        (dice.between(-lean, lean), dice.between(-lean, lean))
    };
    let crumple = if has(Trouble::Crumpled) {
        std::array::from_fn(|_| {
            let (sin, cos) = dice.between(-3.1, 3.1).sin_cos();
            let wave = 6.3 / (dice.between(0.25, 0.8) * 2.0 * half);
            let steep = dice.between(0.05, 0.17);
            [sin * wave, cos * wave, dice.between(0.0, 6.3), steep / wave]
        })
    } else {
        [[0.0; 4]; 3]
    };
    Pose {
        x: cell.0 * ((number % columns) as f32 + 0.5) + dice.between(-0.8, 0.8) * free_x,
        y: cell.1 * ((number / columns) as f32 + 0.5) + dice.between(-0.8, 0.8) * free_y,
        turn,
        module,
        lean,
        bend: if has(Trouble::Curved) {
            dice.between(0.5, 1.3)
        } else {
            0.0
        },
        ring: if has(Trouble::Ring) {
            dice.between(0.5, 1.3)
        } else {
            0.0
        },
        tilt: if has(Trouble::Ring) {
            dice.between(-0.8, 0.8)
        } else {
            0.0
        },
        crumple,
    }
}
