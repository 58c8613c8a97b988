//! What a code does, whoever read it.

use counterfoil_app::domain::{Clock as _, CustomerId, EntityKind, Quantity, TenantId};
use counterfoil_app::view::{CardFormat, ScanOutcome, ScanVia, StampOutcome};
use counterfoil_protocol::card::{Card, issue, issue_passing};
use counterfoil_testkit::edit;
use ed25519_dalek::SigningKey;
use image::{GrayImage, ImageFormat, Luma};

use crate::till::{COFFEE, COFFEE_EAN, Till, cash, code, refused, soles};

#[test]
fn a_forged_card_is_refused_and_nothing_is_stamped() {
    let till = Till::open();
    let maria = till.enrol("María", "987654321");
    let (key_id, _) = till.card_secret();
    let card = Card {
        key_id,
        tenant_id: till.shop.tenant_id,
        customer_id: maria,
    };
    let forged = issue(&card, &SigningKey::from_bytes(&[9; 32]));
    assert_eq!(refused(till.scan(&forged)).code, "card_forged");
    assert_eq!(till.app.customer(maria).unwrap().tile.card.count, 0);
}

#[test]
fn another_shops_card_is_foreign() {
    let till = Till::open();
    let card = till.card_of(
        TenantId::from_parts(1, [3; 10]),
        CustomerId::from_parts(1, [4; 10]),
    );
    assert_eq!(refused(till.scan(&card)).code, "card_foreign");
}

#[test]
fn a_card_under_a_key_the_shop_does_not_have_is_refused() {
    let till = Till::open();
    let maria = till.enrol("María", "987654321");
    let (key_id, key) = till.card_secret();
    let card = Card {
        key_id: key_id ^ 1,
        tenant_id: till.shop.tenant_id,
        customer_id: maria,
    };
    assert_eq!(
        refused(till.scan(&issue(&card, &key))).code,
        "card_unknown_key"
    );
}

#[test]
fn a_damaged_card_is_refused_as_damaged() {
    let till = Till::open();
    let maria = till.enrol("María", "987654321");
    let card = till.card(maria);
    assert_eq!(refused(till.scan(&card[..60])).code, "card_malformed");
}

#[test]
fn a_genuine_card_of_somebody_not_synced_yet_says_so() {
    let till = Till::open();
    let stranger = CustomerId::from_parts(1, [5; 10]);
    let failure = refused(till.scan(&till.card(stranger)));
    assert_eq!(
        (failure.code.as_str(), failure.retry),
        ("customer_not_found", true)
    );
}

#[test]
fn a_product_scanned_twice_counts_two() {
    let till = Till::open();
    let ScanOutcome::Product { line_id, name, .. } = till.scan(COFFEE_EAN) else {
        panic!("not a product");
    };
    let ScanOutcome::Product {
        line_id: again,
        cart,
        ..
    } = till.scan(COFFEE_EAN)
    else {
        panic!("not a product");
    };
    assert_eq!((line_id, name.as_str()), (again, "Café americano"));
    assert_eq!(cart.lines.len(), 1);
    assert_eq!(cart.lines[0].quantity, Quantity::pieces(2));
}

#[test]
fn a_product_is_found_by_its_sku_in_any_case() {
    let till = Till::open();
    assert!(
        matches!(till.scan("tor"), ScanOutcome::Product { name, .. } if name == "Torta de lúcuma")
    );
}

#[test]
fn a_upc_a_and_its_ean_13_are_one_product() {
    let till = Till::open();
    till.edit_product(COFFEE, "barcode", "0036000291452");
    assert!(matches!(
        till.scan("036000291452"),
        ScanOutcome::Product { .. }
    ));
    till.edit_product(COFFEE, "barcode", "036000291452");
    assert!(matches!(
        till.scan("0036000291452"),
        ScanOutcome::Product { .. }
    ));
}

