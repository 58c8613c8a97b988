//! A till whose owner revoked it: what was done stays, what lets it act in the shop's name goes.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use counterfoil_app::view::SyncState;
use counterfoil_store::{Store, StoreEnv};
use counterfoil_testkit::{ManualClock, SampleShop, SeededEntropy};

use crate::common::{MemoryKeyring, open};

const PATIENCE: Duration = Duration::from_secs(60);

/// A hub that knows nothing of a device but that it was revoked; counts the pushes.
fn revoking_hub() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let pushes = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&pushes);
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            // Whoever asked may have gone.
            let _ = refuse(stream, &counted);
        }
    });
    (url, pushes)
}

fn refuse(stream: TcpStream, pushes: &AtomicUsize) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut line, mut length) = (String::new(), 0);
    reader.read_line(&mut line)?;
    if line.starts_with("POST /api/v1/sync/push") {
        pushes.fetch_add(1, Ordering::SeqCst);
    }
    while line.trim() != "" {
        line.clear();
        reader.read_line(&mut line)?;
        let header = line.to_ascii_lowercase();
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    std::io::copy(&mut reader.take(length), &mut std::io::sink())?;
    let body = r#"{"error":{"code":"DEVICE_REVOKED","message":"revoked","details":[]},"meta":{"timestamp":"2026-01-01T00:00:00.000Z","request_id":"r"}}"#;
    let length = body.len();
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 403 Forbidden\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

#[test]
fn a_revoked_till_keeps_its_work_and_forgets_its_keys() {
    let folder = tempfile::tempdir().unwrap();
    let clock = ManualClock::start();
    let shop = SampleShop::new(1).unwrap();
    let (hub, pushes) = revoking_hub();
    let env = StoreEnv::new(clock.clone(), SeededEntropy::new(3));
    let store = Store::open(&folder.path().join("till.sqlite3"), env).unwrap();
    store
        .set_identity(shop.tenant_id, shop.device_id, "T1", Some(&hub))
        .unwrap();
    for op in shop.setup().unwrap() {
        store.transact(op, None).unwrap();
    }
    let waiting = store.outbox_counts().unwrap().waiting;
    let keyring = Arc::new(MemoryKeyring::default());
    let seed = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";
    let account = shop.device_id.to_string();
    let secrets = format!(
        r#"{{"device_seed":"{seed}","device_token":"cfd_token","card_key":{{"key_id":7,"seed":"{seed}"}}}}"#
    );
    keyring.0.lock().unwrap().insert(account.clone(), secrets);
    let kept = || keyring.0.lock().unwrap()[&account].clone();

    let app = open(folder.path(), &clock, Arc::clone(&keyring) as _);
    let begun = Instant::now();
    while kept().contains("cfd_token") {
        assert!(begun.elapsed() < PATIENCE, "wiped within the patience");
        std::thread::yield_now();
    }
    assert!(!kept().contains(seed), "{}", kept());
    assert!(
        pushes.load(Ordering::SeqCst) > 0,
        "what waited was handed over"
    );
    assert_eq!(store.outbox_counts().unwrap().waiting, waiting);
    drop(app);

    let handed = pushes.load(Ordering::SeqCst);
    let app = open(folder.path(), &clock, Arc::clone(&keyring) as _);
    let begun = Instant::now();
    let trouble = loop {
        let status = app.sync_desk().unwrap().status;
        if status.state == SyncState::Trouble {
            break status.trouble;
        }
        assert!(begun.elapsed() < PATIENCE, "told within the patience");
        std::thread::yield_now();
    };
    assert_eq!(trouble.as_deref(), Some("device_revoked"));
    assert_eq!(pushes.load(Ordering::SeqCst), handed, "it stays stopped");
}
