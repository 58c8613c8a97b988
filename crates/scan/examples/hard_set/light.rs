//! What light, lens and sensor make of a scene.

use super::dice::Dice;
use super::draw::{HEIGHT, WIDTH};
use super::trouble::Trouble;

/// Changes the scene as those troubles do; a module is that many pixels wide, and bars lie across that direction.
pub fn fall(
    scene: &mut Vec<f32>,
    troubles: &[Trouble],
    (module, across): (f32, Option<f32>),
    dice: &mut Dice,
) {
    let has = |one: Trouble| troubles.contains(&one);
    let turn = across.unwrap_or_default();
    if has(Trouble::Shadow) {
        shadow(scene, dice);
    }
    if has(Trouble::Spot) {
        spot(scene, dice);
    }
    if has(Trouble::Gleam) {
        gleam(scene, turn, dice);
    }
    if has(Trouble::Screen) {
        screen(scene, dice);
    }
    if has(Trouble::Cracked) {
        cracked(scene, module, dice);
    }
    blur(scene, dice.between(0.5, 0.9));
    if has(Trouble::Blurred) {
        // A bar takes less than a square.
        let most = if across.is_some() { 0.65 } else { 0.8 };
        blur(scene, dice.between(0.35, most) * module);
    }
    if has(Trouble::Moved) {
        moved(
            scene,
            dice.between(0.7, 2.0) * module,
            dice.between(-1.6, 1.6),
        );
    }
    if has(Trouble::Defocused) {
        defocus(scene, dice.between(0.6, 1.45) * module);
    }
    if has(Trouble::Shaken) {
        moved(scene, dice.between(0.6, 1.8) * module, turn);
    }
    if has(Trouble::Smeared) {
        let along = turn + std::f32::consts::FRAC_PI_2 + dice.between(-0.08, 0.08);
        moved(scene, dice.between(4.0, 18.0) * module, along);
    }
    if has(Trouble::Washed) {
        let (contrast, base) = (dice.between(0.06, 0.25), dice.between(30.0, 180.0));
        scene.iter_mut().for_each(|v| *v = base + *v * contrast);
    }
    if has(Trouble::Dark) {
        let (light, grain) = (dice.between(0.05, 0.2), dice.between(2.0, 5.0));
        scene
            .iter_mut()
            .for_each(|v| *v = *v * light + dice.grain(grain) + 6.0);
    }
    if has(Trouble::Grainy) {
        let grain = dice.between(15.0, 55.0);
        scene.iter_mut().for_each(|v| *v += dice.grain(grain));
    }
}

/// A straight edge of shade across the picture.
fn shadow(scene: &mut [f32], dice: &mut Dice) {
    let (sin, cos) = dice.between(-3.1, 3.1).sin_cos();
    let (x, y) = (dice.between(500.0, 780.0), dice.between(280.0, 440.0));
    let (shade, soft) = (dice.between(0.12, 0.5), dice.between(1.0, 60.0));
    let stripes = if dice.chance(0.4) {
        dice.between(60.0, 200.0)
    } else {
        1e9
    };
    for (at, value) in scene.iter_mut().enumerate() {
        let far = cos * ((at % WIDTH) as f32 - x) + sin * ((at / WIDTH) as f32 - y);
        let far = if stripes < 1e8 {
            (far / stripes * std::f32::consts::PI).sin() * stripes * 0.4
        } else {
            far
        };
        let lit = (far / soft + 0.5).clamp(0.0, 1.0);
        *value *= shade + (1.0 - shade) * lit;
    }
}

/// Lamps mirrored in the surface.
fn spot(scene: &mut [f32], dice: &mut Dice) {
    for _ in 0..1 + dice.below(3) {
        let (x, y) = (dice.between(350.0, 930.0), dice.between(160.0, 560.0));
        let (reach, flat) = (dice.between(30.0, 260.0), dice.between(0.5, 2.0));
        let power = dice.between(90.0, 320.0);
        for (at, value) in scene.iter_mut().enumerate() {
            let (dx, dy) = ((at % WIDTH) as f32 - x, (at / WIDTH) as f32 - y);
            let far = (dx * dx * flat + dy * dy / flat) / (reach * reach);
            if far < 8.0 {
                *value = (*value + power * (-far).exp()).min(252.0);
            }
        }
    }
}

