//! Runs the sync behind the use cases: on its own threads, whenever this till is paired and its secrets are open.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use counterfoil_sync::{
    HttpTransport, HubCredentials, Phase, Progress, SyncConfig, SyncEngine, SyncHandle,
    SyncState as EngineState, SyncStatus,
};
use ed25519_dalek::SigningKey;
use tokio::runtime::{Builder, Handle, Runtime};

use crate::failure::Outcome;
use crate::secrets::{SecretError, Secrets};
use crate::view::{DiskView, Failure, SyncPhase, SyncProgressView, SyncState, SyncStatusView};
use crate::{AppEvent, Counterfoil, Inner};

/// The threads of the network, and the sync on them.
pub(crate) struct SyncGlue {
    runtime: Option<Runtime>,
    running: Mutex<Running>,
    /// Held while somebody starts the sync, so that nobody starts a second one.
    starting: Mutex<()>,
}

#[derive(Default)]
struct Running {
    handle: Option<Arc<SyncHandle>>,
    hub: String,
    /// Why the sync does not run although this till is paired.
    trouble: Option<String>,
}

impl SyncGlue {
    pub(crate) fn new() -> Outcome<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("sync")
            .enable_all()
            .build()?;
        Ok(Self {
            runtime: Some(runtime),
            running: Mutex::new(Running::default()),
            starting: Mutex::new(()),
        })
    }

    fn running(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn handle(&self) -> Outcome<Handle> {
        self.runtime
            .as_ref()
            .map(|r| r.handle().clone())
            .ok_or_else(|| Failure::internal("the network's threads have ended"))
    }
}

impl Drop for SyncGlue {
    fn drop(&mut self) {
        // The last owner may be one of the runtime's own threads, which must not wait for itself.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Counterfoil {
    /// Runs blocking work for an async caller on any executor.
    pub(crate) async fn off_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Outcome<T> + Send + 'static,
    ) -> Outcome<T> {
        let app = self.clone();
        let handle = self.inner.sync.handle()?;
        handle
            .spawn_blocking(move || work(&app))
            .await
            .unwrap_or_else(|e| Err(Failure::internal(e)))
    }

    /// Waits for the network, from a thread that may block.
    pub(crate) fn wait_for<T>(&self, call: impl Future<Output = T>) -> Outcome<T> {
        Ok(self.inner.sync.handle()?.block_on(call))
    }

    /// The hub's address, the override before the stored one; none when this till is not paired.
    pub(crate) fn hub_url(&self) -> Outcome<Option<String>> {
        let stored = self.identity()?.and_then(|i| i.hub_url);
        Ok(stored.map(|url| self.config().hub_override.clone().unwrap_or(url)))
    }

    /// Starts the sync behind the back of whoever opens the app: a keyring may take its time to answer.
    pub(crate) fn start_sync_soon(&self) -> Outcome<()> {
        let weak = self.weak();
        self.inner.sync.handle()?.spawn_blocking(move || {
            if let Some(inner) = weak.upgrade() {
                Self { inner }.start_sync();
            }
        });
        Ok(())
    }

    /// Starts the sync where this till is paired and its secrets are open; else notes why not.
    pub(crate) fn start_sync(&self) {
        let starting = &self.inner.sync.starting;
        let _alone = starting.lock().unwrap_or_else(PoisonError::into_inner);
        if self.inner.sync.running().handle.is_some() {
            return;
        }
        let started = self.try_start();
        let mut running = self.inner.sync.running();
        match started {
            Ok(Some((handle, hub))) => {
                *running = Running {
                    handle: Some(Arc::new(handle)),
                    hub,
                    trouble: None,
                }
            }
            Ok(None) => *running = Running::default(),
            Err(failure) => {
                tracing::warn!(code = failure.code, "the sync cannot start");
                running.trouble = Some(failure.code);
            }
        }
        drop(running);
        self.publish_status();
    }

    fn try_start(&self) -> Outcome<Option<(SyncHandle, String)>> {
        let Some(hub) = self.hub_url()? else {
            return Ok(None);
        };
        if self.store()?.revoked_at()?.is_some() {
            // It may have ended before it was done.
            self.forget_secrets()?;
            return Err(Failure::new(
                "device_revoked",
                "the owner revoked this device; what was done here is kept, pair it again to go on",
            ));
        }
        let secrets = self.vault().open()?;
        let (Some(seed), Some(device_token)) = (secrets.device_seed, secrets.device_token) else {
            return Err(SecretError::Damaged("the device's credential is gone".to_owned()).into());
        };
        let runtime = self.inner.sync.handle()?;
        let _inside = runtime.enter();
        let config = SyncConfig {
            store: self.store()?,
            transport: HttpTransport::new(&hub)?,
            credentials: HubCredentials {
                base_url: hub.clone(),
                device_token,
                signing_key: SigningKey::from_bytes(&seed.0),
            },
            clock: Arc::clone(&self.host().clock),
            entropy: Arc::clone(&self.host().entropy),
            live: true,
        };
        let (weak, address) = (self.weak(), hub.clone());
        let on_status = move |status| tell(&weak, &address, &status);
        Ok(Some((SyncEngine::start(config, Box::new(on_status)), hub)))
    }

