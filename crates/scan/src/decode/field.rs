//! Where in a frame something has the texture of a code: gradients summed over small blocks. It
//! decides whether readers are called at all, and where bars lie and how they are turned.

use std::f32::consts::PI;

use crate::frame::GreyFrame;

/// The side of a block, in pixels.
pub(super) const BLOCK: usize = 16;

/// Squared grey levels between neighbouring pixels, on average, from which a block is more than
/// noise and soft shadow.
const LIVELY: f32 = 36.0;

/// The same in a picture without noise, and how many times the noise it must be elsewhere.
const FAINT: f32 = 4.0;
const STANDS_OUT: f32 = 3.0;

/// From which share of a block's gradient along one line it counts as bars.
const STRAIGHT: f32 = 0.55;

/// What noise has along one line by chance, as a share of it.
const BY_CHANCE: f32 = 0.4;

/// The structure tensor of a block, per pixel.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tensor {
    xx: f32,
    yy: f32,
    xy: f32,
}

impl Tensor {
    fn energy(&self) -> f32 {
        self.xx + self.yy
    }

    /// What there is along one line beyond what there is across it.
    fn spread(&self) -> f32 {
        (self.xx - self.yy).hypot(2.0 * self.xy)
    }

    /// From 0 (all directions alike) to 1 (all gradients along one line), beside that much of noise, which has no direction.
    fn coherence(&self, noise: f32) -> f32 {
        self.spread() / (self.energy() - noise).max(self.spread()).max(1.0)
    }

    /// The direction of the gradient, from -PI/2 to PI/2: across the bars.
    fn direction(&self) -> f32 {
        0.5 * (2.0 * self.xy).atan2(self.xx - self.yy)
    }

    fn add(&mut self, other: &Self) {
        self.xx += other.xx;
        self.yy += other.yy;
        self.xy += other.xy;
    }
}

/// The frame's blocks, row by row.
pub(super) struct Field {
    columns: usize,
    rows: usize,
    blocks: Vec<Tensor>,
    /// What quiet blocks have, and what noise adds to every block.
    quiet: f32,
    noise: f32,
}

/// A place that looks like bars.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bars {
    /// Its middle, in pixels.
    pub(super) x: f32,
    pub(super) y: f32,
    /// Across the bars, in radians.
    pub(super) direction: f32,
    /// Half its extent across and along the bars, in pixels.
    pub(super) half_length: f32,
    pub(super) half_height: f32,
    weight: f32,
}

impl Bars {
    /// A whole frame, read in one direction.
    pub(super) fn whole(width: f32, height: f32, direction: f32) -> Self {
        let (sin, cos) = (direction.sin().abs(), direction.cos().abs());
        Self {
            x: width / 2.0,
            y: height / 2.0,
            direction,
            half_length: (width * cos + height * sin) / 2.0,
            half_height: (width * sin + height * cos) / 2.0,
            weight: 0.0,
        }
    }
}

impl Bars {
    /// The same in a picture so many times as large.
    pub(super) fn scaled(&self, times: f32) -> Self {
        Self {
            x: self.x * times,
            y: self.y * times,
            half_length: self.half_length * times,
            half_height: self.half_height * times,
            ..*self
        }
    }
}

impl Field {
    pub(super) fn of(frame: &GreyFrame) -> Self {
        let (width, height) = (frame.width() as usize, frame.height() as usize);
        let (columns, rows) = (width / BLOCK, height / BLOCK);
        let mut blocks = vec![Tensor::default(); columns * rows];
        for (row, line) in blocks.chunks_exact_mut(columns.max(1)).enumerate() {
            // Every other line is enough.
            for y in (row * BLOCK..(row + 1) * BLOCK).step_by(2) {
                let upper = frame.row(y as u32);
                let lower = frame.row((y + 1).min(height - 1) as u32);
                for (column, tensor) in line.iter_mut().enumerate() {
                    let from = column * BLOCK;
                    add_line(tensor, &upper[from..], &lower[from..]);
                }
            }
        }
        let quarter = |value: fn(&Tensor) -> f32| {
            let mut values: Vec<f32> = blocks.iter().map(value).collect();
            let at = values.len() / 4;
            match values.len() {
                0 => 0.0,
                _ => *values.select_nth_unstable_by(at, f32::total_cmp).1,
            }
        };
        let (quiet, noise) = (
            quarter(Tensor::energy),
            quarter(|block| block.energy() - block.spread()),
        );
        Self {
            columns,
            rows,
            blocks,
            quiet,
            noise,
        }
    }

