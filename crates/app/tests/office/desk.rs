//! The sync desk: doing again, putting aside, choosing a side, taking along; and leaving the hub.

use std::sync::Arc;

use counterfoil_app::view::{FieldValue, Side};
use counterfoil_domain::entity::{EntityKind, EntityRow};
use counterfoil_domain::{Hlc, Op, OpId};
use counterfoil_store::{Confirmed, ConfirmedRow, OpFate};
use counterfoil_testkit::{ManualClock, edit};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::common::{MemoryKeyring, Till, open};

const EPOCH: Uuid = Uuid::from_u128(1);

/// A till whose one sale the hub could not read; everything else is there.
fn stuck() -> (Till, OpId) {
    let till = Till::new();
    let sale = till
        .shop
        .sale(1, &[(0, 2)], None, ManualClock::START)
        .unwrap();
    let op_id = till
        .store
        .transact(Op::SaleCompleted(sale), Some(till.shop.cashier))
        .unwrap();
    answer(&till, |id| {
        if id == op_id {
            OpFate::DeadLetter {
                reason: "invalid type: string \"María\", expected u64".to_owned(),
            }
        } else {
            OpFate::Applied
        }
    });
    till.app.act_as(Some("Ana")).unwrap();
    (till, op_id)
}

fn answer(till: &Till, fate: impl Fn(OpId) -> OpFate) {
    while let Some(batch) = till.store.seal_next(200, 256 * 1024).unwrap() {
        let fates: Vec<_> = batch
            .ops
            .iter()
            .map(|op| (op.op_id, fate(op.op_id)))
            .collect();
        till.store.record_results(EPOCH, &fates).unwrap();
    }
}

#[test]
fn a_stuck_sale_is_on_the_desk_with_its_money_and_is_done_again() {
    let (till, op_id) = stuck();
    let desk = till.app.sync_desk().unwrap();
    assert_eq!((desk.stuck.len(), desk.status.stuck), (1, 1));
    assert_eq!(desk.stuck[0].amount.unwrap().minor(), 1530);
    assert_eq!(desk.unsent.sales.unwrap().minor(), 1530);
    let desk = till.app.retry_change(op_id).unwrap();
    assert_eq!((desk.stuck.len(), desk.status.stuck), (0, 0));
    assert_eq!((desk.waiting.len(), desk.settled.len()), (1, 1));
    assert!(desk.settled[0].redone);
    assert_eq!(desk.settled[0].by, "Ana");
    let again = till.app.retry_change(op_id).unwrap_err();
    assert_eq!(again.code, "change_not_stuck");
}

#[test]
fn money_is_put_aside_by_the_owner_alone_and_can_be_taken_up_again() {
    let (till, op_id) = stuck();
    let refused = till.app.put_change_aside(op_id).unwrap_err();
    assert_eq!(refused.code, "role_not_allowed");
    till.app.act_as(None).unwrap();
    let desk = till.app.put_change_aside(op_id).unwrap();
    assert_eq!((desk.stuck.len(), desk.settled.len()), (0, 1));
    let desk = till.app.take_change_up(op_id).unwrap();
    assert_eq!((desk.stuck.len(), desk.settled.len()), (1, 0));
}

#[test]
fn changes_are_written_for_a_person_and_for_a_program() {
    let (till, op_id) = stuck();
    let one = till.app.export_changes(Some(op_id)).unwrap();
    let words = std::fs::read_to_string(&one.path).unwrap();
    assert!(
        words.contains("Café americano") && words.contains("15.30"),
        "{words}"
    );
    let data: Value =
        serde_json::from_str(&std::fs::read_to_string(&one.data_path).unwrap()).unwrap();
    assert_eq!(data["operations"][0]["op_id"], json!(op_id));
    assert_eq!(data["operations"][0]["content"]["number"], 1);
    let none = till.app.export_changes(Some(till.shop.id())).unwrap_err();
    assert_eq!(none.code, "change_not_found");
}

#[test]
fn a_till_with_nothing_unsent_has_nothing_to_write() {
    let till = Till::new();
    answer(&till, |_| OpFate::Applied);
    till.app.act_as(None).unwrap();
    let none = till.app.export_changes(None).unwrap_err();
    assert_eq!(none.code, "nothing_to_export");
}

/// A product's name that was set here and elsewhere.
fn clash() -> (Till, String) {
    let till = Till::new();
    answer(&till, |_| OpFate::Applied);
    let (id, product) = &till.shop.products[0];
    let row = |name: &str| {
        let mut fields = counterfoil_domain::entity::fields_of(product).unwrap();
        fields.insert("name".to_owned(), json!(name));
        ConfirmedRow::Entity(EntityRow {
            kind: EntityKind::Product,
            id: id.0,
            fields,
            deleted: false,
        })
    };
    let change = |seq, name| Confirmed {
        seq,
        op_id: None,
        own: false,
        fate: OpFate::Applied,
        rows: vec![row(name)],
    };
    let before = vec![change(1, "Café americano")];
    till.store
        .apply_changes(EPOCH, Hlc::default(), before)
        .unwrap();
    let mine = edit(EntityKind::Product, id.0, "name", json!("Mío"));
    till.store.transact(mine, Some(till.shop.owner)).unwrap();
    till.store
        .apply_changes(EPOCH, Hlc::default(), vec![change(2, "Suyo")])
        .unwrap();
    till.app.act_as(Some("Ana")).unwrap();
    let id = id.to_string();
    (till, id)
}

