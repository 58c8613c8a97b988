//! What a code lies among.

use super::dice::Dice;
use super::draw::{HEIGHT, WIDTH};

/// What lies around the code: a table's grey, sheets, lines of text.
pub fn surroundings(cluttered: bool, dice: &mut Dice) -> Vec<f32> {
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
