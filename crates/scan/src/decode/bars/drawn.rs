//! Lines across symbols that tests draw: even, or stretched as paper is that leans or is crumpled.

use super::digits::{Set, modules_of};
use super::profile::Profile;
use super::upc_ean::FIRST_DIGIT;

/// Quiet modules on both sides.
const QUIET: f32 = 14.0;

/// The modules of an EAN-13, dark is true.
fn modules(code: &str) -> Vec<bool> {
    let digits: Vec<usize> = code.bytes().map(|b| usize::from(b - b'0')).collect();
    let of = |digit: usize, set: Set| modules_of(digit, set).map(|dark| dark > 0.5);
    let mut all = vec![true, false, true];
    for (place, digit) in digits[1..7].iter().enumerate() {
        let even = FIRST_DIGIT[digits[0]] >> (5 - place) & 1 == 1;
        all.extend(of(*digit, if even { Set::Even } else { Set::Odd }));
    }
    all.extend([false, true, false, true, false]);
    all.extend(digits[7..].iter().flat_map(|digit| of(*digit, Set::Right)));
    all.extend([true, false, true]);
    all
}

/// A line over an EAN-13 whose modules are `pixels` wide, seen through a box of `blur` pixels.
pub(super) fn line(code: &str, pixels: f32, blur: f32) -> Profile {
    stretched(code, blur, |module| (QUIET + module) * pixels)
}

/// The same where a place in modules, from 0 to 95, lies at that place in pixels; beyond its ends nothing is stretched.
pub(super) fn stretched(code: &str, blur: f32, place: impl Fn(f32) -> f32) -> Profile {
    across(&modules(code), blur, place)
}

/// The same over any modules, dark is true.
pub(super) fn across(modules: &[bool], blur: f32, place: impl Fn(f32) -> f32) -> Profile {
    let bounds: Vec<f32> = (0..=modules.len()).map(|at| place(at as f32)).collect();
    let (first, last) = (bounds[0], bounds[modules.len()]);
    let fine = 16.0;
    let dark = |at: f32| {
        let inside = (first..last).contains(&at);
        inside && modules[bounds.partition_point(|bound| *bound <= at) - 1]
    };
    let length = (first + last) as usize;
    Profile::new((0..length).map(|x| {
        let steps = ((1.0 + blur) * fine) as i32;
        let inside = (0..steps)
            .filter(|step| dark(x as f32 + 0.5 + (*step as f32 / fine - (1.0 + blur) / 2.0)));
        210.0 - 160.0 * inside.count() as f32 / steps as f32
    }))
}
