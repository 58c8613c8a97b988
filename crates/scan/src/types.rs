//! The words that this crate speaks to the outside.

use serde::{Deserialize, Serialize};

use crate::ean;

/// What kind of symbol a code was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScanKind {
    /// A QR code of any version.
    Qr,
    /// Thirteen digits, check digit verified.
    Ean13,
    /// Eight digits, check digit verified.
    Ean8,
    /// Twelve digits, check digit verified; the same product as an EAN-13 with a leading zero.
    UpcA,
    /// The eight-digit short form of a UPC-A, check digit verified over the long form.
    UpcE,
    /// Code 128, any text.
    Code128,
    /// A hand scanner does not tell what it read, and the text fits no product code.
    Unknown,
}

/// Where a scan came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScanSource {
    /// A camera of this machine.
    Camera,
    /// A folder or video that stands in for a camera.
    FileCamera,
    /// A picture that was opened, pasted or dropped.
    Picture,
    /// A hand scanner that types like a keyboard.
    Wedge,
    /// A scanner on a serial port.
    Serial,
}

/// A place in a picture, from 0.0 (left, top) to 1.0 (right, bottom).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Share of the width.
    pub x: f32,
    /// Share of the height.
    pub y: f32,
}

/// A code that was read from a picture, before anyone gave it a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// The text of the code; digits alone for product codes.
    pub code: String,
    /// The kind of symbol.
    pub kind: ScanKind,
    /// The symbol's corners, in order around it, where the reader tells them.
    pub outline: Option<[Point; 4]>,
}

/// One code, scanned: what every source hands to the app.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scan {
    /// The text of the code; digits alone for product codes.
    pub code: String,
    /// The kind of symbol.
    pub kind: ScanKind,
    /// Where it came from.
    pub source: ScanSource,
    /// When it was read, in Unix milliseconds.
    pub at_ms: i64,
    /// The symbol's corners in the frame, where there is one.
    pub outline: Option<[Point; 4]>,
}

impl Found {
    /// The thirteen digits by which a product is known, whichever of its codes was read: a UPC-A
    /// has a leading zero to it, a UPC-E is written out. `None` where this is no product code.
    #[must_use]
    pub fn product_number(&self) -> Option<String> {
        if !ean::is_valid(&self.code, self.kind) {
            return None;
        }
        match self.kind {
            ScanKind::Ean13 => Some(self.code.clone()),
            ScanKind::UpcA => Some(format!("0{}", self.code)),
            ScanKind::UpcE => ean::expand_upc_e(&self.code).map(|long| format!("0{long}")),
            ScanKind::Ean8 | ScanKind::Qr | ScanKind::Code128 | ScanKind::Unknown => None,
        }
    }

    /// This code as a scan from `source` at `at_ms` (Unix milliseconds).
    #[must_use]
    pub fn into_scan(self, source: ScanSource, at_ms: i64) -> Scan {
        Scan {
            code: self.code,
            kind: self.kind,
            source,
            at_ms,
            outline: self.outline,
        }
    }
}
