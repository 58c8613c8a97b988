//! One run's processes: a hub, a proxy before it, and tills of two shops, all of which can be killed and stopped.

use std::fs;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;

use counterfoil_protocol::sync::{Change, PULL_ROWS_MAX, PullQuery, PullReply};
use counterfoil_sync::{HttpTransport, HubClient};
use counterfoil_tests::failure::Context as _;
use counterfoil_tests::group::signal_group;
use counterfoil_tests::postgres::Cluster;
use counterfoil_tests::processes::Hub;
use counterfoil_tests::{Failure, Result};
use nix::sys::signal::Signal;
use tempfile::TempDir;

use super::ground::Place;
use super::process::{Process, until};
use super::proxy::{Proxy, Weather};
use super::stage::{SHOPS, Seat, Stage, TILLS};
use super::till;
use crate::history::{Evidence, History, Line, Recorder, Replica};

struct Till {
    folder: PathBuf,
    seat: Seat,
    process: Option<Process>,
}

/// See the module.
pub struct World<'a> {
    pub(super) stage: &'a Stage,
    tills: Vec<Vec<Till>>,
    hub: Option<Hub>,
    pub(super) place: Place,
    address: SocketAddr,
    proxy: Proxy,
    pub(super) folder: TempDir,
}

impl<'a> World<'a> {
    /// A hub and no tills yet.
    ///
    /// # Errors
    /// When something does not start.
    pub fn new(stage: &'a Stage, seed: u64) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("counterfoil-crash-")
            .tempdir()?;
        let place = stage.copy_hub(folder.path())?;
        let hub = Hub::start(&stage.programs, &place.url(), folder.path())?;
        let address = hub.url().trim_start_matches("http://").parse();
        let address = address.context(hub.url())?;
        let proxy = Proxy::start(stage.runtime.handle(), address, seed)?;
        let mut tills = Vec::new();
        for shop in 0..SHOPS {
            let mut all = Vec::new();
            for place in 0..TILLS {
                let seat = stage.seats[shop][place].at(proxy.url.clone());
                let folder = folder.path().join(format!("till-{shop}-{place}"));
                fs::create_dir(&folder)?;
                fs::write(till::seat_file(&folder), serde_json::to_vec(&seat)?)?;
                stage.copy_till(shop, place, &till::database(&folder))?;
                all.push(Till {
                    folder,
                    seat,
                    process: None,
                });
            }
            tills.push(all);
        }
        Ok(Self {
            stage,
            tills,
            hub: Some(hub),
            place,
            address,
            proxy,
            folder,
        })
    }

    /// Leaves the files where they are, for whoever looks at a failure, and says where.
    pub fn keep(self) -> PathBuf {
        let Self { folder, .. } = self;
        folder.keep()
    }

    fn till(&mut self, number: usize) -> &mut Till {
        &mut self.tills[number / TILLS % SHOPS][number % TILLS]
    }

    /// Starts a till that does not run, and waits until it works.
    ///
    /// # Errors
    /// When it does not.
    pub fn start_till(&mut self, number: usize) -> Result {
        let stage = self.stage;
        let till = self.till(number);
        if till.process.is_none() {
            let mut process = Process::start(stage, &till.folder)?;
            process.wait_for("working")?;
            till.process = Some(process);
        }
        Ok(())
    }

    /// Ends a till's process at once.
    ///
    /// # Errors
    /// When the system does not answer.
    pub fn kill_till(&mut self, number: usize) -> Result {
        if let Some(mut process) = self.till(number).process.take() {
            process.group.kill()?;
        }
        Ok(())
    }

    /// Stops a till, or lets it go on.
    pub fn stop_till(&mut self, number: usize, stop: bool) {
        if let Some(process) = &self.till(number).process {
            process.stop(stop);
        }
    }

    /// Ends the hub at once.
    ///
    /// # Errors
    /// When the system does not answer.
    pub fn kill_hub(&mut self) -> Result {
        self.hub.take().map_or(Ok(()), Hub::kill)
    }

    /// Starts the hub where it was, and waits until it is ready.
    ///
    /// # Errors
    /// When it is not.
    pub fn start_hub(&mut self) -> Result {
        if self.hub.is_none() {
            self.keep_log()?;
            let folder = self.folder.path();
            let (programs, listen) = (&self.stage.programs, self.address.to_string());
            self.hub = Some(Hub::start_at(programs, &self.place.url(), folder, &listen)?);
        }
        Ok(())
    }

    /// A hub that starts begins a new log: what the one before it said is kept.
    fn keep_log(&self) -> Result {
        let folder = self.folder.path();
        let said = fs::read(folder.join("hub.log"))?;
        let mut all = fs::File::options()
            .create(true)
            .append(true)
            .open(folder.join("hub-before.log"))?;
        Ok(all.write_all(&said)?)
    }

    /// What no hub should say, whatever dies around it: that it panicked, or that something is its own fault.
    ///
    /// # Errors
    /// When its log cannot be read.
    pub fn complaints(&self) -> Result<Vec<String>> {
        self.keep_log()?;
        let all = fs::read_to_string(self.folder.path().join("hub-before.log"))?;
        let is_one = |line: &&str| line.contains("panicked") || line.contains("INTERNAL_ERROR");
        Ok(all
            .lines()
            .filter(is_one)
            .map(|l| format!("the hub says: {l}"))
            .collect())
    }

