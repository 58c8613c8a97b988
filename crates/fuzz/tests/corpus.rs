//! The kept corpus through the bodies of the fuzz targets: what libFuzzer runs for hours, in moments.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may fail loudly"
)]

use std::fs;
use std::path::Path;

use counterfoil_fuzz::{frames, payloads, wedge};
use counterfoil_scan::ScanKind;

/// What the corpus of a target holds: each file's name and bytes.
fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(target);
    let files = fs::read_dir(&folder).expect("the corpus is beside the target");
    let mut all: Vec<_> = files
        .map(|file| {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read(path).unwrap())
        })
        .collect();
    all.sort();
    assert!(all.len() >= 24, "{} files for {target}", all.len());
    all
}

#[test]
fn the_kept_frames_hold_every_promise_and_are_read_in_every_layout() {
    let mut read = Vec::new();
    for (name, bytes) in corpus("frames") {
        let found = frames(&bytes);
        let layout = bytes.first().copied().unwrap_or_default();
        read.extend(found.into_iter().map(|one| (layout, one.kind)));
        assert!(
            bytes.len() <= 16_384,
            "{name} is too large to be kept: {} bytes",
            bytes.len()
        );
    }
    for layout in 0..=6 {
        assert!(
            read.contains(&(layout, ScanKind::Qr)),
            "no code was read in layout {layout}: {read:?}"
        );
    }
    assert!(
        read.iter().any(|(_, kind)| *kind == ScanKind::Ean13),
        "{read:?}"
    );
}

#[test]
fn the_kept_payloads_hold_every_promise_and_are_understood_as_each_of_what_there_is() {
    let all = corpus("payloads");
    let understood: Vec<_> = all.iter().map(|(_, bytes)| payloads(bytes)).collect();
    assert!(understood.iter().any(|text| text.card));
    assert!(understood.iter().any(|text| text.pairing));
    assert!(understood.iter().any(|text| text.product));
    assert!(understood.iter().any(|text| text.label));
}

#[test]
fn the_kept_keys_hold_every_promise_and_some_are_scans() {
    let all = corpus("wedge");
    let scans: Vec<_> = all.iter().flat_map(|(_, bytes)| wedge(bytes)).collect();
    for kind in [ScanKind::Ean13, ScanKind::Ean8, ScanKind::Unknown] {
        assert!(scans.iter().any(|scan| scan.kind == kind), "no {kind:?}");
    }
}

#[test]
fn no_bytes_at_all_break_nothing() {
    assert_eq!(frames(&[]), []);
    assert_eq!(wedge(&[]), []);
    assert_eq!(payloads(&[]), Default::default());
}
