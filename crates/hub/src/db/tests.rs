use counterfoil_protocol::ErrorCode;

use super::*;

#[tokio::test]
async fn the_tables_are_known_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(&sqlite_url(&folder.path().join("hub.db")))
        .await
        .unwrap();
    let made = sqlx::query("SELECT name FROM sqlite_master WHERE type = 'table'");
    let made = made.fetch_all(db.reader()).await.unwrap();
    let mut made: Vec<String> = made.iter().map(|row| row.get("name")).collect();
    let mut known = tables();
    made.sort();
    known.sort_unstable();
    assert_eq!(made, known);
}

#[tokio::test]
async fn a_database_that_is_opened_as_it_is_is_neither_made_nor_migrated() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hub.db");
    let url = sqlite_url(&path);
    let missing = Db::open_as_it_is(&url).await.unwrap_err();
    assert!(matches!(missing, OpenError::Missing(_)), "{missing}");
    assert!(!path.exists());
    Db::open(&url).await.unwrap().close().await;
    let db = Db::open_as_it_is(&url).await.unwrap();
    sqlx::query("UPDATE schema_version SET version = 0")
        .execute(&db.writer)
        .await
        .unwrap();
    db.close().await;
    let older = Db::open_as_it_is(&url).await.unwrap_err();
    assert!(
        matches!(older, OpenError::Older { found: 0, .. }),
        "{older}"
    );
}

/// A server that answers whoever connects with one error of PostgreSQL's after the other.
async fn server_that_says(codes: &'static [&'static str]) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("postgres://hub@{}/db", listener.local_addr().unwrap());
    tokio::spawn(async move {
        for code in codes {
            let (mut client, _) = listener.accept().await.unwrap();
            let length = client.read_u32().await.unwrap();
            let mut asked = vec![0; usize::try_from(length).unwrap() - 4];
            client.read_exact(&mut asked).await.unwrap();
            let fields = format!("SFATAL\0VFATAL\0C{code}\0Mno\0\0");
            let length = u32::try_from(fields.len() + 4).unwrap();
            client.write_all(b"E").await.unwrap();
            client.write_u32(length).await.unwrap();
            client.write_all(fields.as_bytes()).await.unwrap();
        }
    });
    format!("{url}?sslmode=disable")
}

#[tokio::test]
async fn a_server_that_still_recovers_is_waited_for() {
    let url = server_that_says(&["57P03", "57P03", "28P01"]).await;
    let OpenError::Engine(error) = Db::open(&url).await.unwrap_err() else {
        panic!("the server refused");
    };
    let code = error.as_database_error().and_then(|e| e.code());
    assert_eq!(code.as_deref(), Some("28P01"));
}

#[tokio::test]
async fn a_server_that_ends_crashes_or_is_full_makes_the_hub_ask_for_another_try() {
    let codes = &["57P01", "57P02", "57P03", "53300"];
    let url = server_that_says(codes).await;
    for code in codes {
        let failure = crate::http::Failure::from(connect(&url).await.unwrap_err());
        assert_eq!(failure.code, ErrorCode::ServiceUnavailable, "{code}");
        assert!(failure.retry_after_s.is_some(), "{code}");
    }
}

/// A request that ends while its transaction begins must not leave it to whoever has the connection next.
#[tokio::test]
async fn a_transaction_that_nobody_waited_for_is_not_handed_on() {
    let Ok(url) = std::env::var("COUNTERFOIL_TEST_POSTGRES_URL") else {
        return;
    };
    let db = Db::connect(&url, PATIENCE).await.unwrap();
    let each = || futures::future::join_all((0..CONNECTIONS_MAX).map(|_| db.reader.acquire()));
    drop(each().await);
    for patience in 1..20 {
        // Whoever comes back to the pool is asked whether it still lives; then all are here.
        drop(each().await);
        let mut begin = Box::pin(db.read());
        for _ in 0..patience {
            if futures::poll!(begin.as_mut()).is_ready() {
                break;
            }
            // The runtime rests meanwhile and sees what the server answers.
            tokio::task::spawn_blocking(|| ()).await.unwrap();
        }
        drop(begin);
        let all = futures::future::join_all((0..CONNECTIONS_MAX).map(|_| db.write())).await;
        for tx in all {
            let mut tx = tx.unwrap();
            let row = sqlx::query("SELECT current_setting('transaction_read_only') AS read_only");
            let row = row.fetch_one(&mut *tx).await.unwrap();
            assert_eq!(row.get::<String, _>("read_only"), "off", "{patience}");
        }
    }
}

