//! What was measured, as a table for people and as JSON for programs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use crate::readers::Contender;
use crate::set::Picture;

/// What one reader made of one picture's frames.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The frame in which the right text came, from 0.
    pub read_at: Option<usize>,
    /// Time spent on frames up to the one that was read.
    pub time_to_read: Duration,
    pub first_frame: Duration,
    pub frames: Vec<Duration>,
    /// Texts that the picture does not say.
    pub wrong: Vec<String>,
    /// How many of them came with the first frame.
    pub wrong_first: usize,
}

/// All outcomes, a reader after the other.
pub struct Report {
    readers: Vec<(&'static str, Vec<Row>)>,
}

struct Row {
    kind: String,
    tuning: bool,
    outcome: Outcome,
}

/// The halves of a set, and the whole.
const PARTS: [(&str, Option<bool>); 3] = [
    ("tuning half", Some(true)),
    ("held-out half", Some(false)),
    ("whole set", None),
];

impl Report {
    pub fn new(contenders: &[Box<dyn Contender>]) -> Self {
        Self {
            readers: contenders
                .iter()
                .map(|contender| (contender.name(), Vec::new()))
                .collect(),
        }
    }

    pub fn add(&mut self, reader: usize, picture: &Picture, outcome: Outcome) {
        self.readers[reader].1.push(Row {
            kind: picture.kind.clone(),
            tuning: picture.tuning,
            outcome,
        });
    }

    pub fn table(&self) -> String {
        let mut text = String::new();
        for (part, half) in PARTS {
            let _ = writeln!(
                text,
                "\n{part}\n  {:<18} {:<8} {:>5} {:>12} {:>12} {:>6} {:>6} {:>7} {:>7} {:>7} {:>7}",
                "reader",
                "kind",
                "of",
                "first frame",
                "four frames",
                "false1",
                "false4",
                "p50 ms",
                "p95 ms",
                "read50",
                "read95"
            );
            for (name, rows) in &self.readers {
                let rows: Vec<&Row> = rows
                    .iter()
                    .filter(|row| half.is_none_or(|half| row.tuning == half))
                    .collect();
                for (kind, figures) in by_kind(&rows) {
                    let share = |count: usize| {
                        let percent = 100.0 * count as f64 / figures.pictures.max(1) as f64;
                        format!("{count} {percent:5.1}%")
                    };
                    let _ = writeln!(
                        text,
                        "  {name:<18} {kind:<8} {:>5} {:>12} {:>12} {:>6} {:>6} {:>7.1} {:>7.1} {:>7.1} {:>7.1}",
                        figures.pictures,
                        share(figures.read_first),
                        share(figures.read_four),
                        figures.wrong_first,
                        figures.wrong,
                        figures.frame[0],
                        figures.frame[1],
                        figures.to_read[0],
                        figures.to_read[1],
                    );
                }
            }
        }
        text
    }

    pub fn json(&self) -> String {
        let mut parts = serde_json::Map::new();
        for (part, half) in PARTS {
            let mut readers = serde_json::Map::new();
            for (name, rows) in &self.readers {
                let rows: Vec<&Row> = rows
                    .iter()
                    .filter(|row| half.is_none_or(|half| row.tuning == half))
                    .collect();
                let kinds: serde_json::Map<String, serde_json::Value> = by_kind(&rows)
                    .into_iter()
                    .map(|(kind, figures)| (kind, figures.json()))
                    .collect();
                readers.insert((*name).to_owned(), kinds.into());
            }
            parts.insert(part.replace([' ', '-'], "_"), readers.into());
        }
        serde_json::Value::Object(parts).to_string()
    }
}

/// The figures of each kind, of all linear kinds together, and of everything.
fn by_kind(rows: &[&Row]) -> BTreeMap<String, Figures> {
    let mut kinds: BTreeMap<String, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        kinds.entry(row.kind.clone()).or_default().push(row);
        kinds.entry("all".to_owned()).or_default().push(row);
        if !matches!(row.kind.as_str(), "qr" | "neg") {
            kinds.entry("linear".to_owned()).or_default().push(row);
        }
    }
    kinds
        .into_iter()
        .map(|(kind, rows)| (kind, Figures::of(&rows)))
        .collect()
}

#[derive(Default)]
struct Figures {
    pictures: usize,
    read_first: usize,
    read_four: usize,
    wrong: usize,
    wrong_first: usize,
    /// p50 and p95 of the first frame, in milliseconds.
    frame: [f64; 2],
    /// p50 and p95 until it was read, where it was.
    to_read: [f64; 2],
}

impl Figures {
    fn of(rows: &[&Row]) -> Self {
        let ends = |mut times: Vec<Duration>| {
            times.sort();
            [50, 95].map(|percent| percentile(&times, percent).as_secs_f64() * 1000.0)
        };
        let read = |row: &&&Row| row.outcome.read_at.is_some();
        Self {
            pictures: rows.len(),
            read_first: rows
                .iter()
                .filter(|row| row.outcome.read_at == Some(0))
                .count(),
            read_four: rows.iter().filter(read).count(),
            wrong: rows.iter().map(|row| row.outcome.wrong.len()).sum(),
            wrong_first: rows.iter().map(|row| row.outcome.wrong_first).sum(),
            frame: ends(rows.iter().map(|row| row.outcome.first_frame).collect()),
            to_read: ends(
                rows.iter()
                    .filter(read)
                    .map(|row| row.outcome.time_to_read)
                    .collect(),
            ),
        }
    }

    fn json(&self) -> serde_json::Value {
        serde_json::json!({
            "pictures": self.pictures,
            "read_first_frame": self.read_first,
            "read_four_frames": self.read_four,
            "false_first_frame": self.wrong_first,
            "false_four_frames": self.wrong,
            "frame_ms": { "p50": self.frame[0], "p95": self.frame[1] },
            "time_to_read_ms": { "p50": self.to_read[0], "p95": self.to_read[1] },
        })
    }
}

/// The value below which so many percent of the sorted ones lie; nothing when there are none.
fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let last = sorted.len().saturating_sub(1);
    let index = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(index.min(last)).copied().unwrap_or_default()
}
