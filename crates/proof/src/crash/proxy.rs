//! A small TCP proxy between tills and hub whose weather can be changed.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use counterfoil_testkit::SeededEntropy;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The longest delay of one piece, in milliseconds.
const DELAY_MS_MAX: u64 = 40;

/// What the network does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    /// It works.
    Fair,
    /// Each piece is delayed.
    Slow,
    /// Connections are cut, in the middle of a request or of an answer.
    Cutting,
    /// What tills send does not arrive.
    StalledUp,
    /// What the hub answers does not arrive.
    StalledDown,
    /// Nobody gets a connection.
    Refusing,
}

impl Weather {
    /// Bad weather by chance.
    pub fn bad(dice: &SeededEntropy) -> Self {
        match dice.next_u64() % 5 {
            0 => Self::Slow,
            1 => Self::Cutting,
            2 => Self::StalledUp,
            3 => Self::StalledDown,
            _ => Self::Refusing,
        }
    }
}

/// A running proxy; dropping it ends it.
pub struct Proxy {
    /// Where tills connect, as a URL.
    pub url: String,
    weather: watch::Sender<Weather>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// Starts in fair weather.
    ///
    /// # Errors
    /// When no port is free.
    pub fn start(runtime: &Handle, hub: SocketAddr, seed: u64) -> std::io::Result<Self> {
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
        let url = format!("http://{}", listener.local_addr()?);
        let (weather, now) = watch::channel(Weather::Fair);
        let dice = SeededEntropy::new(seed);
        let task = runtime.spawn(serve(listener, hub, now, dice));
        Ok(Self { url, weather, task })
    }

    /// Changes the weather; what was stalled goes on in fair weather.
    pub fn set(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    listener: TcpListener,
    hub: SocketAddr,
    weather: watch::Receiver<Weather>,
    dice: Arc<SeededEntropy>,
) {
    // The connections end with this task.
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((till, _)) = listener.accept().await {
        if *weather.borrow() == Weather::Refusing {
            continue;
        }
        while connections.try_join_next().is_some() {}
        connections.spawn(connect(till, hub, weather.clone(), Arc::clone(&dice)));
    }
}

async fn connect(
    till: TcpStream,
    hub: SocketAddr,
    weather: watch::Receiver<Weather>,
    dice: Arc<SeededEntropy>,
) {
    // A hub that is not there looks like a network that is not there.
    let Ok(hub) = TcpStream::connect(hub).await else {
        return;
    };
    let (from_till, to_till) = till.into_split();
    let (from_hub, to_hub) = hub.into_split();
    let up = pump(
        from_till,
        to_hub,
        Weather::StalledUp,
        weather.clone(),
        &dice,
    );
    let down = pump(from_hub, to_till, Weather::StalledDown, weather, &dice);
    // Either end closes both.
    tokio::select! {
        _ = up => {}
        _ = down => {}
    }
}

async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    stalls: Weather,
    mut weather: watch::Receiver<Weather>,
    dice: &SeededEntropy,
) -> std::io::Result<()> {
    let mut piece = [0; 2048];
    loop {
        let length = from.read(&mut piece).await?;
        if length == 0 {
            return to.shutdown().await;
        }
        let now = *weather.borrow();
        match now {
            Weather::Slow => {
                let delay = Duration::from_millis(dice.next_u64() % DELAY_MS_MAX);
                tokio::time::sleep(delay).await;
            }
            Weather::Cutting if dice.next_u64().is_multiple_of(3) => {
                let half = usize::try_from(dice.next_u64()).unwrap_or(0) % length;
                return to.write_all(&piece[..half]).await;
            }
            _ => {}
        }
        // The sender of the weather is gone only when the run is over.
        if now == stalls && weather.wait_for(|now| *now != stalls).await.is_err() {
            return Ok(());
        }
        to.write_all(&piece[..length]).await?;
    }
}
