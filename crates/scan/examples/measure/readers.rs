//! The readers that are compared: ours, and those that others would use.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use counterfoil_scan::{GreyFrame, Scanner};
use rxing::common::HybridBinarizer;
use rxing::{
    BarcodeFormat, BinaryBitmap, DecodeHints, Luma8Source, MultiUseMultiFormatReader, Reader as _,
};

use crate::clock;

/// A reader that is shown frames.
pub trait Contender {
    fn name(&self) -> &'static str;
    /// Another picture comes: what was seen so far has nothing to do with it.
    fn forget(&mut self) {}
    /// The texts that it would hand on after this frame.
    fn look(&mut self, frame: &GreyFrame) -> Vec<String>;
}

/// Every one of them, ours first.
pub fn all() -> Vec<Box<dyn Contender>> {
    vec![
        Box::new(Ours {
            scanner: Scanner::default(),
        }),
        Box::new(Rqrr),
        Box::new(Rxing::new()),
        Box::new(ZxingCpp::new("zxing-cpp", false)),
        Box::new(ZxingCpp::new("zxing-cpp, agreed", true)),
    ]
}

struct Ours {
    scanner: Scanner,
}

impl Contender for Ours {
    fn name(&self) -> &'static str {
        "ours"
    }

    fn forget(&mut self) {
        self.scanner = Scanner::default();
    }

    fn look(&mut self, frame: &GreyFrame) -> Vec<String> {
        let sight = self.scanner.look(frame, &clock::now);
        sight.found.into_iter().map(|found| found.code).collect()
    }
}

/// rqrr as its documentation shows it.
struct Rqrr;

impl Contender for Rqrr {
    fn name(&self) -> &'static str {
        "rqrr"
    }

    fn look(&mut self, frame: &GreyFrame) -> Vec<String> {
        let (width, height) = (frame.width() as usize, frame.height() as usize);
        let read = || {
            let mut prepared =
                rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
                    frame.luma()[y * width + x]
                });
            let grids = prepared.detect_grids();
            let texts = grids.iter().filter_map(|grid| Some(grid.decode().ok()?.1));
            texts.collect()
        };
        catch_unwind(AssertUnwindSafe(read)).unwrap_or_default()
    }
}

/// rxing's reader of several kinds, told to try harder.
struct Rxing {
    hints: DecodeHints,
}

impl Rxing {
    fn new() -> Self {
        let formats = [
            BarcodeFormat::QR_CODE,
            BarcodeFormat::EAN_13,
            BarcodeFormat::EAN_8,
            BarcodeFormat::UPC_A,
            BarcodeFormat::UPC_E,
            BarcodeFormat::CODE_128,
        ];
        Self {
            hints: DecodeHints {
                PossibleFormats: Some(HashSet::from(formats)),
                TryHarder: Some(true),
                ..DecodeHints::default()
            },
        }
    }
}

impl Contender for Rxing {
    fn name(&self) -> &'static str {
        "rxing"
    }

    fn look(&mut self, frame: &GreyFrame) -> Vec<String> {
        let read = || {
            let source =
                Luma8Source::new_with_slice(frame.luma(), frame.width(), frame.height()).ok()?;
            let mut bitmap = BinaryBitmap::new(HybridBinarizer::new(source));
            let mut reader = MultiUseMultiFormatReader::default();
            let result = reader.decode_with_hints(&mut bitmap, &self.hints).ok()?;
            Some(vec![result.getText().to_owned()])
        };
        catch_unwind(AssertUnwindSafe(read))
            .ok()
            .flatten()
            .unwrap_or_default()
    }
}

/// zxing-cpp as it comes; agreed: a linear code only when two frames said the same.
struct ZxingCpp {
    name: &'static str,
    reader: zxingcpp::BarcodeReader,
    agreed: bool,
    seen: Vec<String>,
}

impl ZxingCpp {
    fn new(name: &'static str, agreed: bool) -> Self {
        use zxingcpp::BarcodeFormat as F;
        let formats = [F::QRCode, F::EAN13, F::EAN8, F::UPCA, F::UPCE, F::Code128];
        Self {
            name,
            reader: zxingcpp::read().formats(formats),
            agreed,
            seen: Vec::new(),
        }
    }
}

impl Contender for ZxingCpp {
    fn name(&self) -> &'static str {
        self.name
    }

    fn forget(&mut self) {
        self.seen.clear();
    }

    fn look(&mut self, frame: &GreyFrame) -> Vec<String> {
        let view = zxingcpp::ImageView::from_slice(
            frame.luma(),
            frame.width(),
            frame.height(),
            zxingcpp::ImageFormat::Lum,
        );
        let Ok(codes) = view.and_then(|view| self.reader.from(&view)) else {
            return Vec::new();
        };
        let mut texts = Vec::new();
        for code in codes {
            let (text, matrix) = (
                code.text(),
                code.format() == zxingcpp::BarcodeFormat::QRCode,
            );
            let known = self.seen.contains(&text);
            if !self.agreed || matrix || known {
                texts.push(text.clone());
            }
            if !known {
                self.seen.push(text);
            }
        }
        texts
    }
}
