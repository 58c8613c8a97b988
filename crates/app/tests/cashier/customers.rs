//! Customers.

use counterfoil_app::domain::CustomerId;
use counterfoil_app::view::EnrolOutcome;

use crate::till::{COFFEE, Till, cash, code};

#[test]
fn enrolling_takes_a_name_and_a_phone() {
    let till = Till::open();
    let EnrolOutcome::Created { customer } =
        till.app.enrol(" María Quispe ", "987 654 321").unwrap()
    else {
        panic!("not created");
    };
    assert_eq!(customer.tile.name, "María Quispe");
    assert_eq!(customer.tile.phone, "+51 987 654 321");
    assert!(customer.card_qr_svg.starts_with("<svg"));
}

#[test]
fn a_phone_that_is_enrolled_opens_that_customer() {
    let till = Till::open();
    let maria = till.enrol("María", "987654321");
    let EnrolOutcome::Existing { customer } = till.app.enrol("Mari", "+51 987-654-321").unwrap()
    else {
        panic!("made anew");
    };
    assert_eq!(
        (customer.tile.customer_id, customer.tile.name.as_str()),
        (maria, "María")
    );
}

#[test]
fn what_is_no_phone_of_the_country_is_refused() {
    let till = Till::open();
    let failure = till.app.enrol("María", "12").unwrap_err();
    assert_eq!(
        (failure.code.as_str(), failure.field.as_deref()),
        ("phone_invalid", Some("phone"))
    );
    assert_eq!(code(till.app.enrol("  ", "987654321")), "name_missing");
}

#[test]
fn people_are_found_by_any_part_of_name_or_phone() {
    let till = Till::open();
    let maria = till.enrol("María Ñahui Quispe", "987654321");
    till.enrol("José Flores", "912345678");
    let found = |query: &str| -> Vec<CustomerId> {
        till.app
            .customers(query, 10)
            .unwrap()
            .into_iter()
            .map(|c| c.customer_id)
            .collect()
    };
    for query in [
        "maria",
        "QUISPE",
        "nahui",
        "quispe mar",
        "654 3",
        "+51 987",
        "987654321",
    ] {
        assert_eq!(found(query), [maria], "{query}");
    }
    assert!(found("rosa").is_empty());
    assert_eq!(found("").len(), 2);
}

#[test]
fn those_seen_last_come_first() {
    let till = Till::open();
    let maria = till.enrol("María", "987654321");
    till.clock.advance_ms(1000);
    let jose = till.enrol("José", "912345678");
    till.clock.advance_ms(1000);
    till.app.cart_set_customer(Some(maria)).unwrap();
    till.add(COFFEE, 1);
    till.app.complete_sale(vec![cash(850)]).unwrap();
    let listed: Vec<CustomerId> = till
        .app
        .customers("", 10)
        .unwrap()
        .into_iter()
        .map(|c| c.customer_id)
        .collect();
    assert_eq!(listed, [maria, jose]);
}

#[test]
fn only_what_changed_is_written() {
    let till = Till::open();
    let maria = till.enrol("María", "987654321");
    let before = till.waiting();
    till.app
        .edit_customer(maria, "María", "987654321", "")
        .unwrap();
    assert_eq!(till.waiting(), before);
    let view = till
        .app
        .edit_customer(maria, "María Q.", "987654321", "Sin azúcar")
        .unwrap();
    assert_eq!(
        (view.tile.name.as_str(), view.note.as_str()),
        ("María Q.", "Sin azúcar")
    );
    assert_eq!(till.waiting(), before + 1);
}

#[test]
fn nobody_takes_anothers_phone() {
    let till = Till::open();
    till.enrol("María", "987654321");
    let jose = till.enrol("José", "912345678");
    assert_eq!(
        code(till.app.edit_customer(jose, "José", "987654321", "")),
        "phone_exists"
    );
}

#[test]
fn a_stranger_has_no_page() {
    let till = Till::open();
    assert_eq!(
        code(till.app.customer(CustomerId::from_parts(1, [1; 10]))),
        "customer_not_found"
    );
}

#[test]
fn the_cards_of_some_customers_are_one_file_to_print() {
    let till = Till::open();
    let (ana, bea) = (
        till.enrol("Ana", "987654321"),
        till.enrol("Bea", "987654322"),
    );
    let saved = till.app.save_card_sheet(&[ana, bea]).unwrap();
    let pdf = std::fs::read(&saved.path).unwrap();
    let has = |text: &[u8]| pdf.windows(text.len()).any(|part| part == text);
    assert!(pdf.starts_with(b"%PDF-") && has(b"(Ana)") && has(b"(Bea)"));
    // The next one does not take its place.
    assert_ne!(till.app.save_card_sheet(&[ana]).unwrap().path, saved.path);
}

#[test]
fn a_sheet_without_customers_is_refused_in_words() {
    let till = Till::open();
    assert_eq!(code(till.app.save_card_sheet(&[])), "cards_none");
    let many = vec![till.enrol("Ana", "987654321"); 501];
    assert_eq!(code(till.app.save_card_sheet(&many)), "cards_too_many");
}
