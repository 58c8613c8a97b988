//! Operations from one till to a hub and on to a second one, timed: what peers are measured beside. The hub is the real
//! program in a process of its own, on SQLite; both tills are real stores on real files, reached over HTTP.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use counterfoil_domain::{Clock as _, Op};
use counterfoil_store::Store;
use counterfoil_sync::steps::{self, Pushed};
use counterfoil_sync::{HttpTransport, HubClient};
use counterfoil_testkit::{Round, SampleError, SampleShop, answer_rounds};
use counterfoil_tests::processes::Hub;
use tempfile::TempDir;

use super::ground::Engine;
use super::stage::{Seat, Stage};
use super::till::{self, SystemClock};

/// What is timed.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Operations in a round
    #[arg(long, default_value_t = 10_000)]
    pub operations: u32,
    /// Where everything lies, on a disk that can be trusted to sync
    #[arg(long)]
    pub folder: PathBuf,
    /// A file that gets the bodies of a round's operations, for whoever sends the same
    #[arg(long)]
    pub bodies: PathBuf,
}

/// Answers each `push` and `pull` on stdin with how long it took.
pub fn command(options: &Options) -> ExitCode {
    let outcome = Rounds::start(options).and_then(|mut rounds| {
        answer_rounds(|line| match line {
            "push" => rounds.push(),
            "pull" => rounds.pull(),
            other => Err(format!("no such round: {other}").into()),
        })
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            till::say(&format!("failed {error}"));
            ExitCode::FAILURE
        }
    }
}

struct Rounds {
    stage: Stage,
    operations: u32,
    sold: u32,
    shop: SampleShop,
    client: HubClient<HttpTransport>,
    sender: (Store, Seat),
    receiver: (Store, Seat),
    _hub: Hub,
    _folder: TempDir,
}

impl Rounds {
    fn start(options: &Options) -> Result<Self, SampleError> {
        let stage = Stage::build(Engine::Sqlite)?;
        fs::create_dir_all(&options.folder)?;
        let folder = tempfile::tempdir_in(&options.folder)?;
        let place = stage.copy_hub(folder.path())?;
        let hub = Hub::start(&stage.programs, &place.url(), folder.path())?;
        let open = |number: usize| -> Result<(Store, Seat), SampleError> {
            let path = folder.path().join(format!("till-{number}.sqlite3"));
            stage.copy_till(0, number, &path)?;
            let seat = stage.seats[0][number].at(hub.url().to_owned());
            Ok((till::open(&path, &seat, 1)?, seat))
        };
        let (sender, receiver) = (open(0)?, open(1)?);
        let mut rounds = Self {
            operations: options.operations,
            sold: 0,
            shop: sender.1.shop(till::fresh())?,
            client: HubClient::new(HttpTransport::new(hub.url())?),
            sender,
            receiver,
            stage,
            _hub: hub,
            _folder: folder,
        };
        let bodies = rounds.work()?;
        write_bodies(&options.bodies, &bodies)?;
        Ok(rounds)
    }

    /// A round's work: every other operation a sale of two lines, the others stamps and, now and then, a new customer.
    fn work(&mut self) -> Result<Vec<Op>, SampleError> {
        (0..self.operations)
            .map(|n| {
                self.sold += 1;
                let product = usize::try_from(n % 3)?;
                Ok(match n % 10 {
                    0 | 2 | 4 | 6 | 8 => {
                        let pieces = [(product, 1), (1, 2)];
                        let now = SystemClock.now();
                        Op::SaleCompleted(self.shop.sale(self.sold, &pieces, None, now)?)
                    }
                    1 => {
                        let phone = format!("+519{:08}", self.sold);
                        self.shop.enrol("Rosa Quispe", &phone).1
                    }
                    _ => self.shop.stamp(self.shop.id()),
                })
            })
            .collect()
    }

    /// What was done at the first till goes to the hub.
    fn push(&mut self) -> Result<Round, SampleError> {
        let now = SystemClock.now();
        let work = self.work()?.into_iter().map(|op| (op, None, now));
        let (store, seat) = &self.sender;
        store.transact_many(work.collect())?;
        let credentials = seat.credentials()?;
        let mut round = Round::default();
        round.time(usize::try_from(self.operations)?, || {
            self.stage.runtime.block_on(async {
                while steps::push_once(store, &self.client, &credentials).await? != Pushed::Nothing
                {
                }
                Ok::<_, SampleError>(())
            })
        })?;
        Ok(round)
    }

    /// What the hub has comes to the second till.
    fn pull(&mut self) -> Result<Round, SampleError> {
        let (store, seat) = &self.receiver;
        let credentials = seat.credentials()?;
        let before = store.cursor()?.seq;
        let mut round = Round::default();
        round.time(0, || {
            self.stage.runtime.block_on(async {
                while !steps::pull_once(store, &self.client, &credentials)
                    .await?
                    .at_head
                {}
                Ok::<_, SampleError>(())
            })
        })?;
        round.count = usize::try_from(store.cursor()?.seq - before)?;
        Ok(round)
    }
}

/// What the operations say, as a list.
fn write_bodies(path: &Path, ops: &[Op]) -> Result<(), SampleError> {
    let bodies = ops
        .iter()
        .map(serde_json::to_value)
        .collect::<Result<Vec<_>, _>>()?;
    Ok(fs::write(path, serde_json::to_vec(&bodies)?)?)
}
