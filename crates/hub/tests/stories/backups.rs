//! Backups: what is durable elsewhere may be let go of, what is damaged is refused, and a restored hub is filled again.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use counterfoil_domain::{CustomerId, OpEnvelope};
use counterfoil_hub::backup::{
    BackupError, Manifest, Plan, Restored, SecretFit, Shelf, back_up, list, prune, restore,
    verify_backup, verify_database,
};
use counterfoil_hub::{Config, serve};
use counterfoil_protocol::sync::PushReply;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::push::stamp;
use crate::support::{Bucket, SECRET, Till, World, lenient, on_each_engine};

/// Nothing here takes long; a story that hangs fails instead.
const PATIENCE: Duration = Duration::from_secs(60);

/// A folder for backups.
struct Archive {
    folder: TempDir,
    shelf: Shelf,
}

impl Archive {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::open(&folder.path().display().to_string(), []).unwrap();
        Self { folder, shelf }
    }

    fn data_file(&self, manifest: &Manifest) -> PathBuf {
        self.folder.path().join(&manifest.file)
    }
}

async fn take(world: &World, shelf: &Shelf) -> Manifest {
    back_up(&world.place.database, shelf, &world.hub.sources)
        .await
        .unwrap()
}

async fn bring_back(world: &World, shelf: &Shelf) -> Restored {
    try_bring_back(world, shelf, None, true).await.unwrap()
}

async fn try_bring_back(
    world: &World,
    shelf: &Shelf,
    name: Option<&str>,
    replace: bool,
) -> Result<Restored, BackupError> {
    let (database, sources) = (&world.place.database, &world.hub.sources);
    restore(shelf, name, database, replace, Some(SECRET), sources).await
}

/// With PostgreSQL a dump is tried out on the cluster of the tests.
fn scratch() -> Option<String> {
    std::env::var("COUNTERFOIL_TEST_POSTGRES_URL").ok()
}

async fn is_sound(world: &World, shelf: &Shelf, name: Option<&str>) -> bool {
    let report = verify_backup(shelf, name, scratch().as_deref(), &world.hub.sources)
        .await
        .unwrap();
    assert!(report.is_sound(), "{report}");
    true
}

/// What a pull says may be let go of, and the newest change.
async fn archived(world: &World, till: &Till) -> (u64, u64) {
    let answer = world.get("/api/v1/sync/pull?after=0", &till.token).await;
    let number = |name: &str| answer.data()[name].as_u64().unwrap();
    (number("archived"), number("head"))
}

async fn push_one(world: &World, till: &mut Till) -> OpEnvelope {
    let op = stamp(world, CustomerId(world.new_id()));
    let sealed = till.seal(world, &op);
    let reply = till.push(world, std::slice::from_ref(&sealed)).await;
    assert!(matches!(reply, PushReply::Accepted { .. }), "{reply:?}");
    sealed
}

#[tokio::test]
async fn only_a_durable_backup_moves_what_tills_may_let_go_of() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let mut till = world.till(&owner).await;
        push_one(&world, &mut till).await;
        assert_eq!(archived(&world, &till).await.0, 0);
        let archive = Archive::new();
        let nowhere = archive.folder.path().join("not mounted").join("backups");
        let nowhere = Shelf::open(&nowhere.display().to_string(), []).unwrap();
        let (database, sources) = (&world.place.database, &world.hub.sources);
        assert!(back_up(database, &nowhere, sources).await.is_err());
        assert_eq!(archived(&world, &till).await.0, 0, "nothing is durable yet");
        let manifest = take(&world, &archive.shelf).await;
        let (there, head) = archived(&world, &till).await;
        assert_eq!((there, manifest.tenants[0].head), (head, head));
        push_one(&world, &mut till).await;
        assert_eq!(archived(&world, &till).await, (head, head + 1));
    })
    .await;
}

#[tokio::test]
async fn a_backup_that_is_taken_while_tills_push_is_sound_and_one_moment() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let mut till = world.till(&owner).await;
        let archive = Archive::new();
        let pushes = async {
            for _ in 0..60 {
                push_one(&world, &mut till).await;
            }
        };
        let backups = async {
            for _ in 0..4 {
                take(&world, &archive.shelf).await;
            }
        };
        futures::join!(pushes, backups);
        for name in list(&archive.shelf).await.unwrap() {
            is_sound(&world, &archive.shelf, Some(&name)).await;
        }
        let (there, head) = archived(&world, &till).await;
        assert!(there <= head, "{there} of {head}");
        let live = verify_database(&world.place.database).await.unwrap();
        assert!(live.is_sound(), "{live}");
        assert_eq!(live.operations, 60);
    })
    .await;
}

