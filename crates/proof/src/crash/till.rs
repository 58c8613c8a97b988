//! A till as a process: store and sync as the app hosts them, random operations, and a history of what it said.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use clap::Args;
use counterfoil_domain::{Clock, CustomerId, Op, UnixMs};
use counterfoil_store::{Store, StoreEnv};
use counterfoil_sync::steps::{self, Pushed};
use counterfoil_sync::{HttpTransport, HubClient, SyncConfig, SyncEngine, SyncError};
use counterfoil_testkit::{SampleShop, SeededEntropy};
use counterfoil_tests::failure::Context as _;
use counterfoil_tests::{Failure, Result};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::stage::Seat;
use crate::history::{Line, Recorder};

/// How long a till may take until it and the hub have everything of each other.
const DRAIN_PATIENCE: Duration = Duration::from_secs(90);
/// Between two operations; a person takes longer.
const PACE: Duration = Duration::from_millis(4);
/// Between two tries while draining.
const RETRY: Duration = Duration::from_millis(50);

/// What the process is told.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// The till's folder: its seat, its database and its history
    #[arg(long)]
    pub folder: PathBuf,
}

/// The system's clock.
pub(super) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> UnixMs {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        UnixMs(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// A number that no other life of any till begins with.
pub(super) fn fresh() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let nanos = u64::try_from(since.as_nanos() & u128::from(u64::MAX)).unwrap_or(0);
    nanos ^ (u64::from(std::process::id()) << 40)
}

/// Where the database lies in a till's folder.
pub fn database(folder: &Path) -> PathBuf {
    folder.join("till.sqlite3")
}

/// Where the history lies in a till's folder.
pub fn history(folder: &Path) -> PathBuf {
    folder.join("history.jsonl")
}

/// Where the seat lies in a till's folder.
pub fn seat_file(folder: &Path) -> PathBuf {
    folder.join("seat.json")
}

/// Few, so that a kill often comes between two slices of a page.
const SLICE_ROWS: usize = 5;

/// Opens a till's database and tells it who it is.
///
/// # Errors
/// When the store refuses.
pub fn open(path: &Path, seat: &Seat, seed: u64) -> Result<Store> {
    let mut env = StoreEnv::new(Arc::new(SystemClock), SeededEntropy::new(fresh() ^ seed));
    env.slice_rows = SLICE_ROWS;
    let store = Store::open(path, env).context("opening the till's database")?;
    store
        .set_identity(
            seat.tenant_id,
            seat.device_id,
            &seat.till_code,
            Some(&seat.base_url),
        )
        .context("the till's identity")?;
    Ok(store)
}

/// Sends everything and fetches everything.
///
/// # Errors
/// When that does not come to an end in time.
pub async fn drain(store: &Store, seat: &Seat) -> Result {
    let client = HubClient::new(HttpTransport::new(&seat.base_url).context("TLS")?);
    let credentials = seat.credentials()?;
    let started = Instant::now();
    let mut quiet = false;
    while !quiet {
        let step = async {
            let mut sent = false;
            loop {
                match steps::push_once(store, &client, &credentials).await? {
                    Pushed::Nothing => break,
                    Pushed::Batch { .. } => sent = true,
                    // A restored hub is only understood by pulling.
                    Pushed::Rearranged | Pushed::PullFirst => {
                        sent = true;
                        break;
                    }
                }
            }
            while !steps::pull_once(store, &client, &credentials)
                .await?
                .at_head
            {}
            Ok::<_, SyncError>(!sent)
        };
        match step.await {
            Ok(nothing_sent) => quiet = nothing_sent,
            Err(error) if started.elapsed() > DRAIN_PATIENCE => {
                return Err(Failure::new(format!("the till does not drain: {error}")));
            }
            Err(_) => tokio::time::sleep(RETRY).await,
        }
    }
    Ok(())
}

/// Rows that the till shows: every fact, customer and visit.
///
/// # Errors
/// When the database fails.
pub fn shows(store: &Store) -> Result<BTreeSet<Uuid>> {
    let ids = store.read(|conn| {
        let mut statement = conn.prepare(include_str!("../../queries/list_shown_rows.sql"))?;
        let ids = statement.query_map([], |row| row.get::<_, String>("id"))?;
        Ok(ids.collect::<std::result::Result<Vec<_>, _>>()?)
    });
    let ids = ids.context("what the till shows")?;
    Ok(ids.iter().filter_map(|id| id.parse().ok()).collect())
}

/// Runs the process until its input ends.
pub fn command(options: &Options) -> ExitCode {
    let worked = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("the runtime")
        .and_then(|runtime| runtime.block_on(work(&options.folder)));
    match worked {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("failed {error}"));
            ExitCode::FAILURE
        }
    }
}