    /// Stops the hub, or lets it go on.
    pub fn stop_hub(&self, stop: bool) {
        if let Some(hub) = &self.hub {
            let signal = if stop {
                Signal::SIGSTOP
            } else {
                Signal::SIGCONT
            };
            signal_group(hub.id(), signal);
        }
    }

    /// The run's PostgreSQL, where its hub stands on one.
    pub const fn cluster(&self) -> Option<&Cluster> {
        self.stage.ground.cluster()
    }

    /// Changes the network's weather.
    pub fn set_weather(&self, weather: Weather) {
        self.proxy.set(weather);
    }

    /// Waits until the tills have done something more.
    ///
    /// # Errors
    /// When none of them does.
    pub fn let_work(&self, bytes: u64) -> Result {
        let written = || -> u64 {
            let tills = self.tills.iter().flatten();
            let length =
                |till: &Till| fs::metadata(till::history(&till.folder)).map_or(0, |m| m.len());
            tills.map(length).sum()
        };
        let before = written();
        until("work at the tills", || {
            Ok((written() >= before + bytes).then_some(()))
        })
    }

    /// Everything runs, the network works, and all tills have sent and fetched everything. They are closed then.
    ///
    /// # Errors
    /// When that does not come to be.
    pub fn come_to_rest(&mut self) -> Result {
        self.set_weather(Weather::Fair);
        self.stop_hub(false);
        self.start_hub()?;
        let count = SHOPS * TILLS;
        for number in 0..count {
            self.stop_till(number, false);
            self.start_till(number)?;
        }
        // The second time for what the others sent meanwhile.
        for _ in 0..2 {
            self.each_process(|process| process.tell("drain"))?;
            self.each_process(|process| process.wait_for("drained"))?;
        }
        self.each_process(|process| process.tell("end"))?;
        for till in self.tills.iter_mut().flatten() {
            if let Some(mut process) = till.process.take() {
                until("the end of a till", || process.group.ended())?;
            }
        }
        Ok(())
    }

    fn each_process(&mut self, mut work: impl FnMut(&mut Process) -> Result) -> Result {
        let processes = self.tills.iter_mut().flatten();
        processes
            .filter_map(|till| till.process.as_mut())
            .try_for_each(&mut work)
    }

    /// Keeps a till's database as it is; it must not run.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn copy_till(&mut self, number: usize) -> Result {
        let folder = self.till(number).folder.clone();
        super::stage::copy_database(&till::database(&folder), &folder.join("copy.sqlite3"))
    }

    /// Puts the kept database in the till's place; it must not run.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn restore_till(&mut self, number: usize) -> Result {
        let folder = self.till(number).folder.clone();
        super::stage::copy_database(&folder.join("copy.sqlite3"), &till::database(&folder))?;
        Ok(Recorder::open(&till::history(&folder))?.write(&Line::Restored)?)
    }

    /// What a stranger finds afterwards; the tills must be closed.
    ///
    /// # Errors
    /// When a file or the hub cannot be read.
    pub fn evidence(&self) -> Result<Vec<Evidence>> {
        let mut all = Vec::new();
        for (tills, seats) in self.tills.iter().zip(&self.stage.seats) {
            let stranger = seats[TILLS].at(format!("http://{}", self.address));
            let changes = self.stage.runtime.block_on(pull_all(&stranger))?;
            let mut evidence = Evidence {
                tenant_id: stranger.tenant_id,
                histories: Vec::new(),
                changes,
                replicas: Vec::new(),
            };
            for till in tills {
                evidence
                    .histories
                    .push(History::read(&till::history(&till.folder))?);
                evidence.replicas.push(replica(till)?);
            }
            all.push(evidence);
        }
        Ok(all)
    }
}

fn replica(till: &Till) -> Result<Replica> {
    let store = till::open(&till::database(&till.folder), &till.seat, 1)?;
    let ids = store.read(|conn| {
        let mut statement = conn.prepare(include_str!("../../queries/list_fact_ids.sql"))?;
        let ids = statement.query_map([], |row| row.get::<_, String>("id"))?;
        Ok(ids.collect::<std::result::Result<Vec<_>, _>>()?)
    });
    let ids = ids.context("the till's facts")?;
    let sums = store.checksum().context("the till's checksums")?;
    Ok(Replica {
        facts: ids.iter().filter_map(|id| id.parse().ok()).collect(),
        checksums: sums
            .into_iter()
            .map(|(table, sum)| (table.to_owned(), sum))
            .collect(),
    })
}

async fn pull_all(seat: &Seat) -> Result<Vec<Change>> {
    let client = HubClient::new(HttpTransport::new(&seat.base_url).context("TLS")?);
    let credentials = seat.credentials()?;
    let mut all: Vec<Change> = Vec::new();
    loop {
        let query = PullQuery {
            epoch: None,
            after: all.last().map_or(0, |change| change.seq),
            limit: Some(PULL_ROWS_MAX),
        };
        match client
            .pull(query, &credentials)
            .await
            .context("a stranger's pull")?
        {
            PullReply::Changes { head, changes, .. } => {
                let came = !changes.is_empty();
                all.extend(changes);
                if all.last().map_or(0, |change| change.seq) >= head {
                    return Ok(all);
                }
                if !came {
                    return Err(Failure::new("the hub stops before its head"));
                }
            }
            PullReply::EpochChanged { .. } => {
                return Err(Failure::new("the hub's epoch changed without a cursor"));
            }
        }
    }
}