#[tokio::test]
async fn a_backup_holds_nothing_half_and_no_one_else_may_read_it() {
    on_each_engine(async |world| {
        world.owner("o@lima.pe").await;
        let archive = Archive::new();
        let manifest = take(&world, &archive.shelf).await;
        let mut there: Vec<String> = std::fs::read_dir(archive.folder.path())
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .filter(|name| !name.starts_with(".counterfoil-lock"))
            .collect();
        there.sort();
        let mut expected = [manifest.file.clone(), format!("{}.json", manifest.name)];
        expected.sort();
        assert_eq!(there, expected);
        #[cfg(unix)]
        for file in there {
            use std::os::unix::fs::PermissionsExt as _;
            let facts = std::fs::metadata(archive.folder.path().join(&file)).unwrap();
            assert_eq!(facts.permissions().mode() & 0o777, 0o600, "{file}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_restored_hub_begins_a_new_epoch_and_takes_again_what_the_backup_lacks() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let mut till = world.till(&owner).await;
        push_one(&world, &mut till).await;
        let archive = Archive::new();
        let manifest = take(&world, &archive.shelf).await;
        let held = manifest.tenants[0].head;
        let lost = push_one(&world, &mut till).await;
        let cursor = format!("/api/v1/sync/pull?epoch={}&after={held}", world.hub.epoch);
        world.hub.db.close().await;
        let restored = bring_back(&world, &archive.shelf).await;
        assert_ne!(restored.epoch, world.hub.epoch);
        assert_eq!(restored.secret, SecretFit::Fits);
        let again = world.second_hub().await;
        assert_eq!(again.hub.epoch, restored.epoch);
        let told = again.get(&cursor, &till.token).await;
        assert_eq!(told.data()["status"], "epoch_changed");
        assert_eq!(told.data()["last_seq"], 1);
        assert_eq!(
            archived(&again, &till).await,
            (held, held),
            "the backup holds what was restored, and no more"
        );
        let reply = till.push(&again, std::slice::from_ref(&lost)).await;
        assert!(
            matches!(reply, PushReply::Accepted { last_seq: 2, .. }),
            "{reply:?}"
        );
        assert_eq!(again.count("SELECT count(*) FROM stamp").await, 2);
        let report = verify_database(&world.place.database).await.unwrap();
        assert!(report.is_sound(), "{report}");
        again.hub.db.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_database_with_shops_is_replaced_only_on_demand_and_kept_beside() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let mut till = world.till(&owner).await;
        let archive = Archive::new();
        take(&world, &archive.shelf).await;
        push_one(&world, &mut till).await;
        world.hub.db.close().await;
        let refused = try_bring_back(&world, &archive.shelf, None, false).await;
        assert!(matches!(refused, Err(BackupError::NotEmpty(_))));
        let report = verify_database(&world.place.database).await.unwrap();
        assert_eq!(report.operations, 1, "untouched");
        let restored = bring_back(&world, &archive.shelf).await;
        let report = verify_database(&world.place.database).await.unwrap();
        assert_eq!(report.operations, 0);
        let aside = restored.set_aside.unwrap();
        let aside = if world.place.is_postgres() {
            let schema = world.place.database.rsplit_once("%3D").unwrap().0;
            format!("{schema}%3D{aside}")
        } else {
            format!("sqlite:{aside}")
        };
        let kept = verify_database(&aside).await.unwrap();
        assert_eq!(kept.operations, 1, "what was there before");
    })
    .await;
}

#[tokio::test]
async fn a_file_that_a_hub_has_open_is_not_replaced() {
    on_each_engine(async |world| {
        if world.place.is_postgres() {
            return;
        }
        world.owner("o@lima.pe").await;
        let archive = Archive::new();
        take(&world, &archive.shelf).await;
        let refused = try_bring_back(&world, &archive.shelf, None, true).await;
        assert!(matches!(refused, Err(BackupError::InUse(_))), "{refused:?}");
        let report = verify_database(&world.place.database).await.unwrap();
        assert!(report.is_sound(), "{report}");
    })
    .await;
}

#[tokio::test]
async fn a_damaged_backup_is_refused_and_changes_nothing() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let mut till = world.till(&owner).await;
        let archive = Archive::new();
        let manifest = take(&world, &archive.shelf).await;
        let path = archive.data_file(&manifest);
        push_one(&world, &mut till).await;
        world.hub.db.close().await;
        let whole = std::fs::read(&path).unwrap();
        let mut spoilt = whole.clone();
        spoilt[whole.len() / 2] ^= 1;
        let short = whole[..whole.len() - 1].to_vec();
        for (damage, words) in [
            (Some(spoilt), "SHA-256"),
            (Some(short), "bytes"),
            (None, "had"),
        ] {
            match damage {
                Some(bytes) => std::fs::write(&path, bytes).unwrap(),
                None => std::fs::remove_file(&path).unwrap(),
            }
            let refused = try_bring_back(&world, &archive.shelf, None, true).await;
            let error = refused.unwrap_err();
            assert!(matches!(error, BackupError::Damaged { .. }), "{error}");
            assert!(error.to_string().contains(words), "{error}");
            let scratch = scratch();
            let verified =
                verify_backup(&archive.shelf, None, scratch.as_deref(), &world.hub.sources).await;
            assert!(matches!(verified, Err(BackupError::Damaged { .. })));
        }
        let report = verify_database(&world.place.database).await.unwrap();
        assert_eq!(report.operations, 1, "the database is as it was");
    })
    .await;
}

