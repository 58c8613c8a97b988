//! QR codes: rqrr first, then rxing, which reads many that rqrr can't.

use std::borrow::Cow;
use std::collections::HashSet;

use rxing::common::HybridBinarizer;
use rxing::multi::MultipleBarcodeReader;
use rxing::qrcode::cpp_port::QrReader;
use rxing::{BarcodeFormat, BinaryBitmap, DecodeHints, Luma8Source, RXingResult};

use super::{Reader, guard, share};
use crate::frame::GreyFrame;
use crate::types::{Found, ScanKind};

fn is_qr(found: &Found) -> bool {
    found.kind == ScanKind::Qr
}

/// rqrr on the picture as it is.
pub(super) struct Rqrr;

impl Reader for Rqrr {
    fn read(&self, frame: &GreyFrame) -> Vec<Found> {
        let (width, height) = (frame.width() as usize, frame.height() as usize);
        let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
            frame.luma()[y * width + x]
        });
        let grids = prepared.detect_grids();
        grids
            .iter()
            .filter_map(|grid| {
                // One broken symbol must not cost the others in the picture.
                let (_, code) = guard::guarded(|| grid.decode())?.ok()?;
                let outline = grid.bounds.map(|p| share(p.x as f32, p.y as f32, frame));
                Some(Found {
                    code,
                    kind: ScanKind::Qr,
                    outline: Some(outline),
                })
            })
            .collect()
    }

    fn is_worth_trying(&self, _found: &[Found]) -> bool {
        true
    }
}

/// rxing's newer QR reader on the picture shrunk to a longer side of `side` pixels.
pub(super) struct Rxing {
    side: u32,
    inverted: bool,
}

impl Rxing {
    pub(super) const fn shrunk_to(side: u32) -> Self {
        Self {
            side,
            inverted: false,
        }
    }

    /// The same for light codes on dark ground, as screens show them.
    pub(super) const fn inverted(side: u32) -> Self {
        Self {
            side,
            inverted: true,
        }
    }
}

impl Reader for Rxing {
    fn read(&self, frame: &GreyFrame) -> Vec<Found> {
        let small = frame
            .shrunk_to(self.side)
            .map_or(Cow::Borrowed(frame), Cow::Owned);
        let seen = if self.inverted {
            Cow::Owned(small.inverted())
        } else {
            small
        };
        read_with_rxing(&seen).unwrap_or_default()
    }

    fn is_worth_trying(&self, found: &[Found]) -> bool {
        !found.iter().any(is_qr)
    }
}

fn read_with_rxing(frame: &GreyFrame) -> Option<Vec<Found>> {
    let hints = DecodeHints {
        PossibleFormats: Some(HashSet::from([BarcodeFormat::QR_CODE])),
        TryHarder: Some(true),
        ..DecodeHints::default()
    };
    let source = Luma8Source::new_with_slice(frame.luma(), frame.width(), frame.height()).ok()?;
    let mut bitmap = BinaryBitmap::new(HybridBinarizer::new(source));
    let results = QrReader
        .decode_multiple_with_hints(&mut bitmap, &hints)
        .ok()?;
    Some(results.iter().map(|result| found(result, frame)).collect())
}

fn found(result: &RXingResult, frame: &GreyFrame) -> Found {
    let outline = match result.getPoints() {
        [a, b, c, d] => Some([a, b, c, d].map(|p| share(p.x, p.y, frame))),
        _ => None,
    };
    Found {
        code: result.getText().to_owned(),
        kind: ScanKind::Qr,
        outline,
    }
}
