//! Checksums that follow what the hub confirms.

use counterfoil_domain::EntityKind;
use counterfoil_domain::table::Table;
use counterfoil_store::StoreError;
use counterfoil_testkit::edit;
use serde_json::json;

use crate::common::Till;

fn in_line(till: &Till) {
    let (_, kept) = till.store.sums().unwrap();
    assert_eq!(kept, Some(till.store.count_rows().unwrap().sums));
}

#[test]
fn the_sums_follow_the_rows_that_the_hub_confirms() {
    let (till, mut hub) = Till::in_step();
    in_line(&till);
    let (customer, enrolled) = till.shop.enrol("Ana", "+51987654321");
    till.store.transact(enrolled, None).unwrap();
    till.store
        .transact(till.shop.stamp(customer), None)
        .unwrap();
    in_line(&till);
    hub.sync(&till);
    in_line(&till);
    hub.set(EntityKind::Customer, customer.0, "name", json!("Ana María"));
    hub.pull(&till);
    in_line(&till);
}

#[test]
fn pending_work_is_no_difference() {
    let (till, mut hub) = Till::in_step();
    let other = Till::of(till.shop.other_till("T2"), 3);
    hub.pull(&other);
    let product = till.shop.products[0].0;
    till.store
        .transact(
            edit(EntityKind::Product, product.0, "name", json!("Other")),
            None,
        )
        .unwrap();
    till.store.transact(till.shop.deliver(0, 5), None).unwrap();
    assert_eq!(till.store.sums().unwrap(), other.store.sums().unwrap());
    hub.sync(&till);
    let (here, there) = (till.store.sums().unwrap(), other.store.sums().unwrap());
    let differences = here.1.unwrap().differences(&there.1.unwrap());
    assert_eq!(differences, [Table::Entity, Table::Stock]);
}

#[test]
fn a_row_that_changed_behind_the_programs_back_is_found_by_counting() {
    let (till, _hub) = Till::in_step();
    let before = till.store.count_rows().unwrap();
    till.store
        .write::<_, counterfoil_store::StoreError>(|tx| {
            tx.conn().execute(
                "UPDATE entity_base SET body = json_set(body, '$.name', 'Bent') WHERE kind = 'staff'",
                [],
            )?;
            Ok(())
        })
        .unwrap();
    let after = till.store.count_rows().unwrap();
    assert_eq!(before.sums.differences(&after.sums), [Table::Entity]);
    assert_eq!(till.store.sums().unwrap().1, Some(before.sums));
}

#[test]
fn a_database_without_sums_counts_them_once() {
    let (till, mut hub) = Till::in_step();
    till.store
        .write::<_, counterfoil_store::StoreError>(|tx| {
            tx.conn()
                .execute("DELETE FROM meta WHERE key = 'sums'", [])?;
            Ok(())
        })
        .unwrap();
    till.store.transact(till.shop.deliver(0, 5), None).unwrap();
    hub.sync(&till);
    assert_eq!(till.store.sums().unwrap().1, None);
    let count = till.store.count_rows().unwrap();
    till.store.adopt_sums(&count).unwrap();
    in_line(&till);
    let late = counterfoil_store::Count {
        sums: counterfoil_domain::table::Sums::default(),
        ..count
    };
    till.store.adopt_sums(&late).unwrap();
    in_line(&till);
}

#[test]
fn a_hub_that_sends_everything_again_has_its_rows_counted_anew() {
    let (till, hub) = Till::in_step();
    let head = hub.changes.len() as u64;
    till.store
        .reset_for_epoch(uuid::Uuid::from_u128(2), head, head)
        .unwrap();
    assert_eq!(till.store.sums().unwrap().1, None);
}

#[test]
fn a_balance_goes_with_its_last_entry() {
    let (till, _hub) = Till::in_step();
    let stamp = till.shop.stamp(till.shop.id());
    till.store.transact(stamp, None).unwrap();
    assert_eq!(till.count("stamp_balance"), 1);
    till.store
        .write::<_, StoreError>(|tx| Ok(tx.conn().execute("DELETE FROM stamp", [])?))
        .unwrap();
    assert_eq!(till.count("stamp_balance"), 0);
}