    /// Whether enough of the frame is lively for the smallest code that could be read: beside what its quiet parts show,
    /// for a code in fog or in the dark has little more.
    pub(super) fn is_worth_reading(&self) -> bool {
        if self.blocks.len() < 3 {
            return false;
        }
        let (least, straight) = (self.least(), (BY_CHANCE * self.noise).max(FAINT));
        self.blocks
            .iter()
            .filter(|block| block.energy() >= least || block.spread() >= straight)
            .count()
            >= 3
    }

    /// What a block has at least that is more than noise and soft shadow.
    fn least(&self) -> f32 {
        (self.quiet * STANDS_OUT).clamp(FAINT, LIVELY)
    }

    /// The places that look like bars, the most striking first, at most `most`; faint ones where they are asked for.
    pub(super) fn bars(&self, most: usize, faint: bool) -> Vec<Bars> {
        let (least, noise) = if faint {
            (FAINT, self.noise)
        } else {
            (LIVELY, 0.0)
        };
        let straight: Vec<bool> = self
            .blocks
            .iter()
            .map(|block| {
                block.energy() - noise >= least
                    && block.spread() >= BY_CHANCE * noise
                    && block.coherence(noise) >= STRAIGHT
            })
            .collect();
        let mut taken = vec![false; self.blocks.len()];
        let mut seeds: Vec<usize> = (0..self.blocks.len()).filter(|at| straight[*at]).collect();
        let strength = |at: usize| self.blocks[at].spread();
        seeds.sort_by(|a, b| strength(*b).total_cmp(&strength(*a)));
        let mut places = Vec::new();
        for seed in seeds {
            if taken[seed] {
                continue;
            }
            let members = self.grow(seed, &straight, &mut taken);
            if members.len() >= 3 {
                places.push(self.place(&members));
            }
        }
        places.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        places.truncate(most);
        places
    }

    /// The straight blocks around `seed` whose edges run as its own do.
    fn grow(&self, seed: usize, straight: &[bool], taken: &mut [bool]) -> Vec<usize> {
        let mut sum = self.blocks[seed];
        let mut members = vec![seed];
        taken[seed] = true;
        let mut next = 0;
        while next < members.len() {
            let (column, row) = (members[next] % self.columns, members[next] / self.columns);
            next += 1;
            // Two blocks far, since a wide space has no edges.
            for y in row.saturating_sub(2)..=(row + 2).min(self.rows - 1) {
                for x in column.saturating_sub(2)..=(column + 2).min(self.columns - 1) {
                    let at = y * self.columns + x;
                    if !straight[at] || taken[at] {
                        continue;
                    }
                    if turn_between(sum.direction(), self.blocks[at].direction()) < 0.35 {
                        taken[at] = true;
                        sum.add(&self.blocks[at]);
                        members.push(at);
                    }
                }
            }
        }
        members
    }

    fn place(&self, members: &[usize]) -> Bars {
        let mut sum = Tensor::default();
        for at in members {
            sum.add(&self.blocks[*at]);
        }
        let direction = sum.direction();
        let (sin, cos) = direction.sin_cos();
        let half = BLOCK as f32 / 2.0;
        let (mut along, mut across) = (Span::default(), Span::default());
        for at in members {
            let x = (at % self.columns * BLOCK) as f32 + half;
            let y = (at / self.columns * BLOCK) as f32 + half;
            along.cover(x * cos + y * sin);
            across.cover(y * cos - x * sin);
        }
        let (u, v) = (along.middle(), across.middle());
        Bars {
            x: u * cos - v * sin,
            y: u * sin + v * cos,
            direction,
            half_length: along.half() + half,
            half_height: across.half() + half,
            weight: members.len() as f32
                * sum.energy().sqrt()
                * sum.coherence(self.noise * members.len() as f32),
        }
    }
}

