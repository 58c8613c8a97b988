//! What the camera's picture on the screen costs: the real window before a camera of 720p at 30 pictures a second that sees a
//! card that sways, with pictures, then with its last one painted over and over as often, then with none. The rest goes on, so
//! the differences are what it costs to bring pictures to the window, and what the web view needs to paint them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use counterfoil_tests::failure::Context as _;
use counterfoil_tests::stage::{Setting, Stage};
use counterfoil_tests::stories::camera;
use counterfoil_tests::till::{self, DESKTOP, PHONE, Staff, TABLET, id};
use counterfoil_tests::webdriver::Window;
use counterfoil_tests::{Failure, Result, video};
use serde_json::json;

use crate::project::Project;
use crate::{desktop, run, shell};

/// For how long, and at which size.
#[derive(Args)]
pub struct Options {
    /// Seconds with pictures, as many with one painted over and over, and as many without
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Where the stories' files lie; set by the command itself
    #[arg(long, hide = true)]
    inside: Option<PathBuf>,
}

/// Counts what is painted, keeps the last for painting it again, and leaves questions for pictures without an answer while the window is blind.
const WATCH: &str = "const put = CanvasRenderingContext2D.prototype.putImageData;
    window.painted = 0;
    CanvasRenderingContext2D.prototype.putImageData = function (...given) {
        window.painted += 1;
        window.again = () => put.apply(this, given);
        return put.apply(this, given);
    };
    const ask = window.fetch;
    window.fetch = (where, how) =>
        window.blind && String(where).includes('camera_picture') ? new Promise(() => {}) : ask(where, how)";

/// Clock ticks of the kernel's interface to programs last this long, on every system that Linux runs on.
const TICK: Duration = Duration::from_millis(10);

/// Measures at the three sizes of the window.
pub fn preview(project: &Project, options: &Options) -> Result {
    let Some(home) = &options.inside else {
        run::build(project, true)?;
        let home = tempfile::Builder::new()
            .prefix("counterfoil-bench-")
            .tempdir()?;
        let program = project.programs().path("xtask")?;
        let mut command = desktop::command(home.path(), program.as_os_str())?;
        command
            .args(std::env::args_os().skip(1))
            .arg("--inside")
            .arg(home.path());
        return shell::run(&mut command);
    };
    let eye = home.join("eye.y4m");
    let stage = Stage::set(&Setting {
        camera: Some(eye.clone()),
        ..Setting::default()
    })?;
    let window = &stage.window;
    till::unlock(window, Staff::Rosa)?;
    camera::film_a_card(window, &eye, &video::sways(), video::HD)?;
    window.run(WATCH, &[])?;
    for size in [PHONE, TABLET, DESKTOP] {
        window.resize(size.width, size.height)?;
        window.run("window.blind = false", &[])?;
        camera::wait_for_outline(window)?;
        window.wait_for(&id("stamp-word"))?;
        let length = Duration::from_secs(options.seconds.max(1));
        let before = painted(window)?;
        let with = Shares::over(length)?;
        let pictures = painted(window)? - before;
        window.run("window.blind = true", &[])?;
        let last = painted(window)?;
        let repeat = "window.repeat = setInterval(() => window.again(), 1000 / arguments[0])";
        let rate = pictures as f64 / length.as_secs_f64();
        window.run(repeat, &[json!(rate.max(1.0))])?;
        let repeated = Shares::over(length)?;
        window.run("clearInterval(window.repeat)", &[])?;
        let without = Shares::over(length)?;
        // One may be there, and one on its way.
        if painted(window)? > last + 2 {
            return Err(Failure::new("pictures were painted where none could be"));
        }
        let (width, height) = (size.width, size.height);
        println!("{width}x{height}: {rate:.1} pictures a second");
        print(&with, &repeated, &without);
        till::go(window, "counter")?;
    }
    Ok(())
}

fn painted(window: &Window) -> Result<u64> {
    let count = window.run("return window.painted", &[])?;
    count
        .as_u64()
        .ok_or_else(|| Failure::new(format!("no count of pictures: {count}")))
}

