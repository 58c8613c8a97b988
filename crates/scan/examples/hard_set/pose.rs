//! How a print lies before the camera.

use super::draw::{HEIGHT, WIDTH};

/// What is printed, in modules.
pub trait Surface {
    /// Half its width and half its height without what is around it; what is printed begins at 0, 0.
    fn half(&self) -> (f32, f32);
    /// How far it reaches from its middle, with what is around it.
    fn reach(&self) -> f32;
    /// The grey at a place, where the surface is.
    fn grey(&self, u: f32, v: f32) -> Option<f32>;
}

/// Where a print is, and how it is turned and bent.
#[derive(Default)]
pub struct Pose {
    pub x: f32,
    pub y: f32,
    pub turn: f32,
    pub module: f32,
    pub lean: (f32, f32),
    /// How far round a cylinder it reaches, whose axis runs down.
    pub bend: f32,
    /// The same for one whose axis runs across, and how far that one leans towards the camera.
    pub ring: f32,
    pub tilt: f32,
    /// Waves in the paper: how fast across and down, where they begin, how far they move what is printed, in modules.
    pub crumple: [[f32; 4]; 3],
}

impl Pose {
    /// Where in the picture a place is that far from the middle of the print, of paper that is flat or around a cup.
    pub fn place(&self, (u, v): (f32, f32), half: f32) -> (f32, f32) {
        let (sin, cos) = self.turn.sin_cos();
        let u = if self.bend > 0.0 {
            let radius = half / self.bend;
            radius * (u / radius).sin()
        } else {
            u
        };
        let (x, y) = (cos * u - sin * v, sin * u + cos * v);
        let (x, y) = (x * self.module, y * self.module);
        let depth = 1.0 / (1.0 - 0.7 * (self.lean.0 * x + self.lean.1 * y)).max(0.1);
        (self.x + x * depth, self.y + y * depth)
    }

    /// The place on the print that is seen at that distance from its middle in the picture.
    fn seen(&self, x: f32, y: f32, half: (f32, f32)) -> Option<(f32, f32)> {
        let (sin, cos) = self.turn.sin_cos();
        let depth = 1.0 + self.lean.0 * x * 0.7 + self.lean.1 * y * 0.7;
        if depth < 0.25 {
            return None;
        }
        let (u, v) = (x / depth / self.module, y / depth / self.module);
        let (mut u, mut v) = (cos * u + sin * v, cos * v - sin * u);
        if self.bend > 0.0 {
            u = unrolled(u, half.0 / self.bend)?;
        }
        if self.ring > 0.0 {
            let radius = half.1 / self.ring;
            v = unrolled(v, radius)?;
            u += self.tilt * radius * (1.0 - (v / radius).cos());
        }
        let (mut du, mut dv) = (0.0, 0.0);
        for [across, down, phase, height] in &self.crumple {
            let moved = (u * across + v * down + phase).sin() * height;
            du += moved * across.signum();
            dv += moved * down.signum();
        }
        Some((u + du, v + dv))
    }
}

/// How far round a cylinder of that radius a place lies that is seen that far from its axis.
fn unrolled(far: f32, radius: f32) -> Option<f32> {
    ((far / radius).abs() <= 0.98).then(|| radius * (far / radius).asin())
}

pub fn paint(scene: &mut [f32], print: &impl Surface, pose: &Pose) {
    let half = print.half();
    let reach = print.reach() * pose.module * 2.6;
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
                let place = pose.seen(x as f32 + dx - pose.x, y as f32 + dy - pose.y, half);
                if let Some(grey) = place.and_then(|(u, v)| print.grey(u + half.0, v + half.1)) {
                    sum += grey;
                    seen += 1.0;
                }
            }
            let before = &mut scene[y * WIDTH + x];
            *before = (*before * (4.0 - seen) + sum) / 4.0;
        }
    }
}