#[tokio::test]
async fn a_backup_that_is_not_there_is_told_with_those_that_are() {
    on_each_engine(async |world| {
        world.owner("o@lima.pe").await;
        let archive = Archive::new();
        let none = try_bring_back(&world, &archive.shelf, None, true).await;
        assert!(matches!(none, Err(BackupError::None(_))));
        let manifest = take(&world, &archive.shelf).await;
        let other = try_bring_back(&world, &archive.shelf, Some("../hub"), true).await;
        let error = other.unwrap_err().to_string();
        assert!(error.contains(&manifest.name), "{error}");
    })
    .await;
}

#[tokio::test]
async fn what_was_used_up_before_a_restore_is_not_good_again() {
    on_each_engine(async |world| {
        let tokens = world.register("o@lima.pe").await;
        let owner = tokens["access_token"].as_str().unwrap();
        let code = world.pairing_code(owner).await;
        let key = world.new_id().to_string();
        let body = json!({ "name": "Ana", "phone": "+51987654321" });
        let first = world
            .post_keyed("/api/v1/enrollments", owner, &key, &body)
            .await;
        let archive = Archive::new();
        take(&world, &archive.shelf).await;
        let refresh = json!({ "refresh_token": tokens["refresh_token"] });
        world
            .post("/api/v1/auth/refresh", "", &refresh)
            .await
            .data();
        Till::pair(&world, &code).await;
        world.hub.db.close().await;
        bring_back(&world, &archive.shelf).await;
        let again = world.second_hub().await;
        let answer = again.post("/api/v1/auth/refresh", "", &refresh).await;
        assert_eq!(answer.refusal().0, 401, "signing in again is asked for");
        let (device, signer) = Till::unpaired(&again);
        let request = Till::request(device, &signer, &code);
        let answer = again.post("/api/v1/devices", "", &request).await;
        assert_eq!(answer.refusal(), (401, "PAIRING_CODE_INVALID"));
        let repeated = again
            .post_keyed("/api/v1/enrollments", owner, &key, &body)
            .await;
        assert_eq!(repeated.data(), first.data(), "answers are remembered");
        again.hub.db.close().await;
    })
    .await;
}

#[tokio::test]
async fn another_secret_than_the_backups_is_told() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        world.till(&owner).await;
        let archive = Archive::new();
        take(&world, &archive.shelf).await;
        world.hub.db.close().await;
        let (database, sources) = (&world.place.database, &world.hub.sources);
        let other = Some("quite another secret, and long enough");
        for (secret, fit) in [(other, SecretFit::Other), (None, SecretFit::Missing)] {
            let done = restore(&archive.shelf, None, database, true, secret, sources)
                .await
                .unwrap();
            assert_eq!(done.secret, fit);
        }
    })
    .await;
}

