//! The loop: a task that pushes, one that pulls, one that listens. None waits for another.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use counterfoil_domain::{Clock, Entropy};
use counterfoil_store::Store;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;

use crate::client::{HubClient, HubCredentials};
use crate::error::{HubError, SyncError};
use crate::follow::{Follower, Next};
use crate::http::Transport;
use crate::live;
use crate::plan::{self, POLL};
use crate::status::{Progress, SyncState, SyncStatus, Weather, state_of};
use crate::steps::{self, Pushed};
use crate::wanted::Wanted;

/// How often the till looks for what it may let go of, the first time when a start is over.
const TIDY_EVERY: Duration = Duration::from_secs(3600);
const TIDY_FIRST: Duration = Duration::from_secs(60);

/// What the engine works with; time and randomness among it.
pub struct SyncConfig<T> {
    /// The till's database.
    pub store: Store,
    /// The way to the hub.
    pub transport: T,
    /// What the till presents there.
    pub credentials: HubCredentials,
    /// The clock for labels.
    pub clock: Arc<dyn Clock>,
    /// Randomness for jitter.
    pub entropy: Arc<dyn Entropy>,
    /// Whether to keep a live connection (a simulation polls instead).
    pub live: bool,
}

/// Called with every change of the status.
pub type OnStatus = Box<dyn Fn(SyncStatus) + Send + Sync>;

pub(crate) struct Shared<T> {
    pub(crate) config: SyncConfig<T>,
    pub(crate) client: HubClient<T>,
    weather: Mutex<Weather>,
    last: Mutex<Option<SyncStatus>>,
    on_status: OnStatus,
    pub(crate) push: Notify,
    pull: Wanted,
    /// Woken when the network is back: ends every backoff.
    back: watch::Sender<u64>,
    /// The hub revoked this device: nothing is pushed or pulled any more.
    revoked: watch::Sender<bool>,
}

/// The running sync.
pub struct SyncHandle {
    inner: Arc<dyn Wake>,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

trait Wake: Send + Sync {
    fn written(&self);
    fn nudge(&self);
    fn online(&self);
    fn status(&self) -> SyncStatus;
}

/// Starts the sync.
pub struct SyncEngine;

impl SyncEngine {
    /// Starts the tasks on the current tokio runtime.
    pub fn start<T: Transport + Clone>(config: SyncConfig<T>, on_status: OnStatus) -> SyncHandle {
        let client = HubClient::new(config.transport.clone());
        let (back, _) = watch::channel(0);
        let (revoked, _) = watch::channel(false);
        let shared = Arc::new(Shared {
            client,
            config,
            weather: Mutex::new(Weather::default()),
            last: Mutex::new(None),
            on_status,
            push: Notify::new(),
            pull: Wanted::default(),
            back,
            revoked,
        });
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let mut spawn_while_paired = |work: BoxFuture<'static, ()>| {
            let work = until(shared.revoked.subscribe(), work);
            tasks.spawn(until(stopped.clone(), work));
        };
        spawn_while_paired(push_loop(Arc::clone(&shared)).boxed());
        spawn_while_paired(pull_loop(Arc::clone(&shared)).boxed());
        if shared.config.live {
            spawn_while_paired(live_loop(Arc::clone(&shared)).boxed());
        }
        spawn_while_paired(tidy_loop(Arc::clone(&shared)).boxed());
        tasks.spawn(until(stopped, depart(Arc::clone(&shared))));
        shared.publish();
        SyncHandle {
            inner: shared,
            stop,
            tasks,
        }
    }
}

impl SyncHandle {
    /// Something was written here: it is pushed at once. What becomes of it is pulled once the hub has it.
    pub fn written(&self) {
        self.inner.written();
    }

    /// Somebody wants it now: push and pull at once.
    pub fn nudge(&self) {
        self.inner.nudge();
    }

    /// The system says that the network is back: waits end early.
    pub fn set_online_hint(&self) {
        self.inner.online();
    }

    /// Where the sync stands.
    #[must_use]
    pub fn status(&self) -> SyncStatus {
        self.inner.status()
    }