fn shown(till: &Till, id: &str) -> String {
    let catalogue = till.app.catalogue().unwrap();
    let product = catalogue
        .products
        .into_iter()
        .find(|p| p.product_id.to_string() == id);
    product.unwrap().name
}

#[test]
fn both_sides_of_a_field_are_shown_and_one_is_chosen() {
    let (till, id) = clash();
    let desk = till.app.sync_desk().unwrap();
    let text = |text: &str| FieldValue::Text {
        text: text.to_owned(),
    };
    assert_eq!(desk.clashes.len(), 1);
    assert_eq!(desk.status.conflicts, 1);
    assert_eq!(
        (&desk.clashes[0].mine, &desk.clashes[0].theirs),
        (&text("Mío"), &text("Suyo"))
    );
    assert_eq!(desk.clashes[0].stands, Some(Side::Mine));
    let choose = |side, decided| {
        till.app
            .choose_side(EntityKind::Product, &id, "name", side, decided)
            .unwrap()
    };
    let desk = choose(Side::Theirs, true);
    assert!(desk.clashes.is_empty());
    assert_eq!(shown(&till, &id), "Suyo");
    // Taken back: open again, and as it was.
    let desk = choose(Side::Mine, false);
    assert_eq!(
        (desk.clashes.len(), shown(&till, &id)),
        (1, "Mío".to_owned())
    );
}

#[test]
fn unpairing_keeps_what_waits_and_writes_it_to_a_file() {
    let keyring = Arc::new(MemoryKeyring::default());
    let till = Till::new();
    till.store
        .set_identity(
            till.shop.tenant_id,
            till.shop.device_id,
            "T1",
            Some("http://127.0.0.1:9"),
        )
        .unwrap();
    let account = till.shop.device_id.to_string();
    let blob = json!({ "device_token": "cfd_secret", "device_seed": "AAAA".repeat(10) + "AAA=" });
    keyring
        .0
        .lock()
        .unwrap()
        .insert(account.clone(), blob.to_string());
    let mut app = open(till.folder.path(), &ManualClock::start(), keyring.clone());
    app.act_as(Some("Ana")).unwrap();
    assert_eq!(app.unpair().unwrap_err().code, "role_not_allowed");
    app.act_as(None).unwrap();
    let before = app.unsent().unwrap().changes;
    assert!(before > 0);
    let unpaired = app.unpair().unwrap();
    let export = unpaired.export.unwrap();
    assert_eq!(export.changes, before);
    assert!(std::path::Path::new(&export.path).exists());
    assert!(!unpaired.boot.shop.unwrap().paired);
    assert!(!keyring.0.lock().unwrap()[&account].contains("cfd_secret"));
    assert_eq!(app.unpair().unwrap_err().code, "not_paired");
    // Nothing waits any less, also after a restart.
    drop(app);
    app = open(till.folder.path(), &ManualClock::start(), keyring);
    assert_eq!(app.unsent().unwrap().changes, before);
    assert!(!app.boot().unwrap().shop.unwrap().paired);
}

#[test]
fn the_file_for_support_says_what_is_stuck_and_nothing_about_people() {
    let (till, op_id) = stuck();
    let path = till.folder.path().join("support.tgz");
    till.app.write_bundle(&path).unwrap();
    let text = unpacked(&path);
    assert!(text.contains(&op_id.to_string()) && text.contains("sale_completed"));
    assert!(text.contains("invalid type: string ~ expected ~"));
    for personal in [
        "María",
        "Ana",
        "Café Prueba",
        "Café americano",
        "15.30",
        "1530",
    ] {
        assert!(!text.contains(personal), "{personal}");
    }
}

fn unpacked(path: &std::path::Path) -> String {
    use std::io::Read as _;
    let file = std::fs::File::open(path).unwrap();
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(file));
    let mut text = String::new();
    for entry in archive.entries().unwrap() {
        entry.unwrap().read_to_string(&mut text).unwrap();
    }
    text
}

#[test]
fn the_file_for_support_of_the_demo_shop_names_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let app = open(
        folder.path(),
        &ManualClock::start(),
        Arc::new(MemoryKeyring::default()),
    );
    app.load_demo().unwrap();
    app.act_as(None).unwrap();
    let path = folder.path().join("support.tgz");
    app.write_bundle(&path).unwrap();
    let text = unpacked(&path).to_lowercase();
    let mut personal: Vec<String> = Vec::new();
    for customer in app.customers("", 5000).unwrap() {
        personal.extend([customer.name, customer.phone.replace(' ', "")]);
        personal.push(customer.phone);
    }
    for merchant in app.merchants().unwrap() {
        personal.push(merchant.name);
    }
    personal.push("café lima".to_owned());
    assert!(personal.len() > 200, "{}", personal.len());
    let found: Vec<&String> = personal
        .iter()
        .filter(|word| !word.is_empty() && text.contains(&word.to_lowercase()))
        .collect();
    assert!(found.is_empty(), "{found:?}");
    // Also no first name of the people who work there, as a word.
    for person in app.boot().unwrap().staff {
        let name = person.name.to_lowercase();
        assert!(
            !text
                .split(|c: char| !c.is_alphanumeric())
                .any(|word| word == name),
            "{name}"
        );
    }
}