#[tokio::test]
async fn verifying_finds_what_is_wrong() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let mut till = world.till(&owner).await;
        let first = push_one(&world, &mut till).await;
        push_one(&world, &mut till).await;
        let op = first.op_id;
        let wrongs = [
            ("numbering", "UPDATE tenants SET head = head + 1".to_owned()),
            (
                "archived",
                "UPDATE tenants SET archived = head + 1".to_owned(),
            ),
            (
                "balances",
                "UPDATE stamp_balance SET balance = balance + 1".to_owned(),
            ),
            (
                "balances",
                "INSERT INTO stock_balance (tenant_id, product_id, quantity_milli) SELECT tenant_id, 'p', 7 FROM tenants"
                    .to_owned(),
            ),
            ("chains", "UPDATE device_lives SET last_seq = 3".to_owned()),
            (
                "chains",
                format!("UPDATE device_lives SET last_hash = '{}'", "0".repeat(64)),
            ),
            ("chains", "DELETE FROM device_lives".to_owned()),
            (
                "results",
                format!("UPDATE operations SET op_id = 'other' WHERE op_id = '{op}'"),
            ),
            (
                "results",
                format!("DELETE FROM operations WHERE op_id = '{op}'"),
            ),
            (
                "results",
                format!("UPDATE operations SET result = '{{}}' WHERE op_id = '{op}'"),
            ),
            (
                "results",
                r#"UPDATE operations SET result = '{"outcome":"dead_letter","reason":"x"}'"#
                    .to_owned(),
            ),
            (
                "changes",
                "UPDATE changes SET row_count = row_count + 1 WHERE seq = 1".to_owned(),
            ),
            (
                "changes",
                "UPDATE changes SET body = '{\"seq\":1}' WHERE seq = 1".to_owned(),
            ),
        ];
        let archive = Archive::new();
        let manifest = take(&world, &archive.shelf).await;
        world.hub.db.close().await;
        for (check, sql) in wrongs {
            let (database, sources) = (&world.place.database, &world.hub.sources);
            restore(&archive.shelf, Some(&manifest.name), database, true, None, sources)
                .await
                .unwrap();
            world.run_sql(&sql).await;
            let report = verify_database(database).await.unwrap();
            let found: Vec<&str> = report.findings.iter().map(|f| f.check).collect();
            assert!(found.contains(&check), "{sql}: {report}");
            assert!(report.to_string().contains("NOT sound"));
        }
    })
    .await;
}

