//! The simulation's own promises.

#![allow(clippy::unwrap_used, reason = "a test fails loudly")]

use super::command::runtime;
use super::{Engine, Town, Wishes, run};

#[test]
fn one_seed_is_one_run_to_the_byte() {
    let trace = |seed| {
        let runtime = runtime().unwrap();
        let town = runtime.block_on(Town::found(&Engine::Sqlite)).unwrap();
        runtime
            .block_on(run(&town, seed, &Wishes::default(), true))
            .trace
    };
    for seed in [3, 11, 27] {
        let first = trace(seed);
        assert!(first.len() > 20);
        assert_eq!(first, trace(seed));
    }
}
