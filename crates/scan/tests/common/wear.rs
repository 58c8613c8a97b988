//! What happens to a code between the printer and the sensor, each at several severities, the same
//! for the same seed.

use counterfoil_scan::{GreyFrame, ScanKind};
use image::GrayImage;

use super::{bars, jpeg, qr};

/// The ways in which a code is hard to read.
pub const WEARS: [Wear; 9] = [
    Wear::Perspective,
    Wear::Blur,
    Wear::Noise,
    Wear::Jpeg,
    Wear::Glare,
    Wear::Moire,
    Wear::LowLight,
    Wear::CrackedGlass,
    Wear::Curvature,
];

/// How severe each may be: from 1, which a person hardly sees, on.
pub const SEVERITIES: usize = 4;

/// One way in which a code is hard to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wear {
    Perspective,
    Blur,
    Noise,
    Jpeg,
    Glare,
    Moire,
    LowLight,
    CrackedGlass,
    Curvature,
}

/// Random numbers that are the same for the same seed (Marsaglia 2003).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        let mut dice = Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        for _ in 0..8 {
            dice.roll();
        }
        dice
    }

    /// From -1 to 1.
    pub fn roll(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
    }

    /// Around 0, with about the given spread.
    fn grain(&mut self, spread: f32) -> f32 {
        (self.roll() + self.roll() + self.roll()) * spread
    }
}

/// What is held before the camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A customer's card: as many characters as a signed one has.
    Card,
    /// A product.
    Product,
    /// A code of the shop's own, in Code 128.
    Own,
}

impl Subject {
    /// What it says.
    pub fn text(self, seed: u64) -> String {
        match self {
            Self::Card => {
                const LETTERS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
                let mut dice = Dice::new(seed + 77);
                let letters = (0..152).map(|_| {
                    let at = ((dice.roll() + 1.0) / 2.0 * 44.99) as usize;
                    char::from(LETTERS[at.min(44)])
                });
                format!("CF1:{}", letters.collect::<String>())
            }
            Self::Product => {
                let body = format!("40063813{:04}", seed * 379 % 10_000);
                let sum: u32 = body
                    .bytes()
                    .enumerate()
                    .map(|(at, digit)| u32::from(digit - b'0') * if at % 2 == 0 { 1 } else { 3 })
                    .sum();
                format!("{body}{}", (10 - sum % 10) % 10)
            }
            Self::Own => format!("RACK-{:04}", seed * 379 % 10_000),
        }
    }

    /// The modules with their quiet zone, a pixel each.
    fn modules(self, seed: u64) -> GrayImage {
        match self {
            Self::Card => qr(&self.text(seed), 1),
            Self::Product => bars(ScanKind::Ean13, &self.text(seed), 1, 60),
            Self::Own => bars(ScanKind::Code128, &self.text(seed), 1, 60),
        }
    }

    /// How wide a module is when nothing is wrong, in pixels.
    fn module(self) -> f32 {
        match self {
            Self::Card => 4.6,
            Self::Product | Self::Own => 2.6,
        }
    }
}

const WIDTH: usize = 640;
const HEIGHT: usize = 480;

/// A frame that shows the subject through that wear.
pub fn worn(subject: Subject, wear: Wear, severity: usize, seed: u64) -> GreyFrame {
    let mut dice = Dice::new(seed * 1000 + severity as u64 * 10 + wear as u64);
    let hard = severity as f32;
    let mut scene = drawn(&subject.modules(seed), subject, wear, hard, &mut dice);
    match wear {
        Wear::Perspective | Wear::Curvature | Wear::Jpeg => blur(&mut scene, 0.7),
        Wear::Blur => blur(&mut scene, 0.6 + 0.75 * hard),
        Wear::Noise => {
            blur(&mut scene, 0.7);
            scene.iter_mut().for_each(|v| *v += dice.grain(14.0 * hard));
        }
        Wear::Glare => glare(&mut scene, hard, &mut dice),
        Wear::Moire => moire(&mut scene, hard, &mut dice),
        Wear::LowLight => {
            blur(&mut scene, 1.0);
            let light = 0.5 / hard;
            let grain = 2.0 + 1.2 * hard;
            scene
                .iter_mut()
                .for_each(|v| *v = *v * light + 8.0 + dice.grain(grain));
        }
        Wear::CrackedGlass => cracks(&mut scene, hard, &mut dice),
    }
    // Every sensor has a little.
    let luma: Vec<u8> = scene
        .iter()
        .map(|v| (v + dice.grain(1.5)).clamp(0.0, 255.0) as u8)
        .collect();
    if wear == Wear::Jpeg {
        let picture = GrayImage::from_raw(WIDTH as u32, HEIGHT as u32, luma).unwrap();
        let quality = [40, 20, 10, 5][severity - 1];
        let read = image::load_from_memory(&jpeg(&picture, quality))
            .unwrap()
            .into_luma8();
        return GreyFrame::new(WIDTH as u32, HEIGHT as u32, read.into_raw()).unwrap();
    }
    GreyFrame::new(WIDTH as u32, HEIGHT as u32, luma).unwrap()
}

