//! A set of the project's own: cards, products and a shop's own codes through what makes them hard to read, by
//! severity. The table is what a change of the readers is judged by; a lower figure is a regression.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test may fail loudly, and this one has a table to show"
)]

mod common;

use std::fmt::Write as _;

use common::wear::{SEVERITIES, Subject, WEARS, Wear, worn};
use counterfoil_scan::decode;

/// Pictures of each wear, severity and subject.
const SEEDS: u64 = 4;

/// Of those pictures, how many are read, a column a severity.
fn row(subject: Subject, wear: Wear) -> [u64; SEVERITIES] {
    std::array::from_fn(|at| {
        let read = |seed: &u64| {
            let found = decode(&worn(subject, wear, at + 1, *seed));
            let right = subject.text(*seed);
            assert!(
                found.iter().all(|one| one.code == right),
                "a false read: {subject:?} {wear:?} severity {}, seed {seed}: {found:?}",
                at + 1
            );
            !found.is_empty()
        };
        (0..SEEDS).filter(read).count() as u64
    })
}

fn holds(subject: Subject, expected: &[(Wear, [u64; SEVERITIES])]) {
    let mut table = format!("{subject:?}, read of {SEEDS} by severity\n");
    let mut worse = Vec::new();
    for wear in WEARS {
        let read = row(subject, wear);
        let _ = writeln!(table, "  {wear:<14?} {read:?}");
        let (_, least) = expected.iter().find(|(of, _)| *of == wear).unwrap();
        if read.iter().zip(least).any(|(read, least)| read < least) {
            worse.push(format!("{wear:?}: {read:?}, expected at least {least:?}"));
        }
    }
    println!("{table}");
    assert!(worse.is_empty(), "{}\n{table}", worse.join("\n"));
}

#[test]
fn worn_cards_are_read_as_well_as_before() {
    holds(
        Subject::Card,
        &[
            (Wear::Perspective, [4, 4, 4, 4]),
            (Wear::Blur, [4, 4, 0, 0]),
            (Wear::Noise, [4, 4, 4, 4]),
            (Wear::Jpeg, [4, 4, 4, 4]),
            (Wear::Glare, [4, 2, 0, 0]),
            (Wear::Moire, [4, 4, 4, 4]),
            (Wear::LowLight, [4, 4, 4, 4]),
            (Wear::CrackedGlass, [4, 0, 0, 0]),
            (Wear::Curvature, [4, 4, 1, 0]),
        ],
    );
}

#[test]
fn worn_products_are_read_as_well_as_before() {
    holds(
        Subject::Product,
        &[
            (Wear::Perspective, [4, 4, 0, 0]),
            (Wear::Blur, [4, 4, 0, 0]),
            (Wear::Noise, [4, 4, 1, 1]),
            (Wear::Jpeg, [4, 4, 4, 4]),
            (Wear::Glare, [4, 4, 4, 2]),
            (Wear::Moire, [4, 4, 4, 4]),
            (Wear::LowLight, [4, 4, 2, 2]),
            (Wear::CrackedGlass, [4, 3, 1, 0]),
            (Wear::Curvature, [4, 4, 4, 4]),
        ],
    );
}

#[test]
fn worn_codes_of_a_shops_own_are_read_as_well_as_before() {
    holds(
        Subject::Own,
        &[
            (Wear::Perspective, [4, 4, 0, 0]),
            (Wear::Blur, [4, 4, 2, 0]),
            (Wear::Noise, [4, 4, 4, 4]),
            (Wear::Jpeg, [4, 4, 4, 4]),
            (Wear::Glare, [4, 4, 3, 1]),
            (Wear::Moire, [4, 4, 4, 4]),
            (Wear::LowLight, [4, 4, 4, 3]),
            (Wear::CrackedGlass, [3, 3, 2, 0]),
            (Wear::Curvature, [4, 4, 4, 0]),
        ],
    );
}
