//! The hub of a run: the real router over the real database, which the world kills, backs up and restores.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use counterfoil_domain::UnixMs;
use counterfoil_hub::{Config, Hub, Sources};
use counterfoil_sync::http::Method;
use counterfoil_sync::{HubError, Request, Response, Transport};
use counterfoil_testkit::{ManualClock, SeededEntropy};
use http_body_util::{BodyExt as _, Full};
use tower::ServiceExt as _;

use super::disk::DiskCopy;
use super::{Outcome, say};
use crate::server::{database_of, drop_database, make_database};

const SECRET: &str = "a secret that is only good for simulations";

/// Which engine a run's hub stands on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Engine {
    /// A file of its own.
    Sqlite,
    /// A server that lets databases be made, by its address.
    Postgres(String),
}

/// Where the hub's data lies.
#[derive(Clone)]
pub enum Place {
    /// A file.
    File(PathBuf),
    /// A database of a server.
    Server {
        /// Any database of the server, to make others from.
        admin: String,
        /// This one's name.
        name: String,
    },
}

/// A hub's data at one moment.
#[derive(Clone)]
pub enum HubCopy {
    /// The file.
    File(DiskCopy),
    /// A database that nobody uses, by its name.
    Server(String),
}

impl Place {
    /// The address as the hub takes it.
    #[must_use]
    pub fn url(&self) -> String {
        match self {
            Self::File(path) => format!("sqlite:{}", path.display()),
            Self::Server { admin, name } => database_of(admin, name),
        }
    }

    /// A copy of what lies here. With a server nobody may be connected.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn copy(&self, name: &str) -> Outcome<HubCopy> {
        Ok(match self {
            Self::File(path) => HubCopy::File(DiskCopy::of(path)?),
            Self::Server { admin, name: from } => {
                make_database(admin, name, from).await?;
                HubCopy::Server(name.to_owned())
            }
        })
    }

    /// A new place next to this one that begins with a copy.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn begin_with(&self, copy: &HubCopy, name: &str) -> Outcome<Self> {
        match (self, copy) {
            (Self::File(path), HubCopy::File(copy)) => {
                let path = path.with_file_name(format!("{name}.db"));
                copy.put(&path)?;
                Ok(Self::File(path))
            }
            (Self::Server { admin, .. }, HubCopy::Server(from)) => {
                make_database(admin, name, from).await?;
                Ok(Self::Server {
                    admin: admin.clone(),
                    name: name.to_owned(),
                })
            }
            _ => Err("a copy of one engine does not fit the other".into()),
        }
    }

    /// Forgets what lies here; a run's folder goes by itself.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn remove(&self) -> Outcome<()> {
        match self {
            Self::File(_) => Ok(()),
            Self::Server { admin, name } => Ok(drop_database(admin, name).await?),
        }
    }
}

type Answering = Pin<Box<dyn Future<Output = Result<Response, HubError>> + Send>>;

/// The hub's router, called in process.
#[derive(Clone)]
pub struct Router(Arc<dyn Fn(Request) -> Answering + Send + Sync>);

impl Router {
    fn over(hub: Hub) -> Self {
        let router = counterfoil_hub::router(hub);
        Self(Arc::new(move |request| {
            let router = router.clone();
            Box::pin(async move {
                let request = to_http(request)?;
                let response = router.oneshot(request).await.map_err(unheard)?;
                let (parts, body) = response.into_parts();
                let retry_after_s = parts
                    .headers
                    .get("retry-after")
                    .and_then(|value| value.to_str().ok())
                    .and_then(|value| value.parse().ok());
                Ok(Response {
                    status: parts.status.as_u16(),
                    retry_after_s,
                    body: body.collect().await.map_err(unheard)?.to_bytes().to_vec(),
                })
            })
        }))
    }
}

impl Transport for Router {
    async fn send(&self, request: Request) -> Result<Response, HubError> {
        (self.0)(request).await
    }
}

fn unheard(error: impl std::fmt::Display) -> HubError {
    HubError::Unreachable(error.to_string())
}

fn to_http(request: Request) -> Result<http::Request<Full<Bytes>>, HubError> {
    let method = match request.method {
        Method::Get => http::Method::GET,
        Method::Post => http::Method::POST,
    };
    let mut builder = http::Request::builder().method(method).uri(request.path);
    for (name, value) in request.headers {
        builder = builder.header(name, value);
    }
    builder.body(Full::from(request.body)).map_err(unheard)
}

/// A hub that runs.
pub struct HubNode {
    /// Where its data lies.
    pub place: Place,
    /// The running hub.
    pub hub: Hub,
    /// Its way in.
    pub router: Router,
    /// Its clock.
    pub clock: Arc<ManualClock>,
    entropy: Arc<SeededEntropy>,
    rate_limit: u32,
    names: u32,
    /// Every place and copy that was made for this hub.
    made: Vec<Place>,
}

