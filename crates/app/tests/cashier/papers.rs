//! What is saved for people.

use counterfoil_app::view::CardFormat;

use crate::till::{COFFEE, Till, cash};

#[test]
fn the_receipts_text_tells_the_sales_amounts() {
    let till = Till::open();
    till.add(COFFEE, 2);
    let sale = till.app.complete_sale(vec![cash(2000)]).unwrap();
    let text = sale.receipt_text.join("\n");
    for part in [
        "T1-000001",
        "2 x S/ 8.50",
        "S/ 17.00",
        "S/ 3.00",
        "IGV 18 %",
    ] {
        assert!(text.contains(part), "{part} is missing in:\n{text}");
    }
    assert!(
        sale.receipt_text
            .iter()
            .all(|line| line.chars().count() <= 42)
    );
    assert!(sale.receipt_qr_svg.starts_with("<svg"));
}

#[test]
fn receipts_cards_and_the_poster_become_files() {
    let till = Till::open();
    let maria = till.enrol("María Ñahui / Quispe", "987654321");
    till.add(COFFEE, 1);
    let sale = till.app.complete_sale(vec![cash(850)]).unwrap();
    let begins = |path: String, magic: &[u8]| std::fs::read(path).unwrap().starts_with(magic);
    assert!(begins(
        till.app.save_receipt_pdf(sale.tile.sale_id).unwrap().path,
        b"%PDF-"
    ));
    assert!(begins(
        till.app.save_card(maria, CardFormat::Pdf).unwrap().path,
        b"%PDF-"
    ));
    assert!(begins(
        till.app.save_card(maria, CardFormat::Png).unwrap().path,
        b"\x89PNG"
    ));
    assert!(begins(till.app.save_poster().unwrap().path, b"%PDF-"));
}

#[test]
fn saving_again_does_not_overwrite() {
    let till = Till::open();
    let first = till.app.save_poster().unwrap().path;
    assert_ne!(till.app.save_poster().unwrap().path, first);
}
