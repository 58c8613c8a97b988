//! Restores: what is damaged is refused, what is there is kept, and a restored hub is filled again.

use counterfoil_domain::fact::ShiftOpened;
use counterfoil_domain::{Currency, Money, Op, ShiftId, StaffId};
use counterfoil_hub::backup::{BackupError, SecretFit, restore, verify_backup, verify_database};
use counterfoil_protocol::sync::PushReply;
use serde_json::json;

use crate::support::archive::{
    Archive, archived, bring_back, push_one, scratch, take, try_bring_back,
};
use crate::support::{Till, on_each_engine};

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
async fn what_a_killed_restore_left_is_swept_away() {
    on_each_engine(async |world| {
        if world.place.is_postgres() {
            return;
        }
        world.owner("o@lima.pe").await;
        let archive = Archive::new();
        take(&world, &archive.shelf).await;
        let path = world.hub.db.path().unwrap().to_owned();
        let left = path.with_file_name(".counterfoil-restore-hub.db-old");
        std::fs::create_dir(&left).unwrap();
        std::fs::write(left.join("hub.db"), "half").unwrap();
        world.hub.db.close().await;
        bring_back(&world, &archive.shelf).await;
        assert!(!left.exists());
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
        let opened = ShiftOpened {
            shift_id: ShiftId(world.new_id()),
            device_id: till.device,
            staff_id: StaffId(world.new_id()),
            at: world.now(),
            opening_float: Money::new(1000, Currency::PEN).unwrap(),
        };
        till.act(&world, Op::ShiftOpened(opened)).await;
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
            ("rows", "UPDATE entity SET deleted = 1 - deleted".to_owned()),
            ("rows", "DELETE FROM entity".to_owned()),
            ("rows", "UPDATE stamp SET stamp_id = 'x' || stamp_id".to_owned()),
            ("rows", "DELETE FROM shift".to_owned()),
            ("chains", "UPDATE device_lives SET last_seq = 4".to_owned()),
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