#[tokio::test]
async fn the_newest_verified_backup_outlives_the_ones_that_are_kept() {
    on_each_engine(async |world| {
        world.owner("o@lima.pe").await;
        let archive = Archive::new();
        let mut names = Vec::new();
        for _ in 0..5 {
            names.push(take(&world, &archive.shelf).await.name);
            world.clock.advance_ms(60_000);
        }
        is_sound(&world, &archive.shelf, Some(&names[0])).await;
        is_sound(&world, &archive.shelf, Some(&names[1])).await;
        // What a backup left that broke off long ago.
        let left = archive
            .folder
            .path()
            .join("counterfoil-20200101T000000.000Z-00000000.sqlite.gz");
        std::fs::write(&left, "half").unwrap();
        let gone = prune(&archive.shelf, 2).await.unwrap();
        assert_eq!(gone, [names[0].clone(), names[2].clone()]);
        let kept = list(&archive.shelf).await.unwrap();
        assert_eq!(kept, [names[1].clone(), names[3].clone(), names[4].clone()]);
        assert!(!left.exists());
        for name in &kept {
            is_sound(&world, &archive.shelf, Some(name)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_backup_can_be_verified_while_the_next_one_is_written() {
    on_each_engine(async |world| {
        world.owner("o@lima.pe").await;
        let archive = Archive::new();
        let manifest = take(&world, &archive.shelf).await;
        let lock = archive.folder.path().join(".counterfoil-lock");
        let writing = std::fs::File::open(&lock).unwrap();
        writing.lock().unwrap();
        is_sound(&world, &archive.shelf, Some(&manifest.name)).await;
        let (database, sources) = (&world.place.database, &world.hub.sources);
        let second = back_up(database, &archive.shelf, sources).await;
        assert!(matches!(second, Err(BackupError::Busy(_))));
    })
    .await;
}

#[tokio::test]
async fn a_bucket_takes_a_backup_whole_and_its_manifest_last() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let mut till = world.till(&owner).await;
        push_one(&world, &mut till).await;
        let bucket = Bucket::default();
        let shelf = bucket.shelf().await;
        bucket.refuse_writes(true);
        let refused = back_up(&world.place.database, &shelf, &world.hub.sources).await;
        assert!(matches!(refused, Err(BackupError::Place { .. })));
        assert_eq!(archived(&world, &till).await.0, 0);
        bucket.refuse_writes(false);
        // Larger than a part, and nothing that packs well.
        world.bury_noise(18).await;
        let manifest = take(&world, &shelf).await;
        assert_eq!(
            bucket.arrived(),
            [
                format!("hub/lima/{}", manifest.file),
                format!("hub/lima/{}.json", manifest.name)
            ]
        );
        assert!(bucket.parts() > 1, "{} parts", bucket.parts());
        let (there, head) = archived(&world, &till).await;
        assert_eq!(there, head);
        is_sound(&world, &shelf, None).await;
        world.hub.db.close().await;
        bring_back(&world, &shelf).await;
        world.clock.advance_ms(1000);
        take(&world, &shelf).await;
        let gone = prune(&shelf, 1).await.unwrap();
        assert!(gone.is_empty(), "the older one is the newest verified");
        bucket.spoil(&manifest.file);
        let damaged = try_bring_back(&world, &shelf, Some(&manifest.name), true).await;
        assert!(matches!(damaged, Err(BackupError::Damaged { .. })));
    })
    .await;
}

async fn readiness(world: &World) -> Value {
    let answer = world.get("/api/v1/health/ready", "").await;
    answer.data()["checks"]["backup"].clone()
}

async fn reaches(world: &World, standing: &str) {
    let begun = Instant::now();
    while readiness(world).await != standing {
        assert!(begun.elapsed() < PATIENCE, "{standing} within the patience");
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_serving_hub_backs_itself_up_and_a_place_that_fails_does_not_take_it_down() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let mut till = world.till(&owner).await;
        push_one(&world, &mut till).await;
        assert_eq!(readiness(&world).await, Value::Null, "none is planned");
        let archive = Archive::new();
        let place = archive.folder.path().join("mnt").join("backups");
        let plan = Plan {
            to: Shelf::open(&place.display().to_string(), []).unwrap(),
            every: Duration::from_secs(1),
            keep: Some(2),
        };
        let config = Config {
            backup: Some(plan),
            ..lenient()
        };
        let serving = World::start(Arc::clone(&world.place), config).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let served = tokio::spawn(serve(listener, serving.hub.clone(), async {
            let _ = stopped.await;
        }));
        reaches(&serving, "failing").await;
        push_one(&serving, &mut till).await;
        // The disk is mounted.
        std::fs::create_dir(archive.folder.path().join("mnt")).unwrap();
        reaches(&serving, "ok").await;
        let (there, head) = archived(&serving, &till).await;
        assert_eq!(there, head);
        stop.send(()).unwrap();
        served.await.unwrap().unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_hub_under_which_the_database_was_restored_is_not_ready() {
    on_each_engine(async |world| {
        if !world.place.is_postgres() {
            return;
        }
        world.owner("o@lima.pe").await;
        let archive = Archive::new();
        take(&world, &archive.shelf).await;
        bring_back(&world, &archive.shelf).await;
        let answer = world.get("/api/v1/health/ready", "").await;
        assert_eq!(answer.refusal(), (503, "SERVICE_UNAVAILABLE"));
    })
    .await;
}

fn command(arguments: &[&str]) -> std::process::Output {
    std::process::Command::new(env!("CARGO_BIN_EXE_counterfoil-hub"))
        .args(arguments)
        .env("COUNTERFOIL_HUB_SECRET", SECRET)
        .env_remove("COUNTERFOIL_HUB_DATABASE")
        .output()
        .unwrap()
}

#[tokio::test]
async fn the_commands_say_what_they_did_and_their_exit_code_whether_all_is_well() {
    on_each_engine(async |world| {
        let owner = world.owner("o@lima.pe").await;
        let mut till = world.till(&owner).await;
        push_one(&world, &mut till).await;
        let archive = Archive::new();
        let place = archive.folder.path().display().to_string();
        let database = world.place.database.as_str();
        let made = command(&[
            "backup",
            "--database",
            database,
            "--to",
            &place,
            "--keep",
            "3",
        ]);
        let said: Value = serde_json::from_slice(&made.stdout).expect("a line of JSON");
        assert!(made.status.success());
        assert_eq!(said["shops"], 1);
        let mut verify = vec!["verify", "--from", &place];
        let scratch = scratch();
        if let Some(server) = &scratch {
            verify.extend(["--scratch", server]);
        }
        let verified = command(&verify);
        let words = String::from_utf8_lossy(&verified.stdout).into_owned();
        assert!(
            verified.status.success() && words.contains("is sound: 1 shops"),
            "{words}"
        );
        world.hub.db.close().await;
        let refused = command(&["restore", "--from", &place, "--database", database]);
        let words = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(
            !refused.status.success() && words.contains("--replace"),
            "{words}"
        );
        let restored = command(&[
            "restore",
            "--from",
            &place,
            "--database",
            database,
            "--replace",
        ]);
        let said: Value = serde_json::from_slice(&restored.stdout).expect("a line of JSON");
        assert_ne!(said["epoch"], json!(world.hub.epoch));
        assert_eq!(said["secret"], "fits");
        world.run_sql("UPDATE tenants SET head = head + 1").await;
        let wrong = command(&["verify", "--database", database, "--json"]);
        let report: Value = serde_json::from_slice(&wrong.stdout).expect("JSON");
        assert!(!wrong.status.success());
        assert_eq!(report["findings"][0]["check"], "numbering");
    })
    .await;
}