/// Percent of a core, by who works: a program that this one has started, or its threads that stand in for a graphics card.
struct Shares(BTreeMap<String, f64>);

/// How the threads begin that draw on a machine without a graphics card.
const SOFTWARE_CARD: &str = "llvmpipe";

impl Shares {
    fn over(length: Duration) -> Result<Self> {
        let (since, before) = (Instant::now(), times()?);
        thread::sleep(length);
        let (took, after) = (since.elapsed(), times()?);
        let mut shares = BTreeMap::new();
        for (thread, (name, ticks)) in after {
            let earlier = before.get(&thread).map_or(0, |(_, ticks)| *ticks);
            let busy = TICK * u32::try_from(ticks.saturating_sub(earlier)).unwrap_or(u32::MAX);
            *shares.entry(name).or_default() += 100.0 * busy.as_secs_f64() / took.as_secs_f64();
        }
        Ok(Self(shares))
    }

    fn of(&self, name: &str) -> f64 {
        self.0.get(name).copied().unwrap_or_default()
    }
}

/// What it costs to bring pictures to the window, and to paint them there.
fn print(with: &Shares, repeated: &Shares, without: &Shares) {
    let (mut brought, mut painted) = (0.0, 0.0);
    for name in with.0.keys() {
        let (bring, paint) = (
            with.of(name) - repeated.of(name),
            repeated.of(name) - without.of(name),
        );
        // What has nothing to do with it does next to nothing.
        if bring.abs().max(paint.abs()) >= 0.5 {
            println!(
                "    {name}: {bring:.1} % of a core to bring them, {paint:.1} % to paint them"
            );
        }
        brought += bring;
        painted += paint;
    }
    println!("    preview: {brought:.1} % of a core to bring them, {painted:.1} % to paint them");
}

/// The time on a core of every thread of the processes below this one, in ticks, and who works there.
fn times() -> Result<BTreeMap<u32, (String, u64)>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir("/proc").context("/proc")?.flatten() {
        let Ok(process) = entry.file_name().to_string_lossy().parse::<u32>() else {
            continue;
        };
        // It may have ended meanwhile.
        let Some(stat) = stat(&entry.path()) else {
            continue;
        };
        all.insert(process, stat);
    }
    let mut ours = BTreeSet::from([std::process::id()]);
    loop {
        let found = all.iter().filter(|(_, stat)| ours.contains(&stat.parent));
        let found: Vec<u32> = found.map(|(process, _)| *process).collect();
        let known = ours.len();
        ours.extend(found);
        if ours.len() == known {
            break;
        }
    }
    all.retain(|process, _| ours.contains(process));
    let mut threads = BTreeMap::new();
    for (process, program) in all {
        let folder = format!("/proc/{process}/task");
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let number = entry.file_name().to_string_lossy().parse::<u32>();
            let (Ok(number), Some(thread)) = (number, stat(&entry.path())) else {
                continue;
            };
            let name = if thread.name.starts_with(SOFTWARE_CARD) {
                format!("{}, in place of a graphics card", program.name)
            } else {
                program.name.clone()
            };
            threads.insert(number, (name, thread.ticks));
        }
    }
    Ok(threads)
}

struct Stat {
    name: String,
    parent: u32,
    ticks: u64,
}

fn stat(process: &Path) -> Option<Stat> {
    let stat = fs::read_to_string(process.join("stat")).ok()?;
    // The name stands in brackets; behind it come state and parent, user and system time are the 12th and 13th word.
    let (head, rest) = stat.rsplit_once(')')?;
    let words: Vec<&str> = rest.split_whitespace().collect();
    let ticks = |at: usize| words.get(at).and_then(|word| word.parse::<u64>().ok());
    Some(Stat {
        name: head.split_once('(')?.1.to_owned(),
        parent: words.get(1)?.parse().ok()?,
        ticks: ticks(11)? + ticks(12)?,
    })
}
