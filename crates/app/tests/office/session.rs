//! A new shop, PINs, and where secrets lie.

use std::path::Path;
use std::sync::Arc;

use counterfoil_app::Counterfoil;
use counterfoil_app::view::{NewShop, Phase, SecretsView};
use counterfoil_domain::entity::Role;
use counterfoil_store::{Store, StoreEnv};
use counterfoil_testkit::{ManualClock, SampleShop, SeededEntropy};

use crate::common::{MemoryKeyring, NoKeyring, open};

const PIN: &str = "4821";

fn new_shop() -> NewShop {
    NewShop {
        name: "Café Nuevo".to_owned(),
        country: "PE".to_owned(),
        currency: "PEN".to_owned(),
        time_zone: "America/Lima".to_owned(),
        owner_name: "Luz".to_owned(),
        owner_pin: PIN.to_owned(),
    }
}

struct Fresh {
    folder: tempfile::TempDir,
    clock: Arc<ManualClock>,
    keyring: Arc<MemoryKeyring>,
    app: Counterfoil,
}

fn fresh() -> Fresh {
    let folder = tempfile::tempdir().unwrap();
    let clock = ManualClock::start();
    let keyring = Arc::new(MemoryKeyring::default());
    let app = open(folder.path(), &clock, keyring.clone());
    Fresh {
        folder,
        clock,
        keyring,
        app,
    }
}

#[test]
fn a_new_shop_is_ready_and_its_owner_signs_in() {
    let till = fresh();
    assert_eq!(till.app.boot().unwrap().phase, Phase::Welcome);
    let boot = till.app.create_shop(new_shop()).unwrap();
    assert_eq!(boot.phase, Phase::Ready);
    assert_eq!(boot.secrets, SecretsView::Keyring);
    let owner = till.app.sign_in(boot.staff[0].staff_id, PIN).unwrap();
    assert_eq!(till.app.boot().unwrap().session, Some(owner));
}

#[test]
fn the_pad_asks_for_as_many_digits_as_the_pin_has() {
    let till = fresh();
    let shop = NewShop {
        owner_pin: "482913".to_owned(),
        ..new_shop()
    };
    let boot = till.app.create_shop(shop).unwrap();
    assert_eq!(boot.staff[0].pin_digits, 6);
}

/// A shop without people, as one whose account was made at the hub.
fn without_people() -> Fresh {
    let till = fresh();
    let env = StoreEnv::new(till.clock.clone(), SeededEntropy::new(3));
    let store = Store::open(&till.folder.path().join("till.sqlite3"), env).unwrap();
    let sample = SampleShop::new(1).unwrap();
    store
        .set_identity(sample.tenant_id, sample.device_id, "T1", None)
        .unwrap();
    let shop = sample.setup().unwrap().swap_remove(0);
    store.transact(shop, None).unwrap();
    till
}

#[test]
fn a_shop_without_people_lets_its_first_owner_in() {
    let till = without_people();
    let boot = till.app.first_owner("Luz", PIN).unwrap();
    assert_eq!(boot.staff[0].role, Role::Owner);
    assert!(till.app.sign_in(boot.staff[0].staff_id, PIN).is_ok());
}

#[test]
fn a_shop_with_people_lets_nobody_in_as_the_first() {
    let till = without_people();
    till.app.first_owner("Luz", PIN).unwrap();
    let refused = till.app.first_owner("Eva", PIN).unwrap_err();
    assert_eq!(refused.code, "has_staff_already");
}

#[test]
fn a_second_shop_on_one_device_is_refused() {
    let till = fresh();
    till.app.create_shop(new_shop()).unwrap();
    assert_eq!(
        till.app.create_shop(new_shop()).unwrap_err().code,
        "has_shop_already"
    );
    assert_eq!(till.app.load_demo().unwrap_err().code, "has_shop_already");
}

#[test]
fn a_new_shop_names_what_is_missing() {
    let till = fresh();
    let refused = |shop: NewShop| till.app.create_shop(shop).unwrap_err();
    let nameless = refused(NewShop {
        name: " ".to_owned(),
        ..new_shop()
    });
    assert_eq!(
        (nameless.code.as_str(), nameless.field.as_deref()),
        ("name_missing", Some("name"))
    );
    let short = refused(NewShop {
        owner_pin: "12".to_owned(),
        ..new_shop()
    });
    assert_eq!(short.code, "pin_too_short");
    assert_eq!(till.app.boot().unwrap().phase, Phase::Welcome);
}

