//! Reading codes off a set of pictures, beside the readers that others would use.

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::{Args, ValueEnum};
use counterfoil_tests::Result;
use counterfoil_tests::failure::Context as _;

use crate::project::Project;
use crate::{packages, shell};

/// How the pictures are shown, and what is printed.
#[derive(Args)]
pub struct Options {
    /// The folder with `index.jsonl` and `images/`
    #[arg(long)]
    set: PathBuf,
    /// How large the frames are
    #[arg(long, value_enum, default_value = "720p")]
    frames: Frames,
    /// How often each first frame is timed; the median counts
    #[arg(long, default_value_t = 1)]
    rounds: usize,
    /// Figures for programs instead of a table
    #[arg(long)]
    json: bool,
    /// A line for every picture and reader before the table
    #[arg(long, conflicts_with = "json")]
    trace: bool,
    /// One reader alone, by its name in the table; easy cards are always timed, with ours
    #[arg(long)]
    only: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Frames {
    /// No larger than 1280 x 720
    #[value(name = "720p")]
    Hd,
    /// As the pictures are
    Native,
}

/// Ours, rqrr, rxing and zxing-cpp over every picture in turn, on one core, in a released build; then the time of easy cards
/// from their pixels to their verified signature.
pub fn scan(project: &Project, options: &Options) -> Result {
    packages::ensure(project, &[packages::BUILD, packages::MEASURE])?;
    let set = here(&options.set)?;
    let mut build = project.cargo();
    build.args(["build", "--release", "--package", "counterfoil-scan"]);
    build.args(["--package", "counterfoil-fuzz", "--example", "card_time"]);
    build.args([
        "--example",
        "measure",
        "--features",
        "counterfoil-scan/measure",
    ]);
    if options.json {
        build.arg("--quiet");
    }
    shell::run(&mut build)?;
    let program = project.target.join("release/examples/measure");
    let mut measure = Command::new(program);
    measure.arg(set).arg("--frames").arg(match options.frames {
        Frames::Hd => "720p",
        Frames::Native => "native",
    });
    measure.arg("--rounds").arg(options.rounds.to_string());
    if options.json {
        measure.arg("--json");
    }
    if options.trace {
        measure.arg("--trace");
    }
    if let Some(only) = &options.only {
        measure.arg("--only").arg(only);
    }
    let mut cards = Command::new(project.target.join("release/examples/card_time"));
    if !options.json {
        shell::run(&mut measure)?;
        return shell::run(&mut cards);
    }
    let mut figures = figures_of(&mut measure)?;
    figures["easy_card"] = figures_of(cards.arg("--json"))?;
    println!("{figures}");
    Ok(())
}

/// What a program prints as an object of figures.
fn figures_of(program: &mut Command) -> Result<serde_json::Value> {
    let printed = shell::output(program)?;
    let figures: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(&printed).context(program.get_program().display())?;
    Ok(figures.into())
}

/// The path as it is wherever a command runs.
fn here(path: &Path) -> Result<PathBuf> {
    path.canonicalize().context(path.display())
}
