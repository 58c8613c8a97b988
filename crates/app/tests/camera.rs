//! The camera: a card held before it is stamped, and what it says when it fails.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod common;

use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use common::{Till, host};
use counterfoil_app::Counterfoil;
use counterfoil_app::domain::CustomerId;
use counterfoil_app::view::{
    CameraEventView, CardFormat, EnrolOutcome, NewShop, ScanOutcome, StampOutcome,
};

/// Longer than any event takes, so that a test that fails does not hang.
const PATIENCE: Duration = Duration::from_secs(20);

fn start(app: &Counterfoil) -> Receiver<CameraEventView> {
    let (tell, told) = channel();
    app.camera_start(Box::new(move |event| {
        // Whoever dropped the other end no longer listens.
        let _ = tell.send(event);
    }))
    .unwrap();
    told
}

fn next(told: &Receiver<CameraEventView>, wanted: fn(&CameraEventView) -> bool) -> CameraEventView {
    loop {
        let event = told.recv_timeout(PATIENCE).unwrap();
        if wanted(&event) {
            return event;
        }
    }
}

/// The camera's next picture, in the bytes that the window gets.
fn picture(app: &Counterfoil) -> Vec<u8> {
    let since = Instant::now();
    loop {
        if let Some(bytes) = app.camera_picture(0, 0).unwrap() {
            return bytes;
        }
        assert!(since.elapsed() < PATIENCE, "no picture came");
    }
}

fn stopped(event: &CameraEventView) -> bool {
    matches!(event, CameraEventView::Stopped)
}

fn scan(event: &CameraEventView) -> bool {
    matches!(event, CameraEventView::Scan { .. })
}

/// The till opened once more, with a file in the camera's place.
fn with_eye(till: &Till, eye: &Path) -> Counterfoil {
    let mut config = till.config.clone();
    config.camera = Some(format!("file:{}", eye.display()));
    let app = Counterfoil::open(config, host(&till.clock)).unwrap();
    app.act_as(None).unwrap();
    app
}

/// A shop of its own with a customer, whose card is what the camera sees.
fn before_a_card() -> (tempfile::TempDir, Counterfoil, CustomerId) {
    let folder = tempfile::TempDir::new().unwrap();
    let eye = folder.path().join("eye.png");
    let mut config = counterfoil_app::Config::at(&folder.path().join("till"));
    config.camera = Some(format!("file:{}", eye.display()));
    let clock = counterfoil_testkit::ManualClock::start();
    let app = Counterfoil::open(config, host(&clock)).unwrap();
    app.create_shop(NewShop {
        name: "Café Prueba".to_owned(),
        country: "PE".to_owned(),
        currency: "PEN".to_owned(),
        time_zone: "America/Lima".to_owned(),
        owner_name: "Luis".to_owned(),
        owner_pin: "482913".to_owned(),
    })
    .unwrap();
    app.act_as(None).unwrap();
    let EnrolOutcome::Created { customer } = app.enrol("María", "987654321").unwrap() else {
        panic!("a new customer is created");
    };
    let customer_id = customer.tile.customer_id;
    let card = app.save_card(customer_id, CardFormat::Png).unwrap();
    std::fs::copy(card.path, eye).unwrap();
    (folder, app, customer_id)
}

#[test]
fn a_card_before_the_camera_is_stamped() {
    let (_folder, app, customer_id) = before_a_card();
    let told = start(&app);
    let CameraEventView::Scan { outcome, outline } = next(&told, scan) else {
        panic!("a scan was waited for");
    };
    let ScanOutcome::Customer {
        customer, stamp, ..
    } = outcome
    else {
        panic!("the card is a customer's: {outcome:?}");
    };
    assert_eq!(customer.customer_id, customer_id);
    assert!(matches!(stamp, StampOutcome::Given { .. }), "{stamp:?}");
    let corners = outline.unwrap();
    assert_eq!(corners.len(), 8);
    assert!(corners.iter().all(|c| (0.0..=1.0).contains(c)));
    app.camera_stop().unwrap();
}