/// Bands of light on a shiny pack, most of them along or across the bars.
fn gleam(scene: &mut [f32], across: f32, dice: &mut Dice) {
    for _ in 0..1 + dice.below(3) {
        let quarter = dice.below(2) as f32 * std::f32::consts::FRAC_PI_2;
        let (sin, cos) = (across + quarter + dice.between(-0.4, 0.4)).sin_cos();
        let (x, y) = (dice.between(440.0, 840.0), dice.between(240.0, 480.0));
        let (wide, power) = (dice.between(12.0, 70.0), dice.between(80.0, 280.0));
        for (at, value) in scene.iter_mut().enumerate() {
            let far = cos * ((at % WIDTH) as f32 - x) + sin * ((at / WIDTH) as f32 - y);
            let far = far / wide;
            if far.abs() < 3.0 {
                *value = (*value + power * (-far * far).exp()).min(252.0);
            }
        }
    }
}

/// A lens that is set to another distance: every point becomes a disc of that radius.
fn defocus(scene: &mut [f32], radius: f32) {
    let reach = radius.ceil() as isize;
    let rows: Vec<(isize, f32)> = (-reach..=reach)
        .map(|y| (y, (radius * radius - (y * y) as f32).max(0.0).sqrt()))
        .collect();
    let area: f32 = rows.iter().map(|(_, half)| 2.0 * half + 1.0).sum();
    // Sums from the left, of which the difference of two is a stretch.
    let mut sums = vec![0.0_f64; (WIDTH + 1) * HEIGHT];
    for y in 0..HEIGHT {
        for x in 0..WIDTH {
            let at = y * (WIDTH + 1) + x;
            sums[at + 1] = sums[at] + f64::from(scene[y * WIDTH + x]);
        }
    }
    for (at, value) in scene.iter_mut().enumerate() {
        let (x, y) = ((at % WIDTH) as f32, (at / WIDTH) as isize);
        let sum_to = |row: usize, place: f32| {
            let place = place.clamp(0.0, WIDTH as f32);
            let whole = (place as usize).min(WIDTH - 1);
            let from = sums[row * (WIDTH + 1) + whole];
            let next = sums[row * (WIDTH + 1) + whole + 1];
            from + (next - from) * f64::from(place - whole as f32)
        };
        let mut sum = 0.0;
        for (aside, half) in &rows {
            let row = (y + aside).clamp(0, HEIGHT as isize - 1) as usize;
            let (from, to) = (x - half, x + 1.0 + half);
            let inside = sum_to(row, to) - sum_to(row, from);
            let cut = (to.min(WIDTH as f32) - from.max(0.0)).max(1.0);
            sum += inside as f32 * (to - from) / cut;
        }
        *value = sum / area;
    }
}

/// Broken glass: cracks that run from where it was hit, and between them pieces that each bend the light a little.
fn cracked(scene: &mut [f32], module: f32, dice: &mut Dice) {
    let (x, y) = (dice.between(300.0, 980.0), dice.between(120.0, 600.0));
    let mut cracks: Vec<f32> = (0..7 + dice.below(16))
        .map(|_| dice.between(-3.15, 3.15))
        .collect();
    cracks.sort_by(f32::total_cmp);
    let ring = dice.between(60.0, 200.0);
    let pieces: Vec<(f32, f32)> = (0..4 * cracks.len() + 4)
        .map(|_| {
            (
                dice.between(-0.5, 0.5) * module,
                dice.between(-0.5, 0.5) * module,
            )
        })
        .collect();
    let (wide, grey) = (dice.between(0.6, 2.0), dice.between(150.0, 255.0));
    let before = scene.to_vec();
    for (at, value) in scene.iter_mut().enumerate() {
        let (dx, dy) = ((at % WIDTH) as f32 - x, (at / WIDTH) as f32 - y);
        let (far, angle) = (dx.hypot(dy), dy.atan2(dx));
        // Cracks are not straight.
        let angle = angle + (far / 90.0).sin() * 0.06;
        let sector = cracks.partition_point(|crack| *crack < angle) % cracks.len();
        let rings = ((far / ring) as usize).min(3);
        let near = cracks
            .iter()
            .map(|crack| (crack - angle).abs() * far)
            .fold(f32::MAX, f32::min);
        let near = near.min(if rings < 3 {
            (far % ring).min(ring - far % ring)
        } else {
            f32::MAX
        });
        if near < wide {
            *value = grey;
            continue;
        }
        let (sx, sy) = pieces[sector * 4 + rings];
        let from = |at: usize, moved: f32, end: usize| {
            (at as f32 + moved).round().clamp(0.0, end as f32 - 1.0) as usize
        };
        *value = before[from(at / WIDTH, sy, HEIGHT) * WIDTH + from(at % WIDTH, sx, WIDTH)];
    }
}