#[test]
fn an_unknown_barcode_is_told_from_other_text() {
    let till = Till::open();
    assert!(matches!(
        till.scan("4006381333931"),
        ScanOutcome::Unknown { barcode: true, .. }
    ));
    assert!(matches!(
        till.scan("hola"),
        ScanOutcome::Unknown { barcode: false, .. }
    ));
}

#[test]
fn an_empty_code_is_no_product_without_a_barcode() {
    let till = Till::open();
    assert!(matches!(till.scan("  "), ScanOutcome::Unknown { .. }));
    assert!(till.app.cart().unwrap().lines.is_empty());
}

#[test]
fn a_product_without_a_price_asks_for_one() {
    let till = Till::open();
    till.edit_product(COFFEE, "price", serde_json::Value::Null);
    assert_eq!(refused(till.scan(COFFEE_EAN)).code, "price_missing");
}

#[test]
fn a_product_without_a_price_is_sold_at_the_one_typed_in() {
    let till = Till::open();
    till.edit_product(COFFEE, "price", serde_json::Value::Null);
    let product = refused(till.scan(COFFEE_EAN)).params["product_id"]
        .parse()
        .unwrap();
    let cart = till.app.cart_add_priced(product, soles(720)).unwrap();
    assert_eq!(
        (cart.total, cart.lines[0].product_id),
        (soles(720), Some(product))
    );
}

#[test]
fn a_price_typed_in_never_replaces_a_products_own() {
    let till = Till::open();
    let product = till.add(COFFEE, 1).lines[0].product_id.unwrap();
    let cart = till.app.cart_add_priced(product, soles(100)).unwrap();
    assert_eq!(cart.total, soles(1700));
}

#[test]
fn a_receipts_number_opens_its_sale() {
    let till = Till::open();
    till.add(COFFEE, 1);
    let sale = till.app.complete_sale(vec![cash(850)]).unwrap();
    let scanned = till.scan("T1-000001");
    assert_eq!(
        scanned,
        ScanOutcome::Sale {
            sale_id: sale.tile.sale_id
        }
    );
}

#[test]
fn a_merchants_code_opens_the_merchant_if_there_is_one() {
    let till = Till::open();
    let merchant_id = till.shop.merchant;
    let scanned = till.scan(&format!("counterfoil:merchant:{merchant_id}"));
    assert_eq!(scanned, ScanOutcome::Merchant { merchant_id });
    let nobody = format!("counterfoil:merchant:{}", till.shop.cashier);
    assert!(matches!(till.scan(&nobody), ScanOutcome::Unknown { .. }));
}

#[test]
fn a_pairing_code_needs_nobody_signed_in() {
    let till = Till::open();
    till.app.lock().unwrap();
    let code = "counterfoil:pair?hub=https://hub.example&code=ABCDE12345";
    assert!(
        matches!(till.scan(code), ScanOutcome::Pairing { hub, .. } if hub == "https://hub.example")
    );
    let product = till.app.scan_text(COFFEE_EAN, ScanVia::Typed);
    assert_eq!(product.unwrap_err().code, "not_signed_in");
}

#[test]
fn the_saved_picture_of_a_card_is_read_back() {
    let till = Till::open();
    let maria = till.enrol("María Ñahui", "987654321");
    let saved = till.app.save_card(maria, CardFormat::Png).unwrap();
    let bytes = std::fs::read(saved.path).unwrap();
    let ScanOutcome::Customer { customer, .. } = till.app.scan_picture(&bytes).unwrap() else {
        panic!("not a customer");
    };
    assert_eq!(customer.customer_id, maria);
}

