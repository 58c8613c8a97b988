//! Backups: what is durable elsewhere may be let go of, and nothing else.

use std::sync::Arc;
use std::time::{Duration, Instant};

use counterfoil_hub::backup::{BackupError, Plan, Shelf, back_up, list, prune, verify_database};
use counterfoil_hub::{Config, serve};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::archive::{
    Archive, archived, bring_back, is_sound, push_one, scratch, take, try_bring_back,
};
use crate::support::{Bucket, SECRET, World, lenient, on_each_engine};

/// Nothing here takes long; a story that hangs fails instead.
const PATIENCE: Duration = Duration::from_secs(60);

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