/// A screen's rows and columns against the sensor's.
fn screen(scene: &mut [f32], dice: &mut Dice) {
    let (wave_x, wave_y) = (dice.between(1.5, 3.1), dice.between(1.5, 3.1));
    let (depth, slow) = (dice.between(0.15, 0.55), dice.between(0.01, 0.06));
    let turn = dice.between(-0.2, 0.2);
    for (at, value) in scene.iter_mut().enumerate() {
        let (x, y) = ((at % WIDTH) as f32, (at / WIDTH) as f32);
        let (x, y) = (x + turn * y, y - turn * x);
        let fine = (x * wave_x).sin() * 0.5 + (y * wave_y).sin() * 0.5;
        *value *= 1.0 + depth * (fine + 0.5 * (x * slow + y * slow * 1.7).sin());
    }
}

/// A bell of that many pixels' spread: three boxes.
fn blur(scene: &mut Vec<f32>, spread: f32) {
    let width = (4.0 * spread * spread + 1.0).sqrt();
    for _ in 0..3 {
        *scene = transposed(&boxed(scene, WIDTH, width), WIDTH);
        *scene = transposed(&boxed(scene, HEIGHT, width), HEIGHT);
    }
}

fn boxed(values: &[f32], row: usize, width: f32) -> Vec<f32> {
    let reach = ((width - 1.0) / 2.0).max(0.0);
    let (whole, part) = (reach as usize, reach.fract());
    let last = row - 1;
    let mut result = Vec::with_capacity(values.len());
    for line in values.chunks(row) {
        for x in 0..row {
            let (from, to) = (x.saturating_sub(whole), (x + whole).min(last));
            let inside: f32 = line[from..=to].iter().sum();
            let count = (to - from + 1) as f32;
            let ends = line[x.saturating_sub(whole + 1)] + line[(x + whole + 1).min(last)];
            result.push((inside + part * ends) / (count + 2.0 * part));
        }
    }
    result
}

fn transposed(values: &[f32], row: usize) -> Vec<f32> {
    let rows = values.len() / row;
    (0..values.len())
        .map(|at| values[at % rows * row + at / rows])
        .collect()
}

/// The hand that moved while the shutter was open.
fn moved(scene: &mut [f32], length: f32, turn: f32) {
    let (sin, cos) = turn.sin_cos();
    let steps = (length.ceil() as i32 * 2).max(2);
    let before = scene.to_vec();
    for (at, value) in scene.iter_mut().enumerate() {
        let (x, y) = ((at % WIDTH) as f32, (at / WIDTH) as f32);
        let sum: f32 = (0..steps)
            .map(|step| {
                let far = (step as f32 / (steps - 1) as f32 - 0.5) * length;
                let x = (x + cos * far).round().clamp(0.0, (WIDTH - 1) as f32) as usize;
                let y = (y + sin * far).round().clamp(0.0, (HEIGHT - 1) as f32) as usize;
                before[y * WIDTH + x]
            })
            .sum();
        *value = sum / steps as f32;
    }
}