#[test]
fn a_scan_at_a_locked_till_is_refused_and_the_camera_goes_on() {
    let (_folder, app, _) = before_a_card();
    app.lock().unwrap();
    let told = start(&app);
    let CameraEventView::Scan { outcome, .. } = next(&told, scan) else {
        panic!("a scan was waited for");
    };
    let ScanOutcome::Refused { failure } = outcome else {
        panic!("nobody is signed in: {outcome:?}");
    };
    assert_eq!(failure.code, "not_signed_in");
    picture(&app);
    app.camera_stop().unwrap();
}

#[test]
fn a_picture_that_is_asked_for_comes_with_its_size_and_its_pixels() {
    let (_folder, app, _) = before_a_card();
    let _told = start(&app);
    let bytes = picture(&app);
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    assert_eq!(bytes[0], 1);
    let (width, height) = (word(4), word(8));
    assert!(width > 0 && width <= 640 && height > 0);
    assert_eq!(
        bytes.len(),
        16 + 32 * usize::from(bytes[1]) + width * height
    );
    app.camera_stop().unwrap();
}

#[test]
fn a_picture_tells_where_the_card_lies_in_it() {
    let (_folder, app, _) = before_a_card();
    let told = start(&app);
    next(&told, scan);
    let bytes = picture(&app);
    assert_eq!(bytes[1], 1);
    let corners = bytes[16..48].chunks_exact(4);
    let corners: Vec<f32> = corners
        .map(|four| f32::from_le_bytes(four.try_into().unwrap()))
        .collect();
    assert!(corners.iter().all(|c| (0.0..=1.0).contains(c)));
    assert!(corners[0] < corners[2], "{corners:?}");
    app.camera_stop().unwrap();
}

#[test]
fn a_window_that_asks_late_gets_what_the_camera_sees_now() {
    let (_folder, app, _) = before_a_card();
    let _told = start(&app);
    let number = |bytes: &[u8]| u32::from_le_bytes(bytes[12..16].try_into().unwrap());
    let first = number(&picture(&app));
    // Nobody asks for what the camera sees meanwhile.
    let since = Instant::now();
    let missed = 5 * Duration::from_millis(1000 / 15);
    while since.elapsed() < missed {
        std::thread::yield_now();
    }
    let second = number(&picture(&app));
    assert!(second > first + 1, "{first}, then {second}");
    app.camera_stop().unwrap();
}

#[test]
fn there_are_no_pictures_without_a_camera_and_none_of_one_that_has_a_screen_of_its_own() {
    let (_folder, app, _) = before_a_card();
    assert_eq!(app.camera_picture(0, 0).unwrap(), None);
    app.camera_start_frames(Box::new(|_| ())).unwrap();
    assert_eq!(app.camera_picture(0, 0).unwrap(), None);
    app.camera_stop().unwrap();
}

#[test]
fn whoever_waits_for_a_picture_is_answered_when_the_camera_stops() {
    let till = Till::new();
    // It is waited for without end.
    let app = with_eye(&till, Path::new("/nowhere/eye.png"));
    let told = start(&app);
    next(&told, stopped);
    assert_eq!(app.camera_picture(0, 0).unwrap(), None);
}

#[test]
fn a_camera_that_was_stopped_says_so_and_nothing_more() {
    let (_folder, app, _) = before_a_card();
    let told = start(&app);
    next(&told, scan);
    app.camera_stop().unwrap();
    next(&told, stopped);
    assert!(told.recv_timeout(PATIENCE).is_err());
}

#[test]
fn starting_again_replaces_the_camera_that_runs() {
    let (_folder, app, _) = before_a_card();
    let first = start(&app);
    let second = start(&app);
    next(&first, stopped);
    next(&second, scan);
    app.camera_stop().unwrap();
    next(&second, stopped);
}

#[test]
fn a_camera_starts_again_after_a_stop() {
    let (_folder, app, _) = before_a_card();
    let first = start(&app);
    app.camera_stop().unwrap();
    next(&first, stopped);
    next(&start(&app), scan);
}

#[test]
fn stopping_what_does_not_run_is_fine() {
    let till = Till::new();
    till.app.camera_stop().unwrap();
    till.app.camera_stop().unwrap();
}

#[test]
fn a_camera_file_that_is_not_there_is_a_failure_and_the_till_goes_on() {
    let till = Till::new();
    let app = with_eye(&till, Path::new("/nowhere/eye.png"));
    let told = start(&app);
    let CameraEventView::Failed { failure, waiting } =
        next(&told, |e| matches!(e, CameraEventView::Failed { .. }))
    else {
        panic!("a failure was waited for");
    };
    assert_eq!(failure.code, "camera_failed");
    assert!(!waiting);
    next(&told, stopped);
    assert!(app.cart().unwrap().lines.is_empty());
}

