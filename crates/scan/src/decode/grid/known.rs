//! What every code has in the same places.

use super::plane::Place;

/// Finder patterns with their margin, timing patterns and the alignment pattern near the corner.
pub(super) fn known_modules(side: usize) -> Vec<(Place, f32)> {
    let mut known = Vec::new();
    let mut add = |x: usize, y: usize, dark: bool| {
        let at = (x as f32 + 0.5, y as f32 + 0.5);
        known.push((at, if dark { 1.0 } else { -1.0 }));
    };
    for y in 0..8_usize {
        for x in 0..8_usize {
            // Rings around the middle: 0 and 1 dark, 2 light, 3 dark, 4 the margin.
            let ring = x.abs_diff(3).max(y.abs_diff(3));
            let dark = ring != 2 && ring != 4;
            add(x, y, dark);
            add(side - 1 - x, y, dark);
            add(x, side - 1 - y, dark);
        }
    }
    for at in 8..side - 8 {
        add(at, 6, at % 2 == 0);
        add(6, at, at % 2 == 0);
    }
    if side >= 25 {
        for y in 0..5_usize {
            for x in 0..5_usize {
                let dark = x.abs_diff(2).max(y.abs_diff(2)) != 1;
                add(side - 9 + x, side - 9 + y, dark);
            }
        }
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_lies_in_the_code_and_is_as_a_drawn_code_has_it() {
        let code =
            qrcode::QrCode::with_version("known", qrcode::Version::Normal(3), qrcode::EcLevel::M)
                .unwrap();
        for ((x, y), dark) in known_modules(29) {
            let drawn = code[(x as usize, y as usize)] == qrcode::types::Color::Dark;
            assert_eq!(drawn, dark > 0.0, "{x}, {y}");
        }
    }
}
