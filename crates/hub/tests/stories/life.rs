//! A hub behind a listener: live hints, two hubs over one database, and a shutdown that finishes what it began.

use std::time::Duration;

use counterfoil_domain::CustomerId;
use counterfoil_hub::{Hub, begin_epoch, serve};
use counterfoil_protocol::sync::LiveHint;
use futures::StreamExt as _;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use crate::push::stamp;
use crate::support::{PASSWORD, Till, on_each_engine};

type Socket = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<TcpStream>>;

/// Nothing here takes long; a story that hangs fails instead.
const PATIENCE: Duration = Duration::from_secs(20);

struct Running {
    address: String,
    stop: oneshot::Sender<()>,
    served: JoinHandle<std::io::Result<()>>,
}

async fn run(hub: &Hub) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (stop, stopped) = oneshot::channel();
    let served = tokio::spawn(serve(listener, hub.clone(), async {
        let _ = stopped.await;
    }));
    Running {
        address,
        stop,
        served,
    }
}

async fn listen(running: &Running, till: &Till) -> Socket {
    let mut request = format!("ws://{}/api/v1/sync/live", running.address)
        .into_client_request()
        .unwrap();
    request.headers_mut().insert(
        "authorization",
        format!("Bearer {}", till.token).parse().unwrap(),
    );
    tokio_tungstenite::connect_async(request).await.unwrap().0
}

async fn next(socket: &mut Socket) -> Option<LiveHint> {
    loop {
        match tokio::time::timeout(PATIENCE, socket.next())
            .await
            .expect("a word within the patience")
        {
            Some(Ok(Message::Text(text))) => return Some(serde_json::from_str(&text).unwrap()),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            _ => return None,
        }
    }
}

#[tokio::test]
async fn a_live_till_hears_of_what_another_did() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let (mut busy, quiet) = (world.till(&owner).await, world.till(&owner).await);
        let running = run(&world.hub).await;
        let mut socket = listen(&running, &quiet).await;
        let epoch = world.hub.epoch;
        let head = quiet.pull(&world).await.len() as u64;
        assert_eq!(next(&mut socket).await, Some(LiveHint { epoch, seq: head }));
        let op = stamp(&world, CustomerId(world.new_id()));
        busy.act(&world, op).await;
        assert_eq!(
            next(&mut socket).await,
            Some(LiveHint {
                epoch,
                seq: head + 1
            })
        );
        running.stop.send(()).unwrap();
        assert_eq!(
            next(&mut socket).await,
            None,
            "a hub that stops says good-bye"
        );
        running.served.await.unwrap().unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_revoked_till_is_cut_off() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let till = world.till(&owner).await;
        let running = run(&world.hub).await;
        let mut socket = listen(&running, &till).await;
        assert!(next(&mut socket).await.is_some());
        world
            .post(
                &format!("/api/v1/devices/{}/revoke", till.device),
                &owner,
                &json!({}),
            )
            .await;
        assert_eq!(next(&mut socket).await, None);
        running.stop.send(()).unwrap();
        running.served.await.unwrap().unwrap();
    })
    .await;
}

#[tokio::test]
async fn two_hubs_over_one_postgresql_work_as_one() {
    on_each_engine(async |world| {
        if !world.place.is_postgres() {
            return;
        }
        let other = world.second_hub().await;
        assert_eq!(other.hub.epoch, world.hub.epoch);
        let owner = world.owner("o@lima.pe").await;
        let code = world.pairing_code(&owner).await;
        let mut till = Till::pair(&other, &code).await;
        let running = run(&other.hub).await;
        let mut socket = listen(&running, &till).await;
        let head = next(&mut socket).await.unwrap().seq;
        let op = stamp(&world, CustomerId(world.new_id()));
        till.act(&world, op).await;
        assert_eq!(
            next(&mut socket).await.unwrap().seq,
            head + 1,
            "the hint crosses"
        );
        // One till's pushes may reach either hub.
        let op = stamp(&world, CustomerId(world.new_id()));
        let sealed = till.seal(&world, &op);
        let first = till.push(&other, std::slice::from_ref(&sealed)).await;
        assert_eq!(
            till.push(&world, std::slice::from_ref(&sealed)).await,
            first
        );
        running.stop.send(()).unwrap();
        running.served.await.unwrap().unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_hub_that_stops_finishes_the_request_it_began() {
    on_each_engine(async |world| {
        let running = run(&world.hub).await;
        let mut stream = TcpStream::connect(&running.address).await.unwrap();
        let body =
            json!({ "email": "o@lima.pe", "password": PASSWORD, "business_name": "X" }).to_string();
        let head = format!(
            "POST /api/v1/auth/register HTTP/1.1\r\nhost: hub\r\ncontent-type: application/json\r\n\
             content-length: {}\r\nexpect: 100-continue\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut buffer = [0; 512];
        let read = tokio::time::timeout(PATIENCE, stream.read(&mut buffer))
            .await
            .unwrap()
            .unwrap();
        assert!(
            buffer[..read].starts_with(b"HTTP/1.1 100"),
            "the hub waits for the body"
        );
        running.stop.send(()).unwrap();
        stream.write_all(body.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer))
            .await
            .unwrap()
            .unwrap();
        assert!(
            answer.starts_with(b"HTTP/1.1 201"),
            "{}",
            String::from_utf8_lossy(&answer)
        );
        running.served.await.unwrap().unwrap();
        assert!(
            TcpStream::connect(&running.address).await.is_err(),
            "nobody listens any more"
        );
    })
    .await;
}

#[tokio::test]
async fn a_hub_restored_from_a_backup_tells_each_till_where_to_go_on() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let mut till = world.till(&owner).await;
        let op = stamp(&world, CustomerId(world.new_id()));
        till.act(&world, op).await;
        begin_epoch(&world.place.database, &world.hub.sources)
            .await
            .unwrap();
        let restored = world.second_hub().await;
        assert_ne!(restored.hub.epoch, world.hub.epoch);
        let cursor = format!("/api/v1/sync/pull?epoch={}&after=1", world.hub.epoch);
        let answer = restored.get(&cursor, &till.token).await;
        assert_eq!(answer.data()["status"], "epoch_changed");
        assert_eq!(answer.data()["epoch"], json!(restored.hub.epoch));
        assert_eq!(answer.data()["last_seq"], 1);
    })
    .await;
}
