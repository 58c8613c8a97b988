//! QR codes: rxing's newer reader over several ways to black and white, and rqrr.

use rqrr::BitGrid as _;
use rxing::common::BitMatrix;
use rxing::common::DetectorRXingResult as _;
use rxing::common::cpp_essentials::ConcentricPattern;
use rxing::qrcode::cpp_port::detector::{FindFinderPatterns, GenerateFinderPatternSets, SampleQR};

use super::{guarded, share, symbol};
use crate::frame::GreyFrame;
use crate::types::{Found, ScanKind};

/// Triples of finder patterns that are tried in one picture; a page of text makes hundreds.
const TRIPLES_MAX: usize = 60;

/// What a look at black and white found.
#[derive(Debug, Default)]
pub(super) struct Look {
    pub(super) found: Vec<Found>,
    /// The finder patterns, in pixels of what was looked at.
    pub(super) finders: Vec<ConcentricPattern>,
    /// How many times three finder patterns stand as those of a QR code do.
    pub(super) triples: usize,
}

/// The QR codes in black and white that was made of `frame`, or of a piece of it.
pub(super) fn read_dark(dark: &BitMatrix, frame: &GreyFrame, thorough: bool) -> Look {
    guarded(|| look(dark, frame, thorough)).unwrap_or_default()
}

fn look(dark: &BitMatrix, frame: &GreyFrame, thorough: bool) -> Look {
    let mut finders = FindFinderPatterns(dark, thorough, 0);
    let mut look = Look {
        finders: finders.clone(),
        ..Look::default()
    };
    // Of very many, most are texture.
    finders.truncate(120);
    let triples = GenerateFinderPatternSets(&mut finders);
    look.triples = triples.len();
    let mut used: Vec<ConcentricPattern> = Vec::new();
    for triple in triples.iter().take(TRIPLES_MAX) {
        let corners = [triple.bl, triple.tl, triple.tr];
        if corners.iter().any(|corner| used.contains(corner)) {
            continue;
        }
        let read = guarded(|| {
            let sampled = SampleQR(dark, triple).ok()?;
            let modules = sampled.getBits();
            let code = symbol::read_bits(modules.width() as usize, |x, y| {
                modules.get(x as u32, y as u32)
            })?;
            Some((code, sampled.getPoints().to_vec()))
        });
        if let Some(Some((code, points))) = read {
            used.extend(corners);
            let outline = match points.as_slice() {
                // They come row by row.
                [tl, tr, bl, br] => Some([tl, tr, br, bl].map(|p| share(p.x, p.y, frame))),
                _ => None,
            };
            look.found.push(Found {
                code,
                kind: ScanKind::Qr,
                outline,
            });
        }
    }
    look
}

/// The QR codes that rqrr reads, over its own black and white or over that of others.
pub(super) fn read_with_rqrr(frame: &GreyFrame, dark: Option<&BitMatrix>) -> Vec<Found> {
    let (width, height) = (frame.width() as usize, frame.height() as usize);
    let read = || {
        let mut prepared = match dark {
            Some(dark) => rqrr::PreparedImage::prepare_from_bitmap(width, height, |x, y| {
                dark.get(x as u32, y as u32)
            }),
            None => rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
                frame.luma()[y * width + x]
            }),
        };
        let grids = prepared.detect_grids();
        let found = grids.iter().filter_map(|grid| {
            // One broken symbol must not cost the others in the picture.
            let modules = &grid.grid;
            let code = guarded(|| symbol::read_bits(modules.size(), |x, y| modules.bit(y, x)))??;
            let outline = grid.bounds.map(|p| share(p.x as f32, p.y as f32, frame));
            Some(Found {
                code,
                kind: ScanKind::Qr,
                outline: Some(outline),
            })
        });
        found.collect()
    };
    guarded(read).unwrap_or_default()
}