    /// Ends the tasks; what was on its way is sent again at the next start.
    pub async fn stop(mut self) {
        // No receiver means the tasks ended by themselves.
        let _ = self.stop.send(true);
        while self.tasks.join_next().await.is_some() {}
    }
}

async fn until(mut stopped: watch::Receiver<bool>, work: impl Future<Output = ()>) {
    tokio::select! {
        () = work => {}
        _ = stopped.wait_for(|stop| *stop) => {}
    }
}

impl<T: Transport> Wake for Shared<T> {
    fn written(&self) {
        self.push.notify_one();
        self.publish();
    }

    fn nudge(&self) {
        self.pull.now();
        self.written();
    }

    fn online(&self) {
        self.back.send_modify(|n| *n += 1);
        self.push.notify_one();
        self.pull.now();
    }

    fn status(&self) -> SyncStatus {
        self.read_status()
    }
}

impl<T: Transport> Shared<T> {
    pub(crate) fn weather(&self) -> std::sync::MutexGuard<'_, Weather> {
        self.weather.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read_status(&self) -> SyncStatus {
        let counts = self.config.store.outbox_counts().unwrap_or_default();
        let weather = self.weather().clone();
        SyncStatus {
            state: state_of(counts.waiting, &weather),
            waiting: counts.waiting,
            stuck: counts.stuck,
            conflicts: counts.conflicts,
            offline_since: weather.offline_since,
            in_step_at: weather.in_step_at,
            trouble: weather.trouble,
            departed: weather.departed,
            progress: weather.progress,
        }
    }

    /// Tells how far an image is, as often as a person sees a difference.
    pub(crate) fn progressed(&self, progress: Option<Progress>) {
        {
            let mut weather = self.weather();
            let tells = match (&progress, &weather.progress) {
                (Some(now), Some(before)) => now.shows_more_than(before),
                (now, before) => now.is_some() != before.is_some(),
            };
            if !tells {
                return;
            }
            weather.progress = progress;
            // While it comes, the hub is in reach.
            if progress.is_some() {
                weather.offline_since = None;
            }
        }
        self.publish();
    }

    pub(crate) fn publish(&self) {
        let mut status = self.read_status();
        if status.state == SyncState::InStep {
            let now = self.config.clock.now();
            self.weather().in_step_at = Some(now);
            status.in_step_at = Some(now);
        }
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.as_ref() != Some(&status) {
            *last = Some(status.clone());
            drop(last);
            (self.on_status)(status);
        }
    }

    pub(crate) fn succeeded(&self) {
        let was_away = {
            let mut weather = self.weather();
            weather.trouble = None;
            weather.offline_since.take().is_some()
        };
        if was_away {
            self.back.send_modify(|n| *n += 1);
        }
        self.publish();
    }

    fn failed(&self, error: &SyncError) {
        if let SyncError::Hub(error) = error
            && error.is_revocation()
        {
            self.revoked.send_replace(true);
        }
        {
            let mut weather = self.weather();
            match error {
                SyncError::Hub(HubError::Unreachable(_)) => {
                    weather.offline_since.get_or_insert(self.config.clock.now());
                }
                SyncError::Hub(HubError::Refused {
                    status: 429 | 500..=599,
                    ..
                }) => {
                    weather.offline_since.get_or_insert(self.config.clock.now());
                }
                SyncError::Hub(_) | SyncError::Store(_) => {
                    weather.trouble = Some(error.code().to_owned())
                }
                SyncError::Ending => {}
            }
        }
        tracing::info!(code = error.code(), "a sync step failed; it is tried again");
        self.publish();
    }

    /// Waits after a failure; ends early when the network is back.
    async fn wait(&self, failures: u32, error: &SyncError) {
        let mut random = [0; 4];
        self.config.entropy.fill(&mut random);
        let (retry_after, person) = match error {
            SyncError::Hub(e) => (e.retry_after_s(), plan::needs_a_person(e)),
            _ => (None, false),
        };
        let failures = if person { u32::MAX } else { failures };
        let mut wait = plan::backoff(failures, u32::from_be_bytes(random), retry_after);
        if person {
            wait = wait.max(Duration::from_secs(30));
        }
        let mut back = self.back.subscribe();
        back.mark_unchanged();
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            _ = back.changed() => {}
        }
    }
}

