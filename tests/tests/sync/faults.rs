//! A network over real HTTP whose faults a story holds in its hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use counterfoil_sync::{HttpTransport, HubError, Request, Response, Transport};

/// Real HTTP with faults that can be switched on.
#[derive(Clone)]
pub struct FaultyNetwork {
    http: HttpTransport,
    faults: Arc<Faults>,
}

/// What goes wrong, and what was counted.
#[derive(Default)]
pub struct Faults {
    /// Nothing gets through.
    pub down: AtomicBool,
    /// So many of the next answers get lost after the hub has done its part.
    pub lost_answers: AtomicU32,
    /// Every request is delivered twice.
    pub doubled: AtomicBool,
    /// Requests that reached the hub.
    pub delivered: AtomicU32,
}

impl FaultyNetwork {
    /// A network to a hub, without faults yet.
    pub fn to(hub: &str) -> Self {
        let http = HttpTransport::new(hub).expect("TLS can be set up");
        Self {
            http,
            faults: Arc::default(),
        }
    }

    /// The switches.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }
}

impl Transport for FaultyNetwork {
    async fn send(&self, request: Request) -> Result<Response, HubError> {
        if self.faults.down.load(Ordering::SeqCst) {
            return Err(HubError::Unreachable("the network is down".to_owned()));
        }
        if self.faults.doubled.load(Ordering::SeqCst) {
            self.faults.delivered.fetch_add(1, Ordering::SeqCst);
            self.http.send(request.clone()).await?;
        }
        self.faults.delivered.fetch_add(1, Ordering::SeqCst);
        let answer = self.http.send(request).await;
        let lost = self
            .faults
            .lost_answers
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            })
            .is_ok();
        if lost {
            Err(HubError::Unreachable("the answer got lost".to_owned()))
        } else {
            answer
        }
    }
}
