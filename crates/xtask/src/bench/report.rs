//! What came out: a table for people, a line of JSON for programs.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use super::table::{Figure, Measure};
use super::worker::Sample;

/// One round of both sides.
struct Round {
    ours: Sample,
    base: Sample,
    disk: Duration,
    steady: bool,
}

/// A measure and its rounds.
pub struct Measured {
    measure: &'static Measure,
    rounds: Vec<Round>,
}

/// One figure of a measure.
struct Line {
    label: String,
    ours: f64,
    base: Option<f64>,
    unit: &'static str,
    ratio: f64,
    goal: String,
    met: bool,
}

impl Measured {
    /// Nothing yet.
    pub const fn new(measure: &'static Measure) -> Self {
        Self {
            measure,
            rounds: Vec::new(),
        }
    }

    /// Keeps a round; `steady` when the disk was the same before and after it.
    pub fn add(&mut self, ours: Sample, base: Sample, disk: Duration, steady: bool) {
        self.rounds.push(Round {
            ours,
            base,
            disk,
            steady,
        });
    }

    /// How many rounds count.
    pub fn steady(&self) -> usize {
        self.rounds.iter().filter(|round| round.steady).count()
    }

    /// Whether the disk was never the same long enough: the figures are then those of all rounds.
    fn void(&self) -> bool {
        self.steady() == 0
    }

    fn median(&self, of: impl Fn(&Round) -> f64) -> f64 {
        let all = self.void();
        let rounds = self.rounds.iter().filter(|round| all || round.steady);
        super::median(rounds.map(of).collect())
    }

    fn figure(&self, figure: Figure) -> Line {
        let ms = |time: Duration| time.as_secs_f64() * 1000.0;
        let rate = |s: &Sample| s.count as f64 / s.total().as_secs_f64();
        match figure {
            Figure::Percentile(percent, goal) => {
                let ratio = self
                    .median(|r| ms(r.ours.percentile(percent)) / ms(r.base.percentile(percent)));
                Line {
                    label: format!("p{percent}"),
                    ours: self.median(|r| ms(r.ours.percentile(percent))),
                    base: Some(self.median(|r| ms(r.base.percentile(percent)))),
                    unit: "ms",
                    ratio,
                    goal: format!("<= {goal}x"),
                    met: ratio <= goal,
                }
            }
            Figure::Speed(goal) => {
                let ratio = self.median(|r| ms(r.base.total()) / ms(r.ours.total()));
                Line {
                    label: "speed".to_owned(),
                    ours: self.median(|r| ms(r.ours.total())),
                    base: Some(self.median(|r| ms(r.base.total()))),
                    unit: "ms a round",
                    ratio,
                    goal: format!(">= {goal}x"),
                    met: ratio >= goal,
                }
            }
            Figure::Rate(goal) => {
                let ours = self.median(|r| rate(&r.ours));
                Line {
                    label: "rate".to_owned(),
                    ours,
                    base: None,
                    unit: "/s",
                    ratio: ours / goal,
                    goal: format!(">= {goal}/s"),
                    met: ours >= goal,
                }
            }
            Figure::Memory(goal) => {
                let peaks = self.rounds.iter().map(|r| r.ours.peak_mib);
                let most = peaks.max().unwrap_or(0);
                Line {
                    label: "memory".to_owned(),
                    ours: most as f64,
                    base: None,
                    unit: " MiB",
                    ratio: most as f64 / goal as f64,
                    goal: format!("< {goal} MiB"),
                    met: most < goal,
                }
            }
        }
    }

    fn figures(&self) -> Vec<Line> {
        let figures = self.measure.figures.iter();
        figures.map(|figure| self.figure(*figure)).collect()
    }

    /// For the terminal, while the next measure is taken.
    pub fn lines(&self) -> String {
        let mut text = String::new();
        for line in self.figures() {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "    {} {}", self.measure.name, line.words());
        }
        let disk = self.median(|r| r.disk.as_secs_f64() * 1000.0);
        let _ = writeln!(
            text,
            "    {} of {} rounds count; the disk syncs a block in {disk:.2} ms{}",
            self.steady(),
            self.rounds.len(),
            if self.void() { "; VOID" } else { "" }
        );
        text
    }

    fn json(&self) -> Value {
        let figures: Vec<Value> = self
            .figures()
            .into_iter()
            .map(|line| {
                json!({
                    "figure": line.label, "ours": line.ours, "baseline": line.base, "unit": line.unit,
                    "ratio": line.ratio, "goal": line.goal, "met": line.met,
                })
            })
            .collect();
        json!({
            "name": self.measure.name, "what": self.measure.what, "against": self.measure.against,
            "figures": figures, "rounds": self.rounds.len(), "steady": self.steady(), "void": self.void(),
            "disk_sync_ms": self.median(|r| r.disk.as_secs_f64() * 1000.0),
        })
    }
}

impl Line {
    fn words(&self) -> String {
        let met = if self.met { "met" } else { "NOT MET" };
        let Self {
            label,
            ours,
            unit,
            ratio,
            goal,
            ..
        } = self;
        match self.base {
            Some(base) => format!(
                "{label}: {ours:.2} beside {base:.2} {unit}, {ratio:.2}x, goal {goal}, {met}"
            ),
            None => format!("{label}: {ours:.0}{unit}, goal {goal}, {met}"),
        }
    }
}

/// All that was measured.
#[derive(Default)]
pub struct Report(Vec<Measured>);

impl Report {
    /// Adds a measure.
    pub fn add(&mut self, measured: Measured) {
        self.0.push(measured);
    }

    /// As docs/benchmarks.md shows it.
    pub fn table(&self) -> String {
        let mut text = "| measure | baseline | ours | beside | ratio | goal | |\n| --- | --- | --- | --- | --- | --- | --- |\n".to_owned();
        for measured in &self.0 {
            for line in measured.figures() {
                let Measure { what, against, .. } = measured.measure;
                let (ours, beside, ratio) = match line.base {
                    Some(base) => (
                        format!("{:.2} {}", line.ours, line.unit),
                        format!("{base:.2}"),
                        format!("{:.2}x", line.ratio),
                    ),
                    None => (
                        format!("{:.0}{}", line.ours, line.unit),
                        String::new(),
                        String::new(),
                    ),
                };
                let met = match (measured.void(), line.met) {
                    (true, _) => "void",
                    (false, true) => "met",
                    (false, false) => "not met",
                };
                let _ = writeln!(
                    text,
                    "| {what}: {} | {against} | {ours} | {beside} | {ratio} | {} | {met} |",
                    line.label, line.goal
                );
            }
        }
        text
    }

    /// For programs.
    pub fn json(&self) -> String {
        let measures: Vec<Value> = self.0.iter().map(Measured::json).collect();
        json!({ "build": "release", "measures": measures }).to_string()
    }
}