fn config(rate_limit: u32) -> Config {
    Config {
        rate_limit,
        auth_rate_limit: u32::MAX,
        // The one clock in a hub that is not virtual: a machine that stands still must not change a run.
        patience: Duration::from_secs(3600),
        ..Config::default()
    }
}

/// A limit that no run meets.
pub const NO_LIMIT: u32 = u32::MAX;

impl HubNode {
    /// Starts a hub over a place.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start(place: Place, seed: u64, rate_limit: u32) -> Outcome<Self> {
        let clock = ManualClock::start();
        let entropy = SeededEntropy::new(seed);
        let (hub, router) = open(&place, &clock, &entropy, rate_limit).await?;
        Ok(Self {
            made: vec![place.clone()],
            place,
            hub,
            router,
            clock,
            entropy,
            rate_limit,
            names: 0,
        })
    }

    /// A name for the next copy or place: unique within the server.
    fn next_name(&mut self) -> String {
        self.names += 1;
        match &self.place {
            Place::File(_) => format!("hub{}", self.names),
            Place::Server { name, .. } => {
                let base = name.split("_n").next().unwrap_or_default();
                format!("{base}_n{}", self.names)
            }
        }
    }

    /// Kills the hub and starts it again on the disk it leaves behind.
    ///
    /// # Errors
    /// When it does not start again.
    pub async fn crash(&mut self) -> Outcome<()> {
        match self.place {
            Place::File(_) => {
                // The copy is what a killed process leaves: whatever the log holds, and no last words.
                let name = self.next_name();
                let copy = self.place.copy(&name).await?;
                self.hub.db.close().await;
                self.place = self.place.begin_with(&copy, &name).await?;
            }
            Place::Server { .. } => self.hub.db.close().await,
        }
        self.reopen().await
    }

    async fn reopen(&mut self) -> Outcome<()> {
        let (hub, router) = open(&self.place, &self.clock, &self.entropy, self.rate_limit).await?;
        self.hub = hub;
        self.router = router;
        Ok(())
    }

    /// Takes a backup. With a server the hub has to stop for it.
    ///
    /// # Errors
    /// When it fails.
    pub async fn back_up(&mut self) -> Outcome<HubCopy> {
        let name = self.next_name();
        if let Place::File(_) = self.place {
            return self.place.copy(&name).await;
        }
        self.hub.db.close().await;
        let copy = self.place.copy(&name).await?;
        if let (Place::Server { admin, .. }, HubCopy::Server(name)) = (&self.place, &copy) {
            self.made.push(Place::Server {
                admin: admin.clone(),
                name: name.clone(),
            });
        }
        self.reopen().await?;
        Ok(copy)
    }

    /// Goes back to a backup, as an operator does: the copy in place, a new epoch, a start.
    ///
    /// # Errors
    /// When it fails.
    pub async fn restore(&mut self, copy: &HubCopy) -> Outcome<()> {
        let name = self.next_name();
        self.hub.db.close().await;
        self.place = self.place.begin_with(copy, &name).await?;
        self.made.push(self.place.clone());
        let sources = Sources {
            clock: self.clock.clone(),
            entropy: self.entropy.clone(),
        };
        counterfoil_hub::begin_epoch(&self.place.url(), &sources).await?;
        self.reopen().await
    }

    /// Lets everybody ask as often as they like from now on.
    ///
    /// # Errors
    /// When the hub does not start again.
    pub async fn lift_limit(&mut self) -> Outcome<()> {
        if self.rate_limit == NO_LIMIT {
            return Ok(());
        }
        self.rate_limit = NO_LIMIT;
        self.crash().await
    }

    /// Now, by the hub's own clock.
    #[must_use]
    pub fn now(&self) -> UnixMs {
        use counterfoil_domain::Clock as _;
        self.clock.now()
    }

    /// Ends it; what was made for it stays, for whoever removes it later.
    pub async fn close(self) -> Vec<Place> {
        self.hub.db.close().await;
        self.made
    }

    /// Ends it and forgets all that was made for it.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn remove(self) -> Outcome<()> {
        for place in self.close().await {
            place.remove().await?;
        }
        Ok(())
    }
}

async fn open(
    place: &Place,
    clock: &Arc<ManualClock>,
    entropy: &Arc<SeededEntropy>,
    rate_limit: u32,
) -> Outcome<(Hub, Router)> {
    let sources = Sources {
        clock: Arc::clone(clock) as Arc<dyn counterfoil_domain::Clock>,
        entropy: Arc::clone(entropy) as Arc<dyn counterfoil_domain::Entropy>,
    };
    let hub = Hub::start(&place.url(), Some(SECRET), config(rate_limit), sources)
        .await
        .map_err(|e| say(format!("the hub does not start: {e}")))?;
    Ok((hub.clone(), Router::over(hub)))
}

/// The place of a fresh file in a folder.
#[must_use]
pub fn file_in(folder: &Path) -> Place {
    Place::File(folder.join("hub0.db"))
}
