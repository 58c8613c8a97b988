//! How long a new till takes until it has its shop, beside unpacking and syncing the same bytes; and how much memory it and
//! the hub need for it. Each role is a process of its own, so that its peak is its own.

mod parts;

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use parts::{fill, hub, till};

/// Anything that goes wrong in a measurement ends it.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// How large a shop, and how often.
#[derive(Debug, Clone)]
pub struct Options {
    /// Products.
    pub products: u32,
    /// Customers.
    pub customers: u32,
    /// New tills; the figures are medians over them.
    pub rounds: u32,
    /// Where everything lies. A hub that was filled here before is used again.
    pub folder: PathBuf,
    /// The program that calls this, which starts itself again as hub and as till: see [`role`].
    pub program: PathBuf,
}

/// What was measured.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Report {
    /// Products and customers.
    pub rows: u32,
    /// Bytes that a till downloads.
    pub packed_bytes: u64,
    /// Bytes of its database then.
    pub unpacked_bytes: u64,
    /// What the hub needs to make the image, in milliseconds; once for all tills that start together.
    pub making_ms: u64,
    /// From the request to the installed database, median, in milliseconds.
    pub ready_ms: u64,
    /// Unpacking and syncing the same bytes, median, in milliseconds.
    pub unpack_ms: u64,
    /// Median of each round's `ready_ms / unpack_ms`, the two taken one after the other.
    pub ratio: f64,
    /// The till's peak of resident memory, in MiB: the largest of all rounds.
    pub till_mib: u64,
    /// The hub's, over its whole life, making the image among it.
    pub hub_mib: u64,
}

#[derive(Serialize, Deserialize)]
struct TillFigures {
    waited_ms: u64,
    ready_ms: u64,
    packed_bytes: u64,
    unpacked_bytes: u64,
    peak_mib: u64,
}

#[derive(Serialize, Deserialize, Clone)]
struct Paired {
    url: String,
    token: String,
    seed: [u8; 32],
    tenant: uuid::Uuid,
    device: uuid::Uuid,
}

/// Plays the part that the arguments name, when they name one: `hub FOLDER`, `fill FOLDER PRODUCTS CUSTOMERS` or
/// `till FOLDER`. The caller's `main` asks this first.
///
/// # Errors
/// When the part cannot be played.
pub fn role(arguments: &[String]) -> Outcome<bool> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["hub", folder] => runtime.block_on(hub(Path::new(folder)))?,
        ["fill", folder, products, customers] => {
            runtime.block_on(fill(
                Path::new(folder),
                products.parse()?,
                customers.parse()?,
            ))?;
        }
        ["till", folder] => runtime.block_on(till(Path::new(folder)))?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// Fills a hub where that was not done before, then lets new tills start, each followed by its baseline.
///
/// # Errors
/// When a part fails.
pub fn measure(options: &Options) -> Outcome<Report> {
    std::fs::create_dir_all(&options.folder)?;
    let folder = &options.folder;
    let filled = folder.join("filled");
    let mut hub = start_hub(options)?;
    if !filled.exists() {
        let arguments = [options.products.to_string(), options.customers.to_string()];
        let done = Command::new(&options.program)
            .arg("fill")
            .arg(folder)
            .args(arguments)
            .status()?;
        if !done.success() {
            return Err("the hub could not be filled".into());
        }
        File::create(&filled)?.sync_all()?;
        // A fresh process, whose peak knows nothing of the filling.
        stop_hub(hub)?;
        hub = start_hub(options)?;
    }
    let mut rounds = Vec::new();
    for round in 0..options.rounds.max(1) {
        let output = Command::new(&options.program)
            .arg("till")
            .arg(folder)
            .stderr(Stdio::inherit())
            .output()?;
        let figures: TillFigures = serde_json::from_slice(&output.stdout)
            .map_err(|e| format!("round {round}: the till told no figures: {e}"))?;
        rounds.push((figures, unpack(folder)?));
    }
    let hub_mib = stop_hub(hub)?;
    let first = &rounds.first().ok_or("no round")?.0;
    let (packed_bytes, unpacked_bytes, making_ms) =
        (first.packed_bytes, first.unpacked_bytes, first.waited_ms);
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds of a measurement fit a float"
    )]
    let ratios = rounds
        .iter()
        .map(|(till, unpack)| till.ready_ms as f64 / (*unpack).max(1) as f64);
    let mut ratios: Vec<f64> = ratios.collect();
    ratios.sort_by(f64::total_cmp);
    let mut ready: Vec<u64> = rounds.iter().map(|(till, _)| till.ready_ms).collect();
    let mut unpacked: Vec<u64> = rounds.iter().map(|(_, unpack)| *unpack).collect();
    ready.sort_unstable();
    unpacked.sort_unstable();
    Ok(Report {
        rows: options.products + options.customers,
        packed_bytes,
        unpacked_bytes,
        making_ms,
        ready_ms: ready[ready.len() / 2],
        unpack_ms: unpacked[unpacked.len() / 2],
        ratio: ratios[ratios.len() / 2],
        till_mib: rounds.iter().map(|(t, _)| t.peak_mib).max().unwrap_or(0),
        hub_mib,
    })
}

fn start_hub(options: &Options) -> Outcome<Child> {
    let address = options.folder.join("hub.url");
    // It may be there from an earlier run.
    let _ = std::fs::remove_file(&address);
    let mut hub = Command::new(&options.program)
        .arg("hub")
        .arg(&options.folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    // One line tells that it listens.
    let mut line = String::new();
    let stdout = hub.stdout.as_mut().ok_or("the hub has no output")?;
    let mut byte = [0; 1];
    while std::io::Read::read(stdout, &mut byte)? == 1 && byte[0] != b'\n' {
        line.push(char::from(byte[0]));
    }
    std::fs::write(address, line)?;
    Ok(hub)
}

/// Asks the hub to end and returns its peak of memory in MiB.
fn stop_hub(mut hub: Child) -> Outcome<u64> {
    drop(hub.stdin.take());
    let output = hub.wait_with_output()?;
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

/// The baseline: the same compressed bytes through the same decoder into a file that is synced.
fn unpack(folder: &Path) -> Outcome<u64> {
    let target = folder.join("baseline.db");
    let began = Instant::now();
    let packed = BufReader::with_capacity(256 * 1024, File::open(folder.join("baseline.gz"))?);
    let mut database = flate2::read::GzDecoder::new(packed);
    let mut file = File::create(&target)?;
    std::io::copy(&mut database, &mut file)?;
    file.sync_all()?;
    let ms = u64::try_from(began.elapsed().as_millis())?;
    std::fs::remove_file(target)?;
    Ok(ms)
}
