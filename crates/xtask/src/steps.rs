//! Named, timed steps, and the table of how they went.

use std::time::{Duration, Instant};

use counterfoil_tests::{Failure, Result};

use crate::interrupt;

/// A step does its work in the surroundings `C` and may leave a remark for the table.
pub struct Step<C> {
    /// How `--only` calls it.
    pub name: &'static str,
    /// What it proves.
    pub about: &'static str,
    /// The steps without which it cannot be done.
    pub needs: &'static [&'static str],
    /// Does it. The text is a remark, and may be empty.
    pub work: fn(&mut C) -> Result<String>,
}

/// How a step ended.
enum End {
    Passed,
    Failed,
    NotRun,
}

struct Row {
    name: &'static str,
    end: End,
    took: Duration,
    remark: String,
}

/// Does the steps in `only` and what they need, all when it is empty; goes on after a failure.
pub fn run<C>(steps: &[Step<C>], only: &[String], surroundings: &mut C) -> Result {
    let wanted = wanted(steps, only)?;
    let started = Instant::now();
    let mut rows: Vec<Row> = Vec::new();
    for step in steps.iter().filter(|step| wanted.contains(&step.name)) {
        let row = run_one(step, &rows, surroundings);
        rows.push(row);
    }
    print_table(&rows, started.elapsed());
    let failed = rows
        .iter()
        .filter(|row| !matches!(row.end, End::Passed))
        .count();
    println!("{} passed, {failed} failed", rows.len() - failed);
    if interrupt::happened() {
        return Err(Failure::new("interrupted"));
    }
    if failed == 0 {
        Ok(())
    } else {
        Err(Failure::new(format!("{failed} steps did not pass")))
    }
}

fn run_one<C>(step: &Step<C>, before: &[Row], surroundings: &mut C) -> Row {
    let missing = before
        .iter()
        .find(|row| step.needs.contains(&row.name) && !matches!(row.end, End::Passed));
    let not_run = |why: String| Row {
        name: step.name,
        end: End::NotRun,
        took: Duration::ZERO,
        remark: why,
    };
    if interrupt::happened() {
        return not_run("interrupted".to_owned());
    }
    if let Some(missing) = missing {
        return not_run(format!("needs {}", missing.name));
    }
    println!("\n==> {}: {}", step.name, step.about);
    let started = Instant::now();
    let result = (step.work)(surroundings);
    let took = started.elapsed();
    match result {
        Ok(remark) => Row {
            name: step.name,
            end: End::Passed,
            took,
            remark,
        },
        Err(error) => {
            println!("    {} failed: {error}", step.name);
            Row {
                name: step.name,
                end: End::Failed,
                took,
                remark: error.to_string(),
            }
        }
    }
}

fn wanted<C>(steps: &[Step<C>], only: &[String]) -> Result<Vec<&'static str>> {
    if only.is_empty() {
        return Ok(steps.iter().map(|step| step.name).collect());
    }
    let mut wanted = Vec::new();
    let mut open: Vec<&str> = only.iter().map(String::as_str).collect();
    while let Some(name) = open.pop() {
        let step = steps
            .iter()
            .find(|step| step.name == name)
            .ok_or_else(|| Failure::new(format!("there is no step {name}: see --list")))?;
        if !wanted.contains(&step.name) {
            wanted.push(step.name);
            open.extend(step.needs);
        }
    }
    Ok(wanted)
}

fn print_table(rows: &[Row], took: Duration) {
    let width = rows
        .iter()
        .map(|row| row.name.len())
        .max()
        .unwrap_or(0)
        .max(5);
    println!("\n{:width$}  {:7}  {:>7}", "step", "result", "seconds");
    for row in rows {
        let end = match row.end {
            End::Passed => "passed",
            End::Failed => "FAILED",
            End::NotRun => "NOT RUN",
        };
        let remark = row.remark.lines().next().unwrap_or_default();
        let seconds = row.took.as_secs_f64();
        println!("{:width$}  {end:7}  {seconds:7.1}  {remark}", row.name);
    }
    println!("{:width$}  {:7}  {:7.1}", "all", "", took.as_secs_f64());
}

#[cfg(test)]
mod tests {
    use super::{Step, run};
    use counterfoil_tests::Failure;

    fn steps() -> Vec<Step<Vec<&'static str>>> {
        vec![
            Step {
                name: "first",
                about: "",
                needs: &[],
                work: |done| {
                    done.push("first");
                    Err(Failure::new("broken"))
                },
            },
            Step {
                name: "second",
                about: "",
                needs: &["first"],
                work: |done| {
                    done.push("second");
                    Ok(String::new())
                },
            },
            Step {
                name: "third",
                about: "",
                needs: &[],
                work: |done| {
                    done.push("third");
                    Ok(String::new())
                },
            },
        ]
    }

    #[test]
    fn what_does_not_need_the_failed_step_is_done_all_the_same() {
        let mut done = Vec::new();
        assert!(run(&steps(), &[], &mut done).is_err());
        assert_eq!(done, ["first", "third"]);
    }

    #[test]
    fn a_chosen_step_brings_what_it_needs() {
        let mut done = Vec::new();
        assert!(run(&steps(), &["second".to_owned()], &mut done).is_err());
        assert_eq!(done, ["first"]);
    }

    #[test]
    fn a_step_that_is_not_there_is_refused() {
        assert!(run(&steps(), &["fourth".to_owned()], &mut Vec::new()).is_err());
    }
}
