//! An image on its way, and what must not take the database's place.

use std::io::Write as _;

use counterfoil_store::Packed;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::common::Till;

const ID: Uuid = Uuid::from_u128(7);

fn gzip(plain: &[u8]) -> (Vec<u8>, Packed) {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(plain).unwrap();
    let packed = encoder.finish().unwrap();
    let sha256 = Sha256::digest(&packed)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let said = Packed {
        bytes: packed.len() as u64,
        sha256,
        unpacked_bytes: plain.len() as u64,
    };
    (packed, said)
}

/// The files beside the database that an image leaves.
fn left(till: &Till) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(till.folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains(".image"))
        .collect();
    names.sort();
    names
}

#[test]
fn a_part_is_gone_on_with_after_a_restart() {
    let till = Till::empty();
    let (packed, said) = gzip(&[7; 100_000]);
    let (first, rest) = packed.split_at(20);
    let mut part = till.store.open_image_part(ID).unwrap();
    part.append(first).unwrap();
    drop(part);
    let till = till.reopened();
    assert_eq!(till.store.image_begun().unwrap(), Some(ID));
    let mut part = till.store.open_image_part(ID).unwrap();
    assert_eq!(part.bytes(), 20);
    part.append(rest).unwrap();
    let mut told = 0;
    part.unpack(&said, |bytes| told = bytes).unwrap();
    assert_eq!(told, 100_000);
}

#[test]
fn the_part_of_another_image_goes() {
    let till = Till::empty();
    till.store
        .open_image_part(ID)
        .unwrap()
        .append(b"old")
        .unwrap();
    let part = till.store.open_image_part(Uuid::from_u128(8)).unwrap();
    assert_eq!((part.bytes(), left(&till).len()), (0, 1));
}

#[test]
fn a_damaged_image_is_thrown_away() {
    let till = Till::empty();
    let (mut packed, said) = gzip(&[7; 100_000]);
    let middle = packed.len() / 2;
    packed[middle] ^= 1;
    let mut part = till.store.open_image_part(ID).unwrap();
    part.append(&packed).unwrap();
    let error = part.unpack(&said, |_| ()).unwrap_err();
    assert_eq!(error.code(), "image_damaged");
    assert_eq!(left(&till), Vec::<String>::new());
}

#[test]
fn an_image_never_takes_more_room_than_was_said() {
    let till = Till::empty();
    let (packed, mut said) = gzip(&vec![0; 3_000_000]);
    said.unpacked_bytes = 10_000;
    let mut part = till.store.open_image_part(ID).unwrap();
    part.append(&packed).unwrap();
    let mut most = 0;
    let error = part.unpack(&said, |bytes| most = bytes).unwrap_err();
    assert_eq!((error.code(), most), ("image_damaged", 10_001));
}

#[test]
fn a_newer_programs_image_asks_for_an_update_and_changes_nothing() {
    let (till, _hub) = Till::in_step();
    let before = till.store.checksum().unwrap();
    let newer = till.snapshot();
    rusqlite::Connection::open(&newer)
        .unwrap()
        .pragma_update(None, "user_version", 99)
        .unwrap();
    std::fs::rename(&newer, format!("{}.image", till.path.display())).unwrap();
    let error = till.store.install_image().unwrap_err();
    assert_eq!(error.code(), "upgrade_required");
    assert_eq!(till.store.checksum().unwrap(), before);
    assert_eq!(left(&till), Vec::<String>::new());
}

#[test]
fn what_is_no_database_changes_nothing() {
    let (till, _hub) = Till::in_step();
    let before = till.store.checksum().unwrap();
    std::fs::write(format!("{}.image", till.path.display()), [7; 9000]).unwrap();
    assert_eq!(
        till.store.install_image().unwrap_err().code(),
        "database_damaged"
    );
    assert_eq!(till.store.checksum().unwrap(), before);
    till.store.transact(till.shop.deliver(0, 1), None).unwrap();
}

#[test]
fn an_image_that_is_older_than_the_till_is_refused_and_selling_goes_on() {
    let (till, mut hub) = Till::in_step();
    let older = till.snapshot();
    rusqlite::Connection::open(&older)
        .unwrap()
        .execute(
            "INSERT INTO meta (key, value) VALUES ('image_lives', '[]')",
            [],
        )
        .unwrap();
    till.store.transact(till.shop.deliver(0, 1), None).unwrap();
    hub.sync(&till);
    let before = till.store.checksum().unwrap();
    std::fs::rename(&older, format!("{}.image", till.path.display())).unwrap();
    assert_eq!(
        till.store.install_image().unwrap_err().code(),
        "image_refused"
    );
    assert_eq!(till.store.checksum().unwrap(), before);
    till.store.transact(till.shop.deliver(0, 1), None).unwrap();
}