#[test]
fn five_wrong_pins_begin_a_wait_that_even_the_right_one_must_sit_out() {
    let till = fresh();
    let owner = till.app.create_shop(new_shop()).unwrap().staff[0].staff_id;
    let wait = |pin: &str| till.app.sign_in(owner, pin).unwrap_err().params["wait_s"].clone();
    for _ in 0..4 {
        assert_eq!(wait("0000"), "0");
    }
    assert_eq!(wait("0000"), "1");
    assert_eq!(wait(PIN), "1");
    till.clock.advance_ms(1000);
    assert_eq!(wait("0000"), "2");
    till.clock.advance_ms(2000);
    assert!(till.app.sign_in(owner, PIN).is_ok());
    assert_eq!(wait("0000"), "0");
}

#[test]
fn locking_signs_out() {
    let till = fresh();
    let owner = till.app.create_shop(new_shop()).unwrap().staff[0].staff_id;
    till.app.sign_in(owner, PIN).unwrap();
    till.app.lock().unwrap();
    assert_eq!(till.app.boot().unwrap().session, None);
}

fn holds(folder: &Path, secret: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return holds(&path, secret);
        }
        let bytes = std::fs::read(path).unwrap();
        bytes.windows(secret.len()).any(|part| part == secret)
    })
}

#[test]
fn nothing_in_the_data_folder_holds_the_card_key() {
    let till = fresh();
    till.app.create_shop(new_shop()).unwrap();
    let kept = till.keyring.0.lock().unwrap().clone();
    let blob: serde_json::Value = serde_json::from_str(
        kept.values()
            .find(|blob| blob.contains("card_key"))
            .unwrap(),
    )
    .unwrap();
    let seed = blob["card_key"]["seed"].as_str().unwrap();
    assert!(!holds(till.folder.path(), seed.as_bytes()));
}

#[test]
fn without_a_keyring_the_till_says_so_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let app = open(folder.path(), &ManualClock::start(), Arc::new(NoKeyring));
    let boot = app.create_shop(new_shop()).unwrap();
    assert_eq!(
        (boot.phase, boot.secrets),
        (Phase::Ready, SecretsView::NeedsPin)
    );
    assert!(!folder.path().join("secrets.json").exists());
}

#[test]
fn wrapped_secrets_open_with_their_pin_alone_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let clock = ManualClock::start();
    let app = open(folder.path(), &clock, Arc::new(NoKeyring));
    app.create_shop(new_shop()).unwrap();
    assert_eq!(
        app.secrets_set_pin("4821").unwrap_err().code,
        "pin_too_short"
    );
    assert_eq!(app.secrets_set_pin("482193").unwrap(), SecretsView::Wrapped);
    drop(app);
    let app = open(folder.path(), &clock, Arc::new(NoKeyring));
    assert_eq!(app.boot().unwrap().secrets, SecretsView::Locked);
    assert_eq!(app.secrets_unlock("000000").unwrap_err().code, "pin_wrong");
    assert_eq!(app.secrets_unlock("482193").unwrap(), SecretsView::Wrapped);
}

#[test]
fn settings_survive_a_restart() {
    let till = fresh();
    let mut settings = till.app.settings().unwrap();
    settings.language = "es".to_owned();
    till.app.set_settings(settings.clone()).unwrap();
    drop(till.app);
    let again = open(till.folder.path(), &till.clock, till.keyring.clone());
    assert_eq!(again.settings().unwrap(), settings);
}

#[test]
fn a_backup_is_a_copy_that_opens() {
    let till = fresh();
    till.app.create_shop(new_shop()).unwrap();
    let copy = till.app.backup_copy().unwrap();
    let other = tempfile::tempdir().unwrap();
    std::fs::copy(copy.path, other.path().join("till.sqlite3")).unwrap();
    let app = open(other.path(), &till.clock, till.keyring.clone());
    assert_eq!(app.boot().unwrap().phase, Phase::Ready);
}

#[test]
fn a_pairing_code_that_is_none_is_refused_without_a_network() {
    let till = fresh();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let refused = runtime
        .block_on(till.app.pair("K7", None, "Till"))
        .unwrap_err();
    assert_eq!(refused.code, "pairing_code_invalid");
}