#[tokio::test]
async fn an_address_is_not_printed() {
    let address = Address("postgres://hub:hush@host/db".to_owned());
    assert!(!format!("{address:?}").contains("hush"));
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("hub.db").display());
    let db = Db::open(&url).await.unwrap();
    sqlx::query("UPDATE schema_version SET version = 99")
        .execute(&db.writer)
        .await
        .unwrap();
    db.close().await;
    let refused = Db::open(&url).await.unwrap_err();
    assert!(
        matches!(refused, OpenError::Newer { found: 99, .. }),
        "{refused}"
    );
}

#[tokio::test]
async fn a_migration_that_fails_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("hub.db").display());
    let db = Db::open(&url).await.unwrap();
    let mut broken = MIGRATIONS.to_vec();
    broken.push("CREATE TABLE half (a BIGINT); CREATE TABEL typo (b BIGINT);");
    assert!(db.migrate(&broken).await.is_err());
    let half = sqlx::query("SELECT count(*) AS n FROM sqlite_master WHERE name = 'half'");
    let n: i64 = half.fetch_one(db.reader()).await.unwrap().get("n");
    assert_eq!(n, 0);
    Db::open(&url).await.unwrap();
}

#[tokio::test]
async fn a_shop_from_before_clocks_were_kept_has_one_that_no_field_exceeds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hub.db");
    private_file(&path).unwrap();
    let mut old = connect(&sqlite_url(&path)).await.unwrap();
    let rows = "CREATE TABLE schema_version (one BIGINT PRIMARY KEY, version BIGINT NOT NULL);
        INSERT INTO schema_version VALUES (1, 1);
        INSERT INTO tenants VALUES ('busy', 0, 2, 0, 1, 'h', 'k1'), ('new', 0, 0, 0, 0, 'h', 'k2');
        INSERT INTO operations VALUES ('busy', 'd', 'i', 1, 'a', '', '', '', 1000), ('busy', 'd', 'i', 2, 'b', '', '', '', 2000)";
    for sql in [MIGRATIONS[0], rows] {
        sqlx::raw_sql(sql).execute(&mut old).await.unwrap();
    }
    old.close().await.unwrap();
    let db = Db::open(&sqlite_url(&path)).await.unwrap();
    let clocks = sqlx::query("SELECT clock_ms FROM tenants ORDER BY tenant_id");
    let clocks = clocks.fetch_all(db.reader()).await.unwrap();
    let clocks: Vec<i64> = clocks.iter().map(|row| row.get("clock_ms")).collect();
    assert_eq!(clocks, [2000 + counterfoil_domain::hlc::MAX_AHEAD_MS, 0]);
}

#[tokio::test]
async fn a_damaged_database_is_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hub.db");
    std::fs::write(&path, "a shopping list, and no database at all".repeat(99)).unwrap();
    let open = Db::open(&format!("sqlite:{}", path.display())).await;
    let error = open.unwrap_err().to_string();
    assert!(error.contains("not a database"), "{error}");
}

#[tokio::test]
async fn sqlite_survives_a_power_cut_after_commit() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("hub.db").display());
    let db = Db::open(&url).await.unwrap();
    let row = sqlx::query("PRAGMA synchronous")
        .fetch_one(&db.writer)
        .await
        .unwrap();
    assert_eq!(row.get::<i64, _>(0), 2, "FULL");
    let row = sqlx::query("PRAGMA journal_mode")
        .fetch_one(&db.writer)
        .await
        .unwrap();
    assert_eq!(row.get::<String, _>(0), "wal");
}

#[tokio::test]
async fn whoever_waits_in_vain_for_a_connection_is_told_after_the_patience_that_was_given() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("hub.db").display());
    let patience = Duration::from_millis(50);
    let db = Db::open_patiently(&url, patience).await.unwrap();
    let held = db.write().await.unwrap();
    let began = std::time::Instant::now();
    let refused = db.write().await.unwrap_err();
    assert!(matches!(refused, sqlx::Error::PoolTimedOut), "{refused}");
    // Far from what is waited for where nothing was said.
    assert!(began.elapsed() >= patience && began.elapsed() < PATIENCE);
    let failure = crate::http::Failure::from(refused);
    assert_eq!(failure.code, ErrorCode::ServiceUnavailable);
    drop(held);
    db.write().await.unwrap();
}
