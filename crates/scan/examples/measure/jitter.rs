//! The frames that follow a picture: as a hand shows it that is not quite still.

use counterfoil_scan::GreyFrame;

/// Shift across and down in pixels, turn in degrees, size, noise in grey levels.
const MOVES: [(f32, f32, f32, f32, i32); 4] = [
    (0.0, 0.0, 0.0, 1.0, 0),
    (1.3, -0.7, 0.6, 1.008, 3),
    (-1.8, 1.1, -0.8, 0.988, 3),
    (0.6, 1.9, 1.1, 1.015, 4),
];

/// The frame at that place: the picture itself, then moved a little and with a little noise.
pub fn frame(picture: &GreyFrame, at: usize) -> GreyFrame {
    let (dx, dy, turn, size, noise) = MOVES[at % MOVES.len()];
    if at.is_multiple_of(MOVES.len()) {
        return picture.clone();
    }
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let (sin, cos) = turn.to_radians().sin_cos();
    let (mid_x, mid_y) = (width as f32 / 2.0, height as f32 / 2.0);
    let mut random = 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(at as u64);
    let mut luma = Vec::with_capacity(width * height);
    for y in 0..height {
        for x in 0..width {
            let (u, v) = ((x as f32 - mid_x) / size, (y as f32 - mid_y) / size);
            let (sx, sy) = (
                cos * u + sin * v + mid_x + dx,
                cos * v - sin * u + mid_y + dy,
            );
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let grain = (random >> 33) as i32 % (2 * noise + 1) - noise;
            let value = bilinear(picture, sx, sy).round() as i32 + grain;
            luma.push(value.clamp(0, 255) as u8);
        }
    }
    GreyFrame::new(picture.width(), picture.height(), luma).unwrap_or_else(|_| picture.clone())
}

fn bilinear(picture: &GreyFrame, x: f32, y: f32) -> f32 {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let (x, y) = (
        x.clamp(0.0, (width - 1) as f32),
        y.clamp(0.0, (height - 1) as f32),
    );
    let (left, top) = (x as usize, y as usize);
    let (right, bottom) = ((left + 1).min(width - 1), (top + 1).min(height - 1));
    let (u, v) = (x - left as f32, y - top as f32);
    let at = |x: usize, y: usize| f32::from(picture.luma()[y * width + x]);
    let above = at(left, top) * (1.0 - u) + at(right, top) * u;
    let below = at(left, bottom) * (1.0 - u) + at(right, bottom) * u;
    above * (1.0 - v) + below * v
}