/// A word to whoever started this process.
pub(super) fn say(line: &str) {
    let mut out = std::io::stdout();
    // Whoever started this process may be gone; then its input ends as well.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// What the process is told while it runs.
fn orders() -> mpsc::UnboundedReceiver<String> {
    let (send, receive) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            let Ok(line) = line else { return };
            if send.send(line).is_err() {
                return;
            }
        }
    });
    receive
}

struct Counter {
    store: Store,
    shop: SampleShop,
    dice: Arc<SeededEntropy>,
    recorder: Recorder,
    number: u64,
    receipt: u32,
    customers: Vec<CustomerId>,
}

async fn work(folder: &Path) -> Result {
    let seat: Seat = serde_json::from_slice(&fs::read(seat_file(folder))?)?;
    let store = open(&database(folder), &seat, 0)?;
    let mut recorder = Recorder::open(&history(folder))?;
    recorder.write(&Line::Began {
        tenant_id: seat.tenant_id,
        device_id: seat.device_id,
        shows: shows(&store)?.into_iter().collect(),
    })?;
    let number = fresh() >> 1;
    let mut counter = Counter {
        shop: seat.shop(number)?,
        dice: SeededEntropy::new(number),
        receipt: u32::try_from(number % 1_000_000).unwrap_or(0),
        store: store.clone(),
        recorder,
        number,
        customers: Vec::new(),
    };
    let transport = HttpTransport::new(&seat.base_url).context("TLS")?;
    let engine = SyncEngine::start(
        SyncConfig {
            store: store.clone(),
            transport,
            credentials: seat.credentials()?,
            clock: Arc::new(SystemClock),
            entropy: SeededEntropy::new(number),
            live: true,
        },
        Box::new(|_| {}),
    );
    say("working");
    let mut orders = orders();
    loop {
        tokio::select! {
            biased;
            order = orders.recv() => match order.as_deref() {
                Some("drain") => break,
                _ => return Ok(()),
            },
            () = tokio::time::sleep(PACE) => {}
        }
        tokio::task::block_in_place(|| counter.step())?;
        engine.written();
    }
    engine.stop().await;
    loop {
        drain(&store, &seat).await?;
        counter.cursor()?;
        say("drained");
        // Once more for what the others sent meanwhile, or the end.
        match orders.recv().await.as_deref() {
            Some("drain") => {}
            _ => return Ok(()),
        }
    }
}

impl Counter {
    fn step(&mut self) -> Result {
        self.number += 1;
        self.receipt += 1;
        let (op, row) = self.op()?;
        self.recorder.write(&Line::Invoke {
            number: self.number,
            kind: op.kind().to_owned(),
            row,
        })?;
        match self.store.transact(op, Some(self.shop.cashier)) {
            Ok(op_id) => {
                let shown = shows(&self.store)?.contains(&row);
                self.recorder.write(&Line::Ok {
                    number: self.number,
                    op_id,
                    shown,
                })?;
            }
            Err(error) => self.recorder.write(&Line::Fail {
                number: self.number,
                code: error.code().to_owned(),
            })?,
        }
        self.cursor()
    }

    fn cursor(&mut self) -> Result {
        let cursor = self.store.cursor().context("the cursor")?;
        if let Some(epoch) = cursor.epoch {
            let seq = cursor.seq;
            self.recorder.write(&Line::Cursor { epoch, seq })?;
        }
        Ok(())
    }

    fn op(&mut self) -> Result<(Op, Uuid)> {
        let now = SystemClock.now();
        let shop = &self.shop;
        let dice = self.dice.next_u64();
        let customer = match self.customers.len() as u64 {
            0 => None,
            count => usize::try_from(dice % count)
                .ok()
                .and_then(|place| self.customers.get(place))
                .copied(),
        };
        Ok(match ((dice >> 32) % 8, customer) {
            (0, _) | (_, None) => {
                let (customer_id, op) = shop.enrol("Rosa", "+51999888777");
                self.customers.push(customer_id);
                (op, customer_id.0)
            }
            (1..=3, Some(customer_id)) => {
                let op = shop.stamp(customer_id);
                let row = match &op {
                    Op::StampGiven(stamp) => stamp.stamp_id.0,
                    _ => Uuid::nil(),
                };
                (op, row)
            }
            (4, _) => {
                let days = i64::try_from((dice >> 40) % 300).unwrap_or(0);
                let (visit_id, op) = shop.book(now.plus_minutes(days * 24 * 60));
                (op, visit_id.0)
            }
            (_, customer_id) => {
                let pieces = [(0, 1), (1, 2)];
                let sale = shop
                    .sale(self.receipt, &pieces, customer_id, now)
                    .context("the sample sale")?;
                let row = sale.sale_id.0;
                (Op::SaleCompleted(sale), row)
            }
        })
    }
}
