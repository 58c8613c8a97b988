//! `cargo xtask bench sync`: the sync beside what the machine can do at all, taking turns on one disk.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use counterfoil_tests::failure::Context as _;
use counterfoil_tests::postgres::{self, Cluster};
use counterfoil_tests::{Failure, Result};
use serde_json::Value;
use tempfile::TempDir;

use super::report::{Measured, Report};
use super::table::{MEASURES, Measure, Program, TEMPLATE};
use super::worker::{Sample, Worker};
use crate::project::Project;
use crate::{packages, shell};

/// Between two probes the disk's own speed may differ by so much; else the round does not count.
const DRIFT_MAX: f64 = 1.25;
/// Rounds that do not count are taken again, but not for ever.
const TRIES: usize = 3;

/// What a developer may choose.
#[derive(Args)]
pub struct Options {
    /// Print one line of JSON at the end
    #[arg(long)]
    json: bool,
    /// Few rounds and a small database: whether it works, not how fast it is
    #[arg(long)]
    quick: bool,
    /// Only this measure; may be repeated
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Rounds of each measure that count
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// Rows in the database that is opened after a kill
    #[arg(long, default_value_t = 1_000_000)]
    rows: u32,
}

/// Measures, prints, and fails only when a measurement cannot be made.
pub fn sync(project: &Project, options: &Options) -> Result {
    let chosen = choose(&options.only)?;
    packages::ensure(project, &[packages::BUILD])?;
    build(project)?;
    let mut bench = Bench::new(project, options)?;
    let mut report = Report::default();
    for measure in chosen {
        if bench.lacks(measure) {
            println!("--> {}: no PostgreSQL server is installed", measure.name);
            continue;
        }
        let measured = shell::timed(measure.what, || bench.take(measure))?;
        print!("{}", measured.lines());
        report.add(measured);
    }
    println!("{}", report.table());
    if options.json {
        println!("{}", report.json());
    }
    Ok(())
}

fn choose(only: &[String]) -> Result<Vec<&'static Measure>> {
    if let Some(unknown) = only
        .iter()
        .find(|name| MEASURES.iter().all(|m| m.name != name.as_str()))
    {
        let known: Vec<&str> = MEASURES.iter().map(|m| m.name).collect();
        return Err(Failure::new(format!(
            "no measure is called {unknown}; there are {}",
            known.join(", ")
        )));
    }
    Ok(MEASURES
        .iter()
        .filter(|m| only.is_empty() || only.iter().any(|name| name == m.name))
        .collect())
}

fn build(project: &Project) -> Result {
    let mut build = project.cargo();
    build.args(["build", "--release", "--examples"]);
    for package in ["counterfoil-store", "counterfoil-hub", "counterfoil-proof"] {
        build.args(["--package", package]);
    }
    shell::timed("an optimised build", || shell::run(&mut build))
}

struct Bench<'a> {
    project: &'a Project,
    rounds: usize,
    rows: u32,
    /// Products and customers of the shop that a new till joins.
    shop: (u32, u32),
    /// Of a new till and its baseline, which are measured together, what nobody asked for yet.
    new_till: Option<(&'static str, Sample)>,
    workers: BTreeMap<Program, Worker>,
    cluster: Option<Cluster>,
    // Beside the build, on a real disk: a temporary folder may lie in memory, where nothing is durable.
    home: TempDir,
}

impl<'a> Bench<'a> {
    fn new(project: &'a Project, options: &Options) -> Result<Self> {
        let home = tempfile::Builder::new()
            .prefix("bench-")
            .tempdir_in(&project.target)?;
        Ok(Self {
            project,
            rounds: if options.quick {
                1
            } else {
                options.rounds.max(1)
            },
            rows: if options.quick {
                options.rows.min(20_000)
            } else {
                options.rows
            },
            shop: if options.quick {
                (1_000, 10_000)
            } else {
                (100_000, 1_000_000)
            },
            new_till: None,
            workers: BTreeMap::new(),
            cluster: None,
            home,
        })
    }

    fn lacks(&self, measure: &Measure) -> bool {
        let needs = [measure.base.0, measure.ours.0].contains(&Program::HubOnPostgres);
        needs && postgres::programs().is_none()
    }