/// Adds one line of a block: how squares of four pixels differ across and down.
fn add_line(tensor: &mut Tensor, upper: &[u8], lower: &[u8]) {
    let columns = BLOCK.min(upper.len() - 1);
    let (mut xx, mut yy, mut xy) = (0_i32, 0_i32, 0_i32);
    for x in 0..columns {
        let falling = i32::from(lower[x + 1]) - i32::from(upper[x]);
        let rising = i32::from(upper[x + 1]) - i32::from(lower[x]);
        let (dx, dy) = (falling + rising, falling - rising);
        xx += dx * dx;
        yy += dy * dy;
        xy += dx * dy;
    }
    // Each is a sum of two differences, hence the four.
    const SCALE: f32 = 1.0 / (4 * BLOCK * BLOCK / 2) as f32;
    tensor.xx += xx as f32 * SCALE;
    tensor.yy += yy as f32 * SCALE;
    tensor.xy += xy as f32 * SCALE;
}

/// The angle between two directions that have no sense of forwards.
fn turn_between(a: f32, b: f32) -> f32 {
    let turn = (a - b).abs() % PI;
    turn.min(PI - turn)
}

#[derive(Clone, Copy)]
struct Span {
    from: f32,
    to: f32,
}

impl Default for Span {
    fn default() -> Self {
        Self {
            from: f32::MAX,
            to: f32::MIN,
        }
    }
}

impl Span {
    fn cover(&mut self, at: f32) {
        self.from = self.from.min(at);
        self.to = self.to.max(at);
    }

    fn middle(&self) -> f32 {
        (self.from + self.to) / 2.0
    }

    fn half(&self) -> f32 {
        (self.to - self.from) / 2.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(width: u32, height: u32, grey: impl Fn(f32, f32) -> f32) -> GreyFrame {
        let pixel = |at: u32| {
            let (x, y) = ((at % width) as f32, (at / width) as f32);
            grey(x, y).clamp(0.0, 255.0) as u8
        };
        GreyFrame::new(width, height, (0..width * height).map(pixel).collect()).unwrap()
    }

    #[test]
    fn an_even_wall_with_a_soft_shadow_is_not_worth_reading() {
        let wall = picture(640, 360, |x, y| 90.0 + x / 10.0 + y / 8.0);
        assert!(!Field::of(&wall).is_worth_reading());
    }

    #[test]
    fn turned_bars_are_found_where_they_are_and_as_they_are_turned() {
        let turn = 0.4_f32;
        let bars = picture(640, 480, |x, y| {
            let (x, y) = (x - 300.0, y - 200.0);
            let (u, v) = (
                x * turn.cos() + y * turn.sin(),
                y * turn.cos() - x * turn.sin(),
            );
            // Soft, as a lens shows them.
            if u.abs() < 120.0 && v.abs() < 60.0 {
                125.0 - 95.0 * (u * PI / 4.0).sin()
            } else {
                220.0
            }
        });
        let found = Field::of(&bars).bars(3, false);
        let best = found.first().unwrap();
        assert!(
            (best.x - 300.0).abs() < 16.0 && (best.y - 200.0).abs() < 16.0,
            "{best:?}"
        );
        assert!(turn_between(best.direction, turn) < 0.05, "{best:?}");
        assert!((best.half_length - 120.0).abs() < 24.0, "{best:?}");
    }

    #[test]
    fn a_chessboard_has_no_bars() {
        let board = picture(320, 320, |x, y| {
            let odd = ((x / 5.0) as i32 + (y / 5.0) as i32) % 2 == 0;
            if odd { 20.0 } else { 230.0 }
        });
        let field = Field::of(&board);
        assert!(field.is_worth_reading());
        assert!(field.bars(3, false).is_empty());
    }

    #[test]
    fn a_frame_smaller_than_a_block_holds_nothing() {
        let field = Field::of(&picture(9, 5, |x, _| x * 20.0));
        assert!(!field.is_worth_reading() && field.bars(3, false).is_empty());
    }
}