    /// Ends the sync; what is on its way is sent again at the next start.
    pub(crate) fn stop_sync(&self) {
        let handle = self.inner.sync.running().handle.take();
        // Where somebody else still holds it, its tasks end when they let go.
        if let (Some(handle), Ok(runtime)) =
            (handle.and_then(Arc::into_inner), self.inner.sync.handle())
        {
            runtime.spawn(handle.stop());
        }
    }

    /// A revoked device keeps what was done on it, and nothing with which it could act in the shop's name: neither its
    /// credential nor the key that signs cards.
    fn forget_secrets(&self) -> Outcome<()> {
        let store = self.store()?;
        if store.revoked_at()?.is_none() {
            store.note_revoked()?;
        }
        let Some(identity) = self.identity()? else {
            return Ok(());
        };
        let account = identity.device_id.to_string();
        if self.vault().open()? != Secrets::default() {
            self.vault().keep(&account, Secrets::default())?;
            tracing::warn!("this device was revoked; its secrets are wiped");
        }
        Ok(())
    }

    /// Out of the way of the sync that tells of it: a keyring may take its time.
    fn forget_secrets_soon(&self) {
        let weak = self.weak();
        let forget = move || {
            if let Some(inner) = weak.upgrade()
                && let Err(failure) = (Self { inner }).forget_secrets()
            {
                // The next start tries again, before it does anything else.
                tracing::error!(
                    code = failure.code,
                    "a revoked device's secrets are still here"
                );
            }
        };
        match self.inner.sync.handle() {
            Ok(runtime) => drop(runtime.spawn_blocking(forget)),
            Err(failure) => tracing::debug!(code = failure.code, "the program is ending"),
        }
    }

    /// Something was written: send it, and tell the pill.
    pub(crate) fn nudge_sync(&self) {
        match self.sync_handle() {
            Some(handle) => handle.written(),
            None => self.publish_status(),
        }
    }

    /// Says that the network is back.
    pub(crate) fn hurry_sync(&self) {
        if let Some(handle) = self.sync_handle() {
            handle.set_online_hint();
            handle.nudge();
        }
    }

    /// Out of the lock: what the sync tells in turn may ask for the status.
    fn sync_handle(&self) -> Option<Arc<SyncHandle>> {
        self.inner.sync.running().handle.clone()
    }

    pub(crate) fn publish_status(&self) {
        match self.read_status() {
            Ok(status) => self.inner.emit(&AppEvent::SyncStatus(status)),
            Err(failure) => tracing::debug!(code = failure.code, "no status to tell"),
        }
    }

    pub(crate) fn read_status(&self) -> Outcome<SyncStatusView> {
        let (from_engine, trouble) = {
            let running = self.inner.sync.running();
            let engine = running
                .handle
                .clone()
                .map(|handle| (handle, running.hub.clone()));
            (engine, running.trouble.clone())
        };
        if let Some((handle, hub)) = from_engine {
            return Ok(view_of(&handle.status(), &hub, self.disk()));
        }
        let counts = self.store()?.outbox_counts()?;
        let hub = self.hub_url()?;
        let paired = hub.is_some();
        Ok(SyncStatusView {
            state: match (paired, &trouble) {
                (false, _) => SyncState::NoHub,
                (true, Some(_)) => SyncState::Trouble,
                // A host that does not sync, e.g. a command line that only looks.
                (true, None) if counts.waiting == 0 => SyncState::InStep,
                (true, None) => SyncState::Sending,
            },
            waiting: counts.waiting,
            stuck: counts.stuck,
            conflicts: counts.conflicts,
            offline_since: None,
            in_step_at: None,
            hub: hub.unwrap_or_default(),
            trouble: trouble.filter(|_| paired),
            disk: self.disk(),
            progress: None,
        })
    }
}

fn tell(weak: &Weak<Inner>, hub: &str, status: &SyncStatus) {
    if let Some(inner) = weak.upgrade() {
        let app = Counterfoil { inner };
        if status.departed {
            app.forget_secrets_soon();
        }
        let view = view_of(status, hub, app.disk());
        app.inner.emit(&AppEvent::SyncStatus(view));
    }
}

fn view_of(status: &SyncStatus, hub: &str, disk: DiskView) -> SyncStatusView {
    SyncStatusView {
        state: match status.state {
            EngineState::InStep => SyncState::InStep,
            EngineState::Sending => SyncState::Sending,
            EngineState::Offline => SyncState::Offline,
            EngineState::Trouble => SyncState::Trouble,
        },
        waiting: status.waiting,
        stuck: status.stuck,
        conflicts: status.conflicts,
        offline_since: status.offline_since,
        in_step_at: status.in_step_at,
        hub: hub.to_owned(),
        trouble: status.trouble.clone(),
        disk,
        progress: status.progress.as_ref().map(progress_view),
    }
}

fn progress_view(progress: &Progress) -> SyncProgressView {
    let kib = |bytes: u64| u32::try_from(bytes / 1024).unwrap_or(u32::MAX);
    SyncProgressView {
        phase: match progress.phase {
            Phase::Preparing => SyncPhase::Preparing,
            Phase::Downloading => SyncPhase::Downloading,
            Phase::Unpacking => SyncPhase::Unpacking,
            Phase::Installing => SyncPhase::Installing,
        },
        done_kib: kib(progress.done_bytes),
        total_kib: kib(progress.total_bytes),
    }
}