/// The subject on a desk, turned a little, as the wear bends it.
fn drawn(
    modules: &GrayImage,
    subject: Subject,
    wear: Wear,
    hard: f32,
    dice: &mut Dice,
) -> Vec<f32> {
    let turn = dice.roll() * 0.3;
    let (sin, cos) = turn.sin_cos();
    let scale = 1.0 / subject.module();
    let lean = if wear == Wear::Perspective {
        0.00075 * hard
    } else {
        0.0
    };
    let (lean_x, lean_y) = (lean * dice.roll().signum(), lean * dice.roll());
    let bend = if wear == Wear::Curvature {
        0.33 * hard
    } else {
        0.0
    };
    let (mid_x, mid_y) = (modules.width() as f32 / 2.0, modules.height() as f32 / 2.0);
    let (shift_x, shift_y) = (dice.roll() * 30.0, dice.roll() * 20.0);
    let shade = |x: f32, y: f32| -> f32 {
        let (x, y) = (
            x - WIDTH as f32 / 2.0 - shift_x,
            y - HEIGHT as f32 / 2.0 - shift_y,
        );
        // From the sensor to the flat paper: a turn, a leaning plane, a bent surface.
        let depth = 1.0 / (1.0 + lean_x * x + lean_y * y).max(0.2);
        let (u, v) = (
            (cos * x + sin * y) * depth * scale,
            (cos * y - sin * x) * depth * scale,
        );
        // Around a cup: what is seen at the side lies further round than it looks.
        let u = if bend > 0.0 {
            let radius = mid_x / bend;
            radius * (u / radius).clamp(-0.999, 0.999).asin()
        } else {
            u
        };
        let (u, v) = (u + mid_x, v + mid_y);
        let inside = u >= 0.0 && v >= 0.0 && u < mid_x * 2.0 && v < mid_y * 2.0;
        if inside {
            30.0 + f32::from(modules.get_pixel(u as u32, v as u32).0[0]) * 0.76
        } else {
            150.0 + 0.05 * x
        }
    };
    let mut scene = Vec::with_capacity(WIDTH * HEIGHT);
    for y in 0..HEIGHT {
        for x in 0..WIDTH {
            let (x, y) = (x as f32, y as f32);
            let places = [(0.2, 0.2), (0.7, 0.3), (0.3, 0.7), (0.8, 0.8)];
            let sum: f32 = places.iter().map(|(dx, dy)| shade(x + dx, y + dy)).sum();
            scene.push(sum / 4.0);
        }
    }
    scene
}

/// A blur of that many pixels' spread: three boxes make nearly a bell.
fn blur(scene: &mut Vec<f32>, spread: f32) {
    let width = (4.0 * spread * spread + 1.0).sqrt();
    for _ in 0..3 {
        *scene = turned(&boxed(scene, WIDTH, width), WIDTH);
        *scene = turned(&boxed(scene, HEIGHT, width), HEIGHT);
    }
}

fn boxed(values: &[f32], row: usize, width: f32) -> Vec<f32> {
    let reach = ((width - 1.0) / 2.0).max(0.0);
    let (whole, part) = (reach as usize, reach.fract());
    let mut result = Vec::with_capacity(values.len());
    for line in values.chunks(row) {
        let at = |x: isize| line[x.clamp(0, row as isize - 1) as usize];
        for x in 0..row as isize {
            let mut sum = at(x);
            for step in 1..=whole as isize {
                sum += at(x - step) + at(x + step);
            }
            let step = whole as isize + 1;
            sum += part * (at(x - step) + at(x + step));
            result.push(sum / width.max(1.0));
        }
    }
    result
}

fn turned(values: &[f32], row: usize) -> Vec<f32> {
    let rows = values.len() / row;
    (0..values.len())
        .map(|at| values[at % rows * row + at / rows])
        .collect()
}

/// A lamp in the glass: white in its middle, veiled around it.
fn glare(scene: &mut Vec<f32>, hard: f32, dice: &mut Dice) {
    blur(scene, 0.8);
    let (x, y) = (320.0 + dice.roll() * 60.0, 240.0 + dice.roll() * 50.0);
    let reach = 22.0 + 16.0 * hard;
    for (at, value) in scene.iter_mut().enumerate() {
        let (dx, dy) = ((at % WIDTH) as f32 - x, (at / WIDTH) as f32 - y);
        let far = (dx * dx / 2.5 + dy * dy).sqrt() / reach;
        *value += 330.0 * (-far * far).exp() + 12.0 * hard;
    }
}

/// A screen's pixels against the sensor's.
fn moire(scene: &mut Vec<f32>, hard: f32, dice: &mut Dice) {
    blur(scene, 0.8);
    let (wave_x, wave_y) = (0.35 + 0.2 * dice.roll(), 0.9 + 0.3 * dice.roll());
    for (at, value) in scene.iter_mut().enumerate() {
        let (x, y) = ((at % WIDTH) as f32, (at / WIDTH) as f32);
        let slow = (x * wave_x / 6.0 + y * wave_y / 9.0).sin();
        let fine = (x * wave_y * 2.0).sin() * (y * wave_x * 4.0).sin();
        *value += hard * (9.0 * slow + 11.0 * fine);
    }
}

/// Cracks: bright lines that run across, with what lies on one side moved a little.
fn cracks(scene: &mut Vec<f32>, hard: f32, dice: &mut Dice) {
    blur(scene, 0.7);
    for _ in 0..(hard * 3.0) as usize {
        let (x, y) = (320.0 + dice.roll() * 120.0, 240.0 + dice.roll() * 90.0);
        let turn = dice.roll() * 3.1;
        let (sin, cos) = turn.sin_cos();
        let jagged = dice.roll() * 0.2;
        let moved = (dice.roll() * 1.5) as isize;
        let before = scene.clone();
        for (at, value) in scene.iter_mut().enumerate() {
            let (dx, dy) = ((at % WIDTH) as f32 - x, (at / WIDTH) as f32 - y);
            let along = cos * dx + sin * dy;
            let aside = cos * dy - sin * dx + 4.0 * (along * jagged).sin();
            if along.abs() > 200.0 {
                continue;
            }
            if aside.abs() < 0.8 + 0.35 * hard {
                *value = 225.0;
            } else if aside > 0.0 && aside < 60.0 {
                let from = at.saturating_add_signed(moved).min(before.len() - 1);
                *value = before[from];
            }
        }
    }
}
