//! A network over real HTTP whose faults a story holds in its hand.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

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
    /// So many bytes of images still come through before the line is cut; all of them where there is no number.
    pub image_bytes_left: Mutex<Option<u64>>,
    /// Bytes of images that came through.
    pub image_bytes: AtomicU64,
}

impl Faults {
    /// Counts what came of an image, and cuts the line where it is due.
    fn carry(&self, bytes: u64) -> Result<(), HubError> {
        let mut left = self.image_bytes_left.lock().expect("nobody panicked");
        if let Some(left) = left.as_mut() {
            *left = left
                .checked_sub(bytes)
                .ok_or_else(|| HubError::Unreachable("the body was cut".to_owned()))?;
        }
        self.image_bytes.fetch_add(bytes, Ordering::SeqCst);
        Ok(())
    }
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
        let of_image = request.path.contains("/sync/images/");
        let answer = self.http.send(request).await;
        if let (true, Ok(answer)) = (of_image, &answer) {
            self.faults.carry(answer.body.len() as u64)?;
        }
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
