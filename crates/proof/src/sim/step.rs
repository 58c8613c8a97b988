//! One step of a till's sync as the world sees it: it asks the hub once, and goes no further until the world answers.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use counterfoil_store::Store;
use counterfoil_sync::steps::{self, Pulled, Pushed};
use counterfoil_sync::{
    HubClient, HubCredentials, HubError, Request, Response, SyncError, Transport,
};
use tokio::sync::oneshot;

/// Push or pull.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// To the hub.
    Push,
    /// From it.
    Pull,
}

impl Way {
    /// As the trace says it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::Pull => "pull",
        }
    }
}

/// How a step ended.
#[derive(Debug)]
pub enum Ended {
    /// A push.
    Pushed(Result<Pushed, SyncError>),
    /// A pull.
    Pulled(Result<Pulled, SyncError>),
}

impl Ended {
    /// What went wrong, if something did.
    #[must_use]
    pub const fn error(&self) -> Option<&SyncError> {
        match self {
            Self::Pushed(Err(error)) | Self::Pulled(Err(error)) => Some(error),
            _ => None,
        }
    }
}

/// Where a step stands.
#[derive(Debug)]
pub enum Stage {
    /// It asks the hub this and waits.
    Asks(Request),
    /// It is over.
    Over(Ended),
}

type Answer = Result<Response, HubError>;

#[derive(Default)]
struct Slot {
    request: Option<Request>,
    waiting: Option<oneshot::Sender<Answer>>,
}

/// A network that hands every request to the world and waits for what the world makes of it.
#[derive(Clone, Default)]
struct Wire(Arc<Mutex<Slot>>);

impl Wire {
    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transport for Wire {
    async fn send(&self, request: Request) -> Answer {
        let (tell, told) = oneshot::channel();
        {
            let mut slot = self.slot();
            slot.request = Some(request);
            slot.waiting = Some(tell);
        }
        told.await.unwrap_or_else(|_| {
            Err(HubError::Unreachable(
                "the till was switched off".to_owned(),
            ))
        })
    }
}

/// A step under way. Dropping it is what a kill does to it.
pub struct Step {
    /// Tells answers of one step from those of another.
    pub no: u64,
    wire: Wire,
    work: Pin<Box<dyn Future<Output = Ended>>>,
}

impl Step {
    /// Begins a step; nothing happens before [`Step::go_on`].
    #[must_use]
    pub fn begin(no: u64, way: Way, store: Store, by: HubCredentials) -> Self {
        let wire = Wire::default();
        let client = HubClient::new(wire.clone());
        let work: Pin<Box<dyn Future<Output = Ended>>> = match way {
            Way::Push => {
                Box::pin(async move { Ended::Pushed(steps::push_once(&store, &client, &by).await) })
            }
            Way::Pull => {
                Box::pin(async move { Ended::Pulled(steps::pull_once(&store, &client, &by).await) })
            }
        };
        Self { no, wire, work }
    }

    /// Lets it work until it asks the hub or is over.
    pub async fn go_on(&mut self) -> Stage {
        poll_fn(|cx| match self.work.as_mut().poll(cx) {
            Poll::Ready(ended) => Poll::Ready(Stage::Over(ended)),
            // It may also wait for the disk; then the waker tells.
            Poll::Pending => match self.wire.slot().request.take() {
                Some(request) => Poll::Ready(Stage::Asks(request)),
                None => Poll::Pending,
            },
        })
        .await
    }

    /// Gives it the hub's answer, or tells it that there is none.
    pub fn answer(&mut self, answer: Answer) {
        if let Some(waiting) = self.wire.slot().waiting.take() {
            // The receiver lives as long as the step.
            let _ = waiting.send(answer);
        }
    }
}
