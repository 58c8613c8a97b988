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

use crate::project::{Profile, Project};
use crate::{desktop, run};

use super::median;

/// For how long, and at which size.
#[derive(Args)]
pub struct Options {
    /// How often each size is measured; the medians are told
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Seconds a round with pictures, as many with one painted over and over, and as many without
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
        run::build(project, Profile::Release, true)?;
        return desktop::again(&project.programs(Profile::Release), "bench");
    };
    fs::create_dir(home)?;
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
        let rounds: Vec<Round> = (0..options.rounds.max(1))
            .map(|_| Round::measure(window, Duration::from_secs(options.seconds.max(1))))
            .collect::<Result<_>>()?;
        let rate = median(rounds.iter().map(|round| round.rate).collect());
        let (width, height) = (size.width, size.height);
        println!("{width}x{height}: {rate:.1} pictures a second");
        print(&rounds);
        till::go(window, "counter")?;
    }
    Ok(())
}

/// With pictures, then with the last one painted over and over as often, then with none.
struct Round {
    /// Pictures a second.
    rate: f64,
    with: Shares,
    repeated: Shares,
    without: Shares,
}

impl Round {
    fn measure(window: &Window, length: Duration) -> Result<Self> {
        window.run("window.blind = false", &[])?;
        till::go(window, "counter")?;
        camera::wait_for_outline(window)?;
        window.wait_for(&id("stamp-word"))?;
        let before = painted(window)?;
        let with = Shares::over(length)?;
        let rate = (painted(window)? - before) as f64 / length.as_secs_f64();
        window.run("window.blind = true", &[])?;
        let last = painted(window)?;
        let repeat = "window.repeat = setInterval(() => window.again(), 1000 / arguments[0])";
        window.run(repeat, &[json!(rate.max(1.0))])?;
        let repeated = Shares::over(length)?;
        window.run("clearInterval(window.repeat)", &[])?;
        let without = Shares::over(length)?;
        // One may be there, and one on its way.
        if painted(window)? > last + 2 {
            return Err(Failure::new("pictures were painted where none could be"));
        }
        Ok(Self {
            rate,
            with,
            repeated,
            without,
        })
    }

    /// What it costs to bring pictures to the window, for those who are called `name`.
    fn brought(&self, name: &str) -> f64 {
        self.with.of(name) - self.repeated.of(name)
    }

    /// What it costs to paint them there.
    fn painted(&self, name: &str) -> f64 {
        self.repeated.of(name) - self.without.of(name)
    }
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

/// The medians of the rounds.
fn print(rounds: &[Round]) {
    let names: BTreeSet<&String> = rounds
        .iter()
        .flat_map(|round| round.with.0.keys())
        .collect();
    for &name in &names {
        let bring = median(rounds.iter().map(|round| round.brought(name)).collect());
        let paint = median(rounds.iter().map(|round| round.painted(name)).collect());
        // What has nothing to do with it does next to nothing.
        if bring.abs().max(paint.abs()) >= 0.5 {
            println!(
                "    {name}: {bring:.1} % of a core to bring them, {paint:.1} % to paint them"
            );
        }
    }
    let all = |of: fn(&Round, &str) -> f64| {
        let sum = |round| names.iter().map(|name| of(round, name)).sum();
        median(rounds.iter().map(sum).collect())
    };
    let (brought, painted) = (all(Round::brought), all(Round::painted));
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