#[test]
fn a_camera_file_is_the_one_camera_to_choose() {
    let till = Till::new();
    let app = with_eye(&till, Path::new("/shop/eye.png"));
    let cameras = app.cameras().unwrap();
    assert_eq!(cameras.len(), 1);
    assert_eq!(cameras[0].name, "eye.png");
}

#[test]
fn an_app_that_is_dropped_lets_go_of_its_camera() {
    let (_folder, app, _) = before_a_card();
    let told = start(&app);
    next(&told, scan);
    drop(app);
    next(&told, stopped);
}

#[test]
fn a_camera_that_vanishes_is_told_and_comes_back_by_itself() {
    let (folder, app, _) = before_a_card();
    let (eye, away) = (
        folder.path().join("eye.png"),
        folder.path().join("away.png"),
    );
    let told = start(&app);
    next(&told, scan);
    std::fs::rename(&eye, &away).unwrap();
    let lost = next(&told, |e| matches!(e, CameraEventView::Failed { .. }));
    let CameraEventView::Failed { failure, waiting } = lost else {
        panic!("a failure was waited for");
    };
    assert_eq!((failure.code.as_str(), waiting), ("camera_gone", true));
    std::fs::rename(&away, &eye).unwrap();
    next(&told, |e| matches!(e, CameraEventView::Opened { .. }));
    picture(&app);
    app.camera_stop().unwrap();
    next(&told, stopped);
}

#[test]
fn frames_that_the_web_view_hands_in_are_stamped_like_any_cameras() {
    let (folder, app, customer_id) = before_a_card();
    let card = image::open(folder.path().join("eye.png"))
        .unwrap()
        .into_luma8();
    let mut jpeg = std::io::Cursor::new(Vec::new());
    card.write_to(&mut jpeg, image::ImageFormat::Jpeg).unwrap();
    let (tell, told) = channel();
    app.camera_start_frames(Box::new(move |event| {
        // Whoever dropped the other end no longer listens.
        let _ = tell.send(event);
    }))
    .unwrap();
    app.camera_frame(jpeg.get_ref()).unwrap();
    let CameraEventView::Scan { outcome, .. } = next(&told, scan) else {
        panic!("a scan was waited for");
    };
    assert!(
        matches!(&outcome, ScanOutcome::Customer { customer, .. } if customer.customer_id == customer_id),
        "{outcome:?}"
    );
    app.camera_stop().unwrap();
    next(&told, stopped);
    // A frame that was on its way when the camera stopped harms nobody.
    app.camera_frame(jpeg.get_ref()).unwrap();
}

#[test]
fn a_frame_that_is_no_picture_is_refused_and_the_camera_goes_on() {
    let (_folder, app, _) = before_a_card();
    app.camera_start_frames(Box::new(|_| ())).unwrap();
    let failure = app.camera_frame(b"no picture").unwrap_err();
    assert_eq!(failure.code, "not_a_picture");
    app.camera_stop().unwrap();
}

#[test]
fn a_code_in_the_dark_is_told_as_such() {
    let (folder, app, _) = before_a_card();
    let eye = folder.path().join("eye.png");
    // A fifth of the light, and nothing to be told apart in more of the code than its checks put right.
    let card = image::open(&eye).unwrap().into_luma8();
    let (width, height) = card.dimensions();
    let middle = |at: u32, all: u32| at.abs_diff(all / 2) < all / 4;
    let dark = image::GrayImage::from_fn(width, height, |x, y| {
        let is_worn = middle(x, width) && middle(y, height);
        let shade = card.get_pixel(x, y).0[0] / 5;
        image::Luma([if is_worn { 20 } else { shade }])
    });
    dark.save(&eye).unwrap();
    let told = start(&app);
    let event = next(&told, |e| matches!(e, CameraEventView::Hint { .. }));
    let hint = Some(counterfoil_app::view::CameraHint::TooDark);
    assert_eq!(event, CameraEventView::Hint { hint });
    app.camera_stop().unwrap();
}
