//! Mistakes that others made, or that are easily made, planted one by one: a simulation that misses one is too weak.
//!
//! Where each is planted is found by its name in `store`, `sync` and `hub`. `NORMAL` durability is the disk lane's to
//! catch: no copy of a file that the system still holds can lose what was written.

use super::command::Arguments;
use super::{Outcome, say};

/// Every planted mistake: its name, and what a program with it does.
pub const PLANTED: &[(&str, &str)] = &[
    (
        "serial-cursor",
        "numbers changes before their commit, and a till does not miss the hole",
    ),
    (
        "answer-before-commit",
        "the hub answers a push and commits afterwards",
    ),
    (
        "duplicate-without-hash",
        "the hub takes a known place for a known operation",
    ),
    (
        "expiring-keys",
        "the hub forgets an operation's id after an hour",
    ),
    ("dropped-on-4xx", "a till gives up a batch that was refused"),
    (
        "cursor-before-rows",
        "a till commits the cursor before the rows",
    ),
    (
        "slice-moves-cursor-over-page",
        "a till commits the cursor of a whole page with the page's first slice",
    ),
    (
        "overlay-not-rebuilt",
        "a till keeps its own version of what the hub confirmed",
    ),
    (
        "results-by-position",
        "a till takes any answer of the right length for the answer to its batch",
    ),
    (
        "resend-skips-one",
        "a till that the hub asks for earlier operations begins one too late",
    ),
    (
        "gap-ignored",
        "the hub takes a batch although earlier operations are missing",
    ),
    (
        "new-epoch-just-adopted",
        "a till follows a restored hub and sends nothing again",
    ),
    (
        "old-epoch-believed",
        "a till believes an answer from before the hub was restored",
    ),
    (
        "retry-sealed-anew",
        "a till gives an operation another place when it sends it again",
    ),
    (
        "applied-anew-in-a-new-life",
        "the hub applies an operation again when it comes under a new incarnation",
    ),
    (
        "new-life-forgets-the-old",
        "a till that begins a new incarnation leaves behind what it had sealed",
    ),
    (
        "confirmed-by-the-answer",
        "a till takes the answer to a push for the confirmation that only a pull brings",
    ),
    (
        "balance-counted-again",
        "a till counts its own stamp again when it comes back",
    ),
    (
        "clock-ahead-believed",
        "the hub believes a clock that is years ahead",
    ),
    (
        "last-to-arrive-wins",
        "the hub lets the last edit to arrive win, whatever the clocks say",
    ),
    (
        "clocks-not-observed",
        "a till takes no note of the clocks that it pulls",
    ),
    (
        "pull-applied-twice",
        "a till applies changes again that lie behind its cursor",
    ),
    (
        "edits-overtake",
        "a till sends by class alone, and a stamp before its customer",
    ),
    (
        "dead-letter-refuses-batch",
        "the hub refuses a whole batch for one operation that it cannot read",
    ),
    (
        "dead-letter-thrown-away",
        "the hub throws away what it cannot read",
    ),
    ("refusal-untold", "the hub refuses a claim and tells nobody"),
];

/// Switches a mistake on for the rest of this process.
///
/// # Errors
/// When this build holds none, or none of this name.
#[cfg(feature = "planted")]
pub fn switch_on(name: &str) -> Outcome<()> {
    if !PLANTED.iter().any(|(known, _)| *known == name) {
        let names: Vec<_> = PLANTED.iter().map(|(name, _)| *name).collect();
        return Err(say(format!(
            "no mistake is called {name}; there are: {}",
            names.join(", ")
        )));
    }
    counterfoil_domain::planted::switch_on(name);
    Ok(())
}

/// Switches a mistake on for the rest of this process.
///
/// # Errors
/// Always: this build holds none.
#[cfg(not(feature = "planted"))]
pub fn switch_on(_: &str) -> Outcome<()> {
    Err(say(
        "this build holds no planted mistakes: build it with --features planted",
    ))
}

/// Runs one mistake, or all of them, each in a process of its own since a mistake is on for the whole process.
///
/// # Errors
/// When this build holds none, or a run cannot be made.
pub fn command(arguments: &Arguments, name: &str) -> Outcome<bool> {
    if name == "all" {
        return all(arguments);
    }
    switch_on(name)?;
    let mut arguments = arguments.clone();
    // One thread: some mistakes show only when a kill comes at the wrong moment, and that moment is the process's.
    arguments.jobs = Some(1);
    let report = super::command::many(&arguments, !arguments.count)?;
    let Some(first) = report.failures.first() else {
        super::print(&format!("{name}: NOT CAUGHT in {} seeds", report.runs));
        return Ok(false);
    };
    let caught = report.failures.len();
    let how_often = if arguments.count {
        format!("caught by {caught} of {} seeds", report.runs)
    } else {
        format!("caught after {} seeds", first.seed + 1 - arguments.from)
    };
    super::print(&format!(
        "{name}: {how_often}; seed {}: {}",
        first.seed, first.broken
    ));
    Ok(true)
}

fn all(arguments: &Arguments) -> Outcome<bool> {
    use std::process::Command;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};
    let program = std::env::current_exe()?;
    let next = AtomicUsize::new(0);
    let missed = Mutex::new(Vec::new());
    let work = || -> Outcome<()> {
        while let Some((name, about)) = PLANTED.get(next.fetch_add(1, Ordering::SeqCst)) {
            let mut child = Command::new(&program);
            child.args(["sim", "--planted", name]);
            child.args(["--seeds", &arguments.seeds.to_string()]);
            child.args(["--from", &arguments.from.to_string()]);
            child.args(["--engine", &arguments.engine]);
            if let Some(database) = &arguments.database {
                child.args(["--database", database]);
            }
            for fault in &arguments.without {
                child.args(["--without", fault.name()]);
            }
            if arguments.count {
                child.arg("--count");
            }
            let output = child.output()?;
            let said = String::from_utf8_lossy(&output.stdout);
            super::print(&format!("{} ({about})", said.trim()));
            if !output.status.success() {
                let why = String::from_utf8_lossy(&output.stderr).trim().to_owned();
                missed
                    .lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner)
                    .push(format!("{name} {why}"));
            }
        }
        Ok(())
    };
    std::thread::scope(|scope| -> Outcome<()> {
        let threads: Vec<_> = (0..arguments.jobs()).map(|_| scope.spawn(work)).collect();
        for thread in threads {
            thread.join().map_err(|_| say("a thread panicked"))??;
        }
        Ok(())
    })?;
    let missed = missed
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    super::print(&format!(
        "planted: {} of {} mistakes caught within {} seeds",
        PLANTED.len() - missed.len(),
        PLANTED.len(),
        arguments.seeds
    ));
    for name in &missed {
        super::print(&format!("missed: {name}"));
    }
    Ok(missed.is_empty())
}
