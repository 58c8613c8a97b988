//! A camera whose pictures come from a folder.

use std::sync::mpsc;
use std::time::Duration;

use counterfoil_app::view::{CameraEventView, CardFormat, ScanOutcome};

use crate::till::{Till, cash};

const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn a_card_before_the_camera_is_stamped_and_previewed() {
    let folder = tempfile::tempdir().unwrap();
    let till = Till::with_camera(Some(format!("file:{}", folder.path().display())));
    let maria = till.enrol("María", "987654321");
    let saved = till.app.save_card(maria, CardFormat::Png).unwrap();
    std::fs::copy(saved.path, folder.path().join("1.png")).unwrap();
    let (tell, hear) = mpsc::channel();
    till.app
        .camera_start(Box::new(move |event| {
            let _ = tell.send(event);
        }))
        .unwrap();
    let mut scanned = None;
    while scanned.is_none() {
        match hear.recv_timeout(PATIENCE).unwrap() {
            CameraEventView::Scan { outcome, outline } => scanned = Some((outcome, outline)),
            CameraEventView::Opened { has_lamp: false } => {}
            other => panic!("{other:?}"),
        }
    }
    let picture = till.app.camera_picture(0, 0).unwrap();
    assert!(picture.is_some_and(|bytes| !bytes.is_empty()));
    till.app.camera_stop().unwrap();
    let (outcome, outline) = scanned.unwrap();
    assert!(
        matches!(outcome, ScanOutcome::Customer { customer, .. } if customer.customer_id == maria)
    );
    assert!(outline.is_some_and(|corners| corners.len() == 8));
    assert_eq!(till.app.customer(maria).unwrap().tile.card.count, 1);
}

#[test]
fn a_camera_that_is_not_there_says_so_and_the_till_goes_on() {
    let till = Till::with_camera(Some("file:/nowhere".to_owned()));
    let (tell, hear) = mpsc::channel();
    till.app
        .camera_start(Box::new(move |event| {
            let _ = tell.send(event);
        }))
        .unwrap();
    let CameraEventView::Failed { failure, .. } = hear.recv_timeout(PATIENCE).unwrap() else {
        panic!("no failure");
    };
    assert_eq!(failure.code, "camera_failed");
    till.add(crate::till::COFFEE, 1);
    till.app.complete_sale(vec![cash(850)]).unwrap();
}
