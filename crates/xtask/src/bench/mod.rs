//! `cargo xtask bench`: measurements, each of the real programs. A new one is a function here and a
//! variant of `Bench` in `main.rs`; what is measured of the sync is a row in `table.rs`.

mod report;
mod sync;
mod table;
mod worker;

pub mod peers;
pub mod preview;
pub mod scan;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use counterfoil_tests::Result;
use counterfoil_tests::failure::Context as _;
use counterfoil_tests::processes::{Shop, Surroundings};
use counterfoil_tests::till;
use counterfoil_tests::webdriver::Window;

use crate::project::{Profile, Project};
use crate::{desktop, packages, run, shell};

pub use sync::{Options as SyncOptions, sync};

/// From the start of the app to its lock screen with the staff on it, offline, on the demo shop.
///
/// The time includes what the driver of the window needs itself, about a tenth of a second.
pub fn startup(project: &Project, times: usize, inside: Option<&Path>) -> Result {
    let Some(data) = inside else {
        run::build(project, Profile::Release, true)?;
        return desktop::again(&project.programs(Profile::Release), "bench");
    };
    let programs = project.programs(Profile::Release);
    let shop = Shop::at(data);
    shell::timed("the demo shop", || shop.load_demo(&programs, None))?;
    let surroundings = Surroundings {
        data: shop.till().to_path_buf(),
        hub: None,
        camera: None,
    };
    let app = programs.path("counterfoil")?;
    let mut took = Vec::new();
    for _ in 0..times.max(1) {
        let started = Instant::now();
        let window = Window::open(&app, &surroundings.env())?;
        window.wait_for(till::LOCK)?;
        window.wait_for(r#"[data-testid^="staff-"]"#)?;
        took.push(started.elapsed());
    }
    print_durations("startup", &mut took);
    Ok(())
}

/// How many rows are inserted before, and again after the stamps.
const BARE: &str = "200";

/// From the text of a decoded card to its committed stamp, and how that compares with SQLite's own time for one row.
pub fn stamp(project: &Project, customers: u32, profile: Profile) -> Result {
    packages::ensure(project, &[packages::BUILD])?;
    let mut build = project.cargo();
    build.args([
        "build",
        "--package",
        "counterfoil-store",
        "--package",
        "counterfoil-app",
    ]);
    build.args(["--examples"]);
    profile.ask(&mut build);
    shell::timed("building", || shell::run(&mut build))?;
    let programs = project.target.join(profile.name()).join("examples");
    // Beside the build, on a real disk: a temporary folder may lie in memory, where nothing is durable.
    let home = tempfile::Builder::new()
        .prefix("bench-")
        .tempdir_in(&project.target)?;
    let measure = |program: &str, folder: &str, count: &str| -> Result<Vec<Duration>> {
        let folder = home.path().join(folder);
        fs::create_dir_all(&folder)?;
        let mut command = Command::new(programs.join(program));
        let said = shell::output(command.arg(folder).arg(count))?;
        said.lines()
            .map(|line| Ok(Duration::from_micros(line.parse().context(line)?)))
            .collect()
    };
    let mut bare = measure("bare_insert", "before", BARE)?;
    let mut stamps = shell::timed("the demo shop, its cards and their stamps", || {
        measure("stamp_times", "till", &customers.to_string())
    })?;
    // Before and after, since the disk is not the same all the time.
    bare.extend(measure("bare_insert", "after", BARE)?);
    println!(
        "a {} build, {} stamps, {} bare rows",
        profile.name(),
        stamps.len(),
        bare.len()
    );
    stamps.sort();
    bare.sort();
    for (name, percent) in [("p50", 50), ("p99", 99)] {
        let stamp = percentile(&stamps, percent).as_secs_f64() * 1000.0;
        let row = percentile(&bare, percent).as_secs_f64() * 1000.0;
        println!(
            "stamp: {name} {stamp:.2} ms; bare row: {name} {row:.2} ms; ratio {:.1}",
            stamp / row
        );
    }
    Ok(())
}

/// The value below which so many percent of the sorted ones lie; nothing when there are none.
fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let last = sorted.len().saturating_sub(1);
    let index = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(index.min(last)).copied().unwrap_or_default()
}

/// The value in the middle; of two in the middle, the larger. Not a number where there is none.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn print_durations(name: &str, took: &mut [Duration]) {
    took.sort();
    let ms = |duration: &Duration| duration.as_secs_f64() * 1000.0;
    let median = took.get(took.len() / 2).map_or(0.0, ms);
    let fastest = took.first().map_or(0.0, ms);
    let slowest = took.last().map_or(0.0, ms);
    println!(
        "{name}: median {median:.0} ms, from {fastest:.0} to {slowest:.0} ms, of {}",
        took.len()
    );
}

#[cfg(test)]
mod tests {
    use super::{median, percentile};
    use std::time::Duration;

    #[test]
    fn a_median_does_not_depend_on_the_order_it_is_given() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 3.0, 2.0]), 3.0);
        assert!(median(Vec::new()).is_nan());
    }

    #[test]
    fn a_percentile_is_the_smallest_value_that_covers_so_many() {
        let sorted: Vec<_> = (1..=200).map(Duration::from_millis).collect();
        assert_eq!(percentile(&sorted, 50), Duration::from_millis(100));
        assert_eq!(percentile(&sorted, 99), Duration::from_millis(198));
        assert_eq!(percentile(&[], 50), Duration::ZERO);
    }
}
