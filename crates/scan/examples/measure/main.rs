//! Measures the readers on a set of labelled pictures, one core, every picture through every reader
//! in turn: `measure SET [--frames 720p|native] [--rounds N] [--json]`. `cargo xtask bench scan`
//! builds and runs it.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a measuring program says what it measured"
)]

mod clock;
mod jitter;
mod readers;
mod report;
mod set;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use counterfoil_scan::GreyFrame;

use readers::Contender;
use report::{Outcome, Report};
use set::{Labelled, Picture};

/// Frames of one picture that a reader sees, as a hand that is not quite still shows them.
const FRAMES: usize = 4;

struct Options {
    set: PathBuf,
    native: bool,
    rounds: usize,
    json: bool,
    trace: bool,
    only: Option<String>,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("measure: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn options() -> Result<Options, String> {
    let mut options = Options {
        set: PathBuf::new(),
        native: false,
        rounds: 1,
        json: false,
        trace: false,
        only: None,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("{word} needs a value"));
        match word.as_str() {
            "--frames" => {
                options.native = match value()?.as_str() {
                    "720p" => false,
                    "native" => true,
                    other => return Err(format!("--frames is 720p or native, not {other}")),
                }
            }
            "--rounds" => {
                options.rounds = value()?.parse().map_err(|err| format!("--rounds: {err}"))?;
            }
            "--only" => options.only = Some(value()?),
            "--json" => options.json = true,
            "--trace" => options.trace = true,
            set => options.set = PathBuf::from(set),
        }
    }
    if options.set.as_os_str().is_empty() {
        return Err("which set? measure SET [--frames 720p|native] [--json]".to_owned());
    }
    Ok(options)
}

fn run() -> Result<(), String> {
    // Readers panic on odd frames; that is counted, not shown.
    std::panic::set_hook(Box::new(|_| {}));
    let options = options()?;
    let pictures = set::load(&options.set)?;
    let mut contenders = readers::all();
    if let Some(only) = &options.only {
        let names: Vec<_> = contenders.iter().map(|one| one.name()).collect();
        if !names.contains(&only.as_str()) {
            return Err(format!("--only is one of {}, not {only}", names.join(", ")));
        }
        contenders.retain(|contender| contender.name() == only);
    }
    let mut report = Report::new(&contenders);
    for (number, picture) in pictures.iter().enumerate() {
        let grey = set::frame_of(picture, options.native)?;
        let frames: Vec<GreyFrame> = (0..FRAMES).map(|at| jitter::frame(&grey, at)).collect();
        // The order turns, so that no reader is always the one with warm caches.
        for turn in 0..contenders.len() {
            let at = (turn + number) % contenders.len();
            let outcome = show(contenders[at].as_mut(), picture, &frames, options.rounds);
            if options.trace {
                trace(contenders[at].name(), picture, &outcome);
            }
            report.add(at, picture, outcome);
        }
    }
    if options.json {
        println!("{}", report.json());
    } else {
        println!("{}", report.table());
    }
    Ok(())
}

/// Shows the frames to a reader as a camera would. The first frame's time is the median of `rounds`.
fn show(
    contender: &mut dyn Contender,
    picture: &Picture,
    frames: &[GreyFrame],
    rounds: usize,
) -> Outcome {
    let mut first_times = Vec::new();
    for _ in 1..rounds {
        contender.forget();
        let start = clock::now();
        let _ = contender.look(&frames[0]);
        first_times.push(clock::now().saturating_sub(start));
    }
    contender.forget();
    let mut outcome = Outcome::default();
    let mut spent = Duration::ZERO;
    for (at, frame) in frames.iter().enumerate() {
        let start = clock::now();
        let texts = contender.look(frame);
        let took = clock::now().saturating_sub(start);
        spent += took;
        if at == 0 {
            first_times.push(took);
            first_times.sort();
            outcome.first_frame = first_times[first_times.len() / 2];
        }
        outcome.frames.push(took);
        for text in texts {
            if picture.is_right(&text) {
                if outcome.read_at.is_none() {
                    outcome.read_at = Some(at);
                    outcome.time_to_read = spent;
                }
            } else if !outcome.wrong.contains(&text) {
                if at == 0 {
                    outcome.wrong_first += 1;
                }
                outcome.wrong.push(text);
            }
        }
    }
    outcome
}

fn trace(name: &str, picture: &Picture, outcome: &Outcome) {
    let read = outcome.read_at.map_or("-".to_owned(), |at| at.to_string());
    let ms: Vec<String> = outcome
        .frames
        .iter()
        .map(|took| format!("{:.1}", took.as_secs_f64() * 1000.0))
        .collect();
    println!(
        "{name}\t{}\t{}\t{}\tread {read}\t{} ms\twrong {:?}",
        picture.file,
        picture.kind,
        if picture.tuning { "tune" } else { "held" },
        ms.join(" "),
        outcome.wrong
    );
}
