//! What is saved where, whether all is well, and the sync.

use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use counterfoil_app::doctor::Verdict;
use counterfoil_app::view::{Failure, SyncState, SyncStatusView};
use counterfoil_app::{AppEvent, Counterfoil};

use super::{Health, executor};
use crate::args::Args;
use crate::output::Output;

pub fn status(app: &Counterfoil, output: &Output) -> Result<(), Failure> {
    let boot = app.boot()?;
    if let Some(trouble) = boot.trouble {
        return Err(trouble);
    }
    let sync = app.sync_status()?;
    let value = serde_json::json!({
        "version": boot.version,
        "phase": boot.phase,
        "shop": boot.shop,
        "secrets": boot.secrets,
        "sync": sync,
    });
    output.answer(&value, |_| {
        let shop = boot.shop.as_ref();
        vec![
            shop.map_or_else(
                || "no shop on this device yet".to_owned(),
                |s| format!("{}, till {}", s.name, s.till_code),
            ),
            words(&sync),
        ]
    })
}

fn words(sync: &SyncStatusView) -> String {
    let state = match sync.state {
        SyncState::NoHub => "not paired: everything is kept here",
        SyncState::InStep => "in step with the hub",
        SyncState::Sending => "not all is sent yet",
        SyncState::Offline => "the hub is out of reach",
        SyncState::Trouble => "the sync needs a person",
    };
    let trouble = sync.trouble.as_ref().map(|code| format!(" ({code})"));
    format!(
        "{state}{}; {} waiting, {} stuck, {} conflicts",
        trouble.unwrap_or_default(),
        sync.waiting,
        sync.stuck,
        sync.conflicts
    )
}

pub fn doctor(
    app: &Counterfoil,
    bundle: Option<&Path>,
    output: &Output,
) -> Result<Health, Failure> {
    if let Some(bundle) = bundle {
        let saved = app.write_bundle(bundle)?;
        output.progress(&format!("written for support: {}", saved.path));
    }
    let checks = app.doctor();
    output.answer(&checks, |checks| {
        checks
            .iter()
            .map(|check| {
                let mark = match check.verdict {
                    Verdict::Fine => "ok  ",
                    Verdict::Warning => "look",
                    Verdict::Broken => "BAD ",
                };
                format!("{mark} {:<10}{}", check.name, check.found)
            })
            .collect()
    })?;
    let some = |verdict| checks.iter().any(|check| check.verdict == verdict);
    Ok(if some(Verdict::Broken) {
        Health::Broken
    } else if some(Verdict::Warning) {
        Health::Look
    } else {
        Health::Fine
    })
}

pub fn pair(app: &Counterfoil, args: &Args, code: &str, output: &Output) -> Result<(), Failure> {
    let boot = executor()?.block_on(app.pair(code, args.hub.as_deref(), &args.device_name))?;
    output.answer(&boot, |boot| {
        let till = boot
            .shop
            .as_ref()
            .map(|s| format!(" as {} of {}", s.till_code, s.name));
        vec![format!("paired{}", till.unwrap_or_default())]
    })
}

pub fn sync(app: &Counterfoil, wait_s: u64, output: &Output) -> Result<(), Failure> {
    app.sync_now()?;
    let status = in_step(app, Duration::from_secs(wait_s), output)?;
    output.answer(&status, |status| vec![words(status)])
}

/// Waits until everything of this till is on the hub and everything of the hub is here.
///
/// # Errors
/// `not_paired`; why a person is needed; `sync_not_finished` when the time is over.
pub fn in_step(
    app: &Counterfoil,
    patience: Duration,
    output: &Output,
) -> Result<SyncStatusView, Failure> {
    let (tell, told) = channel();
    app.on_event(Box::new(move |event| {
        if let AppEvent::SyncStatus(status) = event {
            // The receiver is gone once the wait is over.
            let _ = tell.send(status);
        }
    }));
    let until = Instant::now() + patience;
    let mut status = app.sync_status()?;
    let mut said = 0;
    loop {
        match status.state {
            SyncState::InStep => return Ok(status),
            SyncState::NoHub => {
                return Err(Failure::new(
                    "not_paired",
                    "this till is not paired with a hub",
                ));
            }
            SyncState::Trouble => {
                let code = status.trouble.unwrap_or_else(|| "sync_trouble".to_owned());
                return Err(Failure::new(&code, "the sync needs a person"));
            }
            SyncState::Sending | SyncState::Offline => {}
        }
        if status.waiting.abs_diff(said) >= 1000 {
            said = status.waiting;
            output.progress(&format!("{} changes to send", status.waiting));
        }
        let left = until.saturating_duration_since(Instant::now());
        status = match told.recv_timeout(left) {
            Ok(status) => status,
            Err(RecvTimeoutError::Timeout) => {
                return Err(Failure::new("sync_not_finished", words(&status)).later());
            }
            Err(RecvTimeoutError::Disconnected) => return Ok(status),
        };
    }
}