fn white(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let picture = GrayImage::from_pixel(width, height, Luma([255]));
    picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

#[test]
fn a_picture_without_a_code_says_so() {
    let till = Till::open();
    assert_eq!(
        code(till.app.scan_picture(&white(320, 240))),
        "no_code_in_picture"
    );
}

#[test]
fn something_that_is_no_picture_says_so() {
    let till = Till::open();
    assert_eq!(code(till.app.scan_picture(b"hola")), "not_a_picture");
    let whole = white(320, 240);
    assert_eq!(code(till.app.scan_picture(&whole[..40])), "not_a_picture");
}

#[test]
fn a_picture_of_20_megapixels_is_looked_through() {
    let till = Till::open();
    assert_eq!(
        code(till.app.scan_picture(&white(5000, 4000))),
        "no_code_in_picture"
    );
}

#[test]
fn a_picture_beyond_reason_is_refused_by_its_size() {
    let till = Till::open();
    assert_eq!(
        code(till.app.scan_picture(&white(20_000, 4000))),
        "picture_too_large"
    );
}

/// The code of the card that the till hands out now, read from its picture.
fn handed_out(till: &Till, customer_id: CustomerId) -> Vec<u8> {
    let saved = till.app.save_card(customer_id, CardFormat::Png).unwrap();
    std::fs::read(saved.path).unwrap()
}

#[test]
fn a_lost_card_is_refused_and_the_new_one_is_stamped() {
    let till = Till::open();
    let maria = till.enrol("María", "987654321");
    let first = handed_out(&till, maria);
    assert_eq!(till.app.card_lost(maria).unwrap().cards_lost, 1);
    let found = refused(till.app.scan_picture(&first).unwrap());
    assert_eq!(found.code, "card_lost");
    assert_eq!(stamps(&till, maria), 0);
    assert_eq!(till.app.cart().unwrap().customer, None);
    let second = handed_out(&till, maria);
    let outcome = till.app.scan_picture(&second).unwrap();
    assert!(
        matches!(
            &outcome,
            ScanOutcome::Customer {
                stamp: StampOutcome::Given { .. },
                ..
            }
        ),
        "{outcome:?}"
    );
}

#[test]
fn stamps_and_rewards_stay_when_a_card_is_lost() {
    let till = Till::open();
    let maria = till.enrol("María", "987654321");
    till.stamp_times(maria, 3);
    till.app.card_lost(maria).unwrap();
    assert_eq!(stamps(&till, maria), 3);
    till.stamp_times(maria, 1);
    assert_eq!(stamps(&till, maria), 4);
}

#[test]
fn a_lost_card_stays_lost_after_a_restart() {
    let till = Till::open();
    let maria = till.enrol("María", "987654321");
    let lost = till.card(maria);
    till.app.card_lost(maria).unwrap();
    let till = till.restart();
    assert_eq!(refused(till.scan(&lost)).code, "card_lost");
}

#[test]
fn one_lost_card_leaves_everybody_elses_alone() {
    let till = Till::open();
    let maria = till.enrol("María", "987654321");
    let rosa = till.enrol("Rosa", "987654322");
    till.app.card_lost(maria).unwrap();
    let outcome = till.scan(&till.card(rosa));
    assert!(
        matches!(outcome, ScanOutcome::Customer { .. }),
        "{outcome:?}"
    );
}

#[test]
fn a_code_on_a_phone_is_good_whatever_card_was_lost() {
    let till = Till::open();
    let maria = till.enrol("María", "987654321");
    till.app.card_lost(maria).unwrap();
    let outcome = till.scan(&passing(&till, maria));
    assert!(
        matches!(outcome, ScanOutcome::Customer { .. }),
        "{outcome:?}"
    );
}

#[test]
fn a_card_of_nobody_cannot_be_lost() {
    let till = Till::open();
    let nobody = CustomerId(uuid::Uuid::from_u128(7));
    assert_eq!(code(till.app.card_lost(nobody)), "customer_not_found");
}

/// What a customer's phone shows now.
fn passing(till: &Till, customer_id: CustomerId) -> String {
    let (key_id, key) = till.card_secret();
    let card = Card {
        key_id,
        tenant_id: till.shop.tenant_id,
        customer_id,
    };
    issue_passing(&card, till.clock.now(), &key)
}

fn stamps(till: &Till, customer_id: CustomerId) -> u32 {
    till.app.customer(customer_id).unwrap().tile.card.count
}

#[test]
fn a_code_on_a_phone_is_stamped_like_a_card() {
    let till = Till::open();
    let maria = till.enrol("María", "987654321");
    let outcome = till.scan(&passing(&till, maria));
    assert!(
        matches!(
            &outcome,
            ScanOutcome::Customer {
                stamp: StampOutcome::Given { .. },
                ..
            }
        ),
        "{outcome:?}"
    );
    assert_eq!(stamps(&till, maria), 1);
}

#[test]
fn a_picture_of_a_code_on_a_phone_is_worth_nothing_later() {
    let till = Till::open();
    let maria = till.enrol("María", "987654321");
    let code = passing(&till, maria);
    till.clock.advance_ms(90_000);
    assert_eq!(refused(till.scan(&code)).code, "card_expired");
    assert_eq!(stamps(&till, maria), 0);
}

#[test]
fn a_code_shown_again_while_it_lives_gives_no_second_stamp_even_without_a_pause() {
    let till = Till::open();
    let maria = till.enrol("María", "987654321");
    let op = edit(
        EntityKind::Shop,
        till.shop.tenant_id.0,
        "stamp_cooldown_s",
        0.into(),
    );
    till.store().transact(op, None).unwrap();
    till.app.act_as(Some("Ana")).unwrap();
    let code = passing(&till, maria);
    // From the earliest moment at which it is accepted to the last, second by second.
    till.clock.advance_ms(-30_000);
    for second in 0..120 {
        let outcome = till.scan(&code);
        assert!(
            matches!(outcome, ScanOutcome::Customer { .. }),
            "{second} s: {outcome:?}"
        );
        till.clock.advance_ms(1_000);
    }
    assert_eq!(refused(till.scan(&code)).code, "card_expired");
    assert_eq!(stamps(&till, maria), 1);
}

#[test]
fn an_owner_changes_the_key_and_cards_of_the_one_before_stay_good() {
    let till = Till::open();
    let maria = till.enrol("María", "987654321");
    let (old, before) = (till.card(maria), till.card_secret().0);
    assert_eq!(code(till.app.rotate_card_key()), "role_not_allowed");
    till.app.act_as(Some("Luis")).unwrap();
    let keys = till.app.rotate_card_key().unwrap();
    assert_eq!(keys.iter().filter(|key| key.signs).count(), 1);
    assert!(
        keys.iter()
            .all(|key| !key.revoked && key.signs == (key.key_id != before))
    );
    assert_ne!(till.card(maria), old);
    for card in [old, till.card(maria)] {
        let outcome = till.scan(&card);
        assert!(
            matches!(outcome, ScanOutcome::Customer { .. }),
            "{outcome:?}"
        );
    }
}

#[test]
fn cards_of_a_revoked_key_are_refused_in_their_own_words_and_new_ones_are_good() {
    let till = Till::open();
    let maria = till.enrol("María", "987654321");
    let (old, before) = (till.card(maria), till.card_secret().0);
    assert_eq!(code(till.app.revoke_card_key(before)), "role_not_allowed");
    till.app.act_as(Some("Luis")).unwrap();
    assert_eq!(
        code(till.app.revoke_card_key(before ^ 1)),
        "card_key_not_found"
    );
    let keys = till.app.revoke_card_key(before).unwrap();
    assert!(keys.iter().all(|key| key.revoked == (key.key_id == before)));
    assert_eq!(refused(till.scan(&old)).code, "card_revoked_key");
    assert_eq!(stamps(&till, maria), 0);
    // The till signs with another key at once.
    let outcome = till.scan(&till.card(maria));
    assert!(
        matches!(outcome, ScanOutcome::Customer { .. }),
        "{outcome:?}"
    );
}