    /// Rounds of a measure until enough count.
    fn take(&mut self, measure: &'static Measure) -> Result<Measured> {
        let mut measured = Measured::new(measure);
        // Once for nothing: logs, caches and the template are there afterwards.
        self.round(measure.ours)?;
        self.round(measure.base)?;
        for turn in 0..self.rounds * TRIES {
            let before = self.probe()?;
            // What is pushed again must have been pushed; else they take turns in going first.
            let base_first = turn % 2 == 1 || measure.base.1 == "push";
            let early = base_first.then(|| self.round(measure.base)).transpose()?;
            let ours = self.round(measure.ours)?;
            let base = match early {
                Some(base) => base,
                None => self.round(measure.base)?,
            };
            let after = self.probe()?;
            let drift = before.max(after).as_secs_f64() / before.min(after).as_secs_f64();
            measured.add(ours, base, before.min(after), drift <= DRIFT_MAX);
            if measured.steady() >= self.rounds {
                break;
            }
        }
        Ok(measured)
    }

    /// How long the disk takes for one block at this moment.
    fn probe(&mut self) -> Result<Duration> {
        let sample = self.round((Program::Store, "disk"))?;
        Ok(sample.percentile(50).max(Duration::from_micros(1)))
    }

    fn round(&mut self, (program, line): (Program, &str)) -> Result<Sample> {
        if program == Program::Reopened {
            return self.reopen(line);
        }
        if program == Program::NewTill {
            return self.join(line);
        }
        if !self.workers.contains_key(&program) {
            let worker = self.start(program)?;
            self.workers.insert(program, worker);
        }
        let template = self.home.path().join("template.sqlite3");
        let line = line.replace(TEMPLATE, &template.display().to_string());
        let worker = self.workers.get_mut(&program);
        worker
            .ok_or_else(|| Failure::new("a program is gone"))?
            .ask(&line)
    }

    fn program(&self, name: &str) -> PathBuf {
        self.project.target.join("release/examples").join(name)
    }

    fn start(&mut self, program: Program) -> Result<Worker> {
        let at = |name: &str| self.home.path().join(name).display().to_string();
        match program {
            Program::Store => Worker::start(&self.program("till_rounds"), &[at("store")]),
            Program::Tills => Worker::start(&self.program("sync_rounds"), &[at("tills")]),
            Program::HubOnSqlite => {
                let databases = ["hub.db", "bare.db"].map(|name| format!("sqlite:{}", at(name)));
                Worker::start(&self.program("push_rounds"), &databases)
            }
            Program::HubOnPostgres => {
                let cluster = Cluster::start_durable()?;
                let url = cluster.url();
                self.cluster = Some(cluster);
                Worker::start(&self.program("push_rounds"), &[url.clone(), url])
            }
            Program::Reopened | Program::NewTill => {
                Err(Failure::new("it is started anew each time"))
            }
        }
    }

    /// Opens the large database once, up to the first answer, and kills who did.
    fn reopen(&mut self, how: &str) -> Result<Sample> {
        let file = self.home.path().join("large.sqlite3");
        let name = file.display().to_string();
        let program = self.program("open_till");
        if !file.exists() {
            let rows = self.rows.to_string();
            let mut fill = self.project.command(&program.display().to_string());
            shell::run(fill.args([&name, "fill", &rows]))?;
            // What was just written shall not be the disk's business while it is measured.
            fs::File::open(&file)?.sync_all()?;
        }
        let mut worker = Worker::start(&program, &[name, how.to_owned()])?;
        let line = worker.line()?;
        let us: u64 = line.parse().context(&line)?;
        // It writes a row after it has answered, so that its successor finds a log.
        worker.line()?;
        Ok(Sample {
            took: vec![Duration::from_micros(us)],
            count: 1,
            peak_mib: 0,
        })
    }

    /// A new till joins the large shop, then the same bytes are unpacked; whichever is asked for is told, the other kept.
    fn join(&mut self, which: &str) -> Result<Sample> {
        if let Some((_, kept)) = self.new_till.take_if(|(kept, _)| *kept == which) {
            return Ok(kept);
        }
        let program = self.program("bench_bootstrap").display().to_string();
        let (products, customers) = self.shop;
        let mut command = self.project.command(&program);
        command.args(["--rounds", "1", "--products", &products.to_string()]);
        command.args(["--customers", &customers.to_string()]);
        command.arg("--folder").arg(self.home.path().join("shop"));
        let said = shell::output(&mut command)?;
        let report: Value = serde_json::from_str(&said).context(&said)?;
        let figure = |name: &str| {
            let figure = report[name].as_u64();
            figure.ok_or_else(|| Failure::new(format!("the new till did not say its {name}")))
        };
        let sample = |ms: u64, peak_mib: u64| Sample {
            took: vec![Duration::from_millis(ms)],
            count: 1,
            peak_mib,
        };
        let ready = sample(figure("ready_ms")?, figure("till_mib")?);
        let unpack = sample(figure("unpack_ms")?, 0);
        let (asked, kept) = match which {
            "ready" => (ready, ("unpack", unpack)),
            _ => (unpack, ("ready", ready)),
        };
        self.new_till = Some(kept);
        Ok(asked)
    }
}
