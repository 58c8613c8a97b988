//! `cargo xtask bench`: measurements, each of the real programs. A new one is a function here and a
//! variant of `Bench` in `main.rs`.

use std::path::Path;
use std::time::{Duration, Instant};

use counterfoil_tests::Result;
use counterfoil_tests::processes::{Shop, Surroundings};
use counterfoil_tests::till;
use counterfoil_tests::webdriver::Window;

use crate::project::Project;
use crate::{desktop, run, shell};

/// From the start of the app to its lock screen with the staff on it, offline, on the demo shop.
///
/// The time includes what the driver of the window needs itself, about a tenth of a second.
pub fn startup(project: &Project, times: usize, inside: Option<&Path>) -> Result {
    let Some(data) = inside else {
        run::build(project, true)?;
        let home = tempfile::Builder::new()
            .prefix("counterfoil-bench-")
            .tempdir()?;
        let program = project.programs().path("xtask")?;
        let mut command = desktop::command(home.path(), program.as_os_str())?;
        command
            .args(std::env::args_os().skip(1))
            .arg("--inside")
            .arg(home.path().join("till"));
        return shell::run(&mut command);
    };
    let programs = project.programs();
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