async fn push_loop<T: Transport>(shared: Arc<Shared<T>>) {
    let mut failures = 0;
    loop {
        match steps::push_once(
            &shared.config.store,
            &shared.client,
            &shared.config.credentials,
        )
        .await
        {
            Ok(Pushed::Nothing) => {
                failures = 0;
                shared.push.notified().await;
            }
            Ok(Pushed::PullFirst) => {
                shared.weather().at_head = false;
                shared.pull.now();
                // The pull says when; until then every push would get the same answer.
                shared.push.notified().await;
            }
            Ok(_) => {
                failures = 0;
                // Our own changes come back by the pull before both sides are in step.
                shared.weather().at_head = false;
                shared.succeeded();
                shared.pull.now();
            }
            Err(error) => {
                failures += 1;
                shared.failed(&error);
                shared.wait(failures, &error).await;
            }
        }
    }
}

async fn pull_loop<T: Transport>(shared: Arc<Shared<T>>) {
    let mut failures = 0;
    let mut follower = Follower::default();
    loop {
        shared.pull.begin();
        match follower.step(&shared).await {
            Ok(Next::AtOnce) => failures = 0,
            Ok(Next::After(wait)) => {
                failures = 0;
                tokio::time::sleep(wait).await;
            }
            Ok(Next::WhenThereIsMore) => {
                failures = 0;
                tokio::select! {
                    () = shared.pull.wait(follower.cursor) => shared.weather().at_head = false,
                    () = tokio::time::sleep(POLL) => {}
                }
            }
            Err(error) => {
                failures += 1;
                shared.failed(&error);
                shared.wait(failures, &error).await;
            }
        }
    }
}

/// Lets go of what is old and safe elsewhere; that it fails is no reason to stop.
async fn tidy_loop<T: Transport>(shared: Arc<Shared<T>>) {
    tokio::time::sleep(TIDY_FIRST).await;
    loop {
        match steps::tidy(&shared.config.store).await {
            Ok(0) => {}
            Ok(operations) => tracing::info!(operations, "old operations were let go of"),
            Err(error) => tracing::warn!(code = error.code(), "old operations stay"),
        }
        tokio::time::sleep(TIDY_EVERY).await;
    }
}

/// Once the hub has revoked this device: hands over what waits here, and says so.
async fn depart<T: Transport>(shared: Arc<Shared<T>>) {
    let mut revoked = shared.revoked.subscribe();
    if revoked.wait_for(|revoked| *revoked).await.is_err() {
        return;
    }
    let mut failures = 0;
    loop {
        let (store, client) = (&shared.config.store, &shared.client);
        match steps::hand_over(store, client, &shared.config.credentials).await {
            Ok(operations) => {
                tracing::warn!(
                    operations,
                    "this device was revoked; what waited is handed over"
                );
                {
                    let mut weather = shared.weather();
                    weather.trouble = Some("device_revoked".to_owned());
                    weather.offline_since = None;
                    weather.departed = true;
                }
                shared.publish();
                return;
            }
            Err(error) => {
                failures += 1;
                shared.failed(&error);
                shared.wait(failures, &error).await;
            }
        }
    }
}

async fn live_loop<T: Transport>(shared: Arc<Shared<T>>) {
    let mut failures = 0;
    loop {
        let (hints, mut heard) = mpsc::channel(8);
        let listen = live::listen(&shared.config.credentials, &hints);
        tokio::pin!(listen);
        let ended = loop {
            tokio::select! {
                ended = &mut listen => break ended,
                Some(hint) = heard.recv() => {
                    failures = 0;
                    shared.pull.up_to(hint);
                    // A hint is proof that the network is back.
                    if shared.weather().offline_since.is_some() {
                        shared.back.send_modify(|n| *n += 1);
                    }
                }
            }
        };
        failures += 1;
        let error = ended
            .err()
            .unwrap_or_else(|| HubError::Unreachable("the live connection ended".to_owned()));
        // A live connection that cannot be had is not worth a word to the user: the poll goes on behind it.
        tracing::debug!(code = error.code(), "live connection ended");
        shared.wait(failures, &SyncError::Hub(error)).await;
    }
}
