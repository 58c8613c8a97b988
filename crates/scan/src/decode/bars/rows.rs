//! rxing's line readers over a row of edges that were found to a fraction of a pixel.

use std::collections::HashSet;

use rxing::common::BitArray;
use rxing::oned::{Code128Reader, MultiFormatUPCEANReader, OneDReader};
use rxing::{BarcodeFormat, DecodeHints, RXingResult};

use super::profile::Edge;
use crate::decode::guarded;
use crate::ean;
use crate::types::ScanKind;

/// Bits of the row a pixel of the line.
const FINE: f32 = 4.0;

/// A symbol in a row.
pub(super) struct RowRead {
    pub(super) code: String,
    pub(super) kind: ScanKind,
    /// Where it begins and ends along the line.
    pub(super) from: f32,
    pub(super) to: f32,
}

pub(super) struct RowReaders {
    products: MultiFormatUPCEANReader,
    hints: DecodeHints,
}

impl RowReaders {
    pub(super) fn new() -> Self {
        let formats = [
            BarcodeFormat::EAN_13,
            BarcodeFormat::EAN_8,
            BarcodeFormat::UPC_A,
            BarcodeFormat::UPC_E,
            BarcodeFormat::CODE_128,
        ];
        let hints = DecodeHints {
            PossibleFormats: Some(HashSet::from(formats)),
            ..DecodeHints::default()
        };
        Self {
            products: MultiFormatUPCEANReader::new(&hints),
            hints,
        }
    }

    /// The symbol that the edges make, read both ways round.
    pub(super) fn read(&mut self, edges: &[Edge], length: usize) -> Option<RowRead> {
        // The narrowest of the symbols has 34 edges.
        if edges.len() < 30 {
            return None;
        }
        let mut row = row_of(edges, length);
        for reversed in [false, true] {
            if reversed {
                row.reverse();
            }
            let Some((code, kind, [a, b])) = self.read_row(&row) else {
                continue;
            };
            let place = |x: f32| {
                let x = x / FINE;
                if reversed { length as f32 - x } else { x }
            };
            let (a, b) = (place(a), place(b));
            return Some(RowRead {
                code,
                kind,
                from: a.min(b),
                to: a.max(b),
            });
        }
        None
    }

    fn read_row(&mut self, row: &BitArray) -> Option<(String, ScanKind, [f32; 2])> {
        let result = guarded(|| {
            self.products
                .decode_row(0, row, &self.hints)
                .or_else(|_| Code128Reader.decode_row(0, row, &self.hints))
                .ok()
        })??;
        let kind = kind_of(&result)?;
        let code = result.getText().to_owned();
        let ends = match result.getPoints() {
            [a, .., b] => [a.x, b.x],
            _ => return None,
        };
        ean::is_valid(&code, kind).then_some((code, kind, ends))
    }
}

fn row_of(edges: &[Edge], length: usize) -> BitArray {
    let size = (length as f32 * FINE) as usize;
    let mut row = BitArray::with_size(size);
    let place = |edge: &Edge| ((edge.at * FINE).round() as usize).min(size);
    let mut from = edges.first().filter(|edge| !edge.darker).map(|_| 0);
    for edge in edges {
        if edge.darker {
            from = Some(place(edge));
        } else if let Some(from) = from.take() {
            (from..place(edge)).for_each(|bit| row.set(bit));
        }
    }
    row
}

fn kind_of(result: &RXingResult) -> Option<ScanKind> {
    match result.getBarcodeFormat() {
        BarcodeFormat::EAN_13 => Some(ScanKind::Ean13),
        BarcodeFormat::EAN_8 => Some(ScanKind::Ean8),
        BarcodeFormat::UPC_A => Some(ScanKind::UpcA),
        BarcodeFormat::UPC_E => Some(ScanKind::UpcE),
        BarcodeFormat::CODE_128 => Some(ScanKind::Code128),
        _ => None,
    }
}
