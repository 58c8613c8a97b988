//! The labelled pictures: `index.jsonl` and `images/`, as the set's own README describes them.

use std::fs;
use std::path::{Path, PathBuf};

use counterfoil_scan::{Found, GreyFrame, ScanKind};

/// One picture and what it says.
pub struct Picture {
    pub file: String,
    pub kind: String,
    /// What the picture says, in every way a reader may put it; none where it holds no code.
    texts: Vec<String>,
    /// Whether it is of the half that readers may be tuned on.
    pub tuning: bool,
    path: PathBuf,
}

/// How a picture is labelled.
pub trait Labelled {
    /// Whether this text is what the picture says.
    fn is_right(&self, text: &str) -> bool;
}

impl Labelled for Picture {
    fn is_right(&self, text: &str) -> bool {
        let said = spellings(text);
        self.texts.iter().any(|right| said.contains(right))
    }
}

/// Every picture of the set, in the order of its index.
pub fn load(set: &Path) -> Result<Vec<Picture>, String> {
    let index = set.join("index.jsonl");
    let lines = fs::read_to_string(&index).map_err(|err| format!("{}: {err}", index.display()))?;
    lines
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            let value: serde_json::Value = serde_json::from_str(line)
                .map_err(|err| format!("{}: {err}: {line}", index.display()))?;
            let word = |name: &str| value[name].as_str().map(str::to_owned);
            // A picture of several codes: each of them is right.
            let also = value["also"].as_array().cloned().unwrap_or_default();
            let file = word("file").ok_or(format!("a line without a file: {line}"))?;
            Ok(Picture {
                kind: word("kind").ok_or(format!("a line without a kind: {line}"))?,
                texts: word("text")
                    .into_iter()
                    .chain(
                        also.iter()
                            .filter_map(|one| one.as_str().map(str::to_owned)),
                    )
                    .flat_map(|text| spellings(&text))
                    .collect(),
                tuning: is_for_tuning(&file),
                path: set.join("images").join(&file),
                file,
            })
        })
        .collect()
}

/// The half of the set that a picture belongs to, by the hash (FNV-1a) of its name.
fn is_for_tuning(file: &str) -> bool {
    let hash = file.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (hash >> 32).is_multiple_of(2)
}

/// The picture in grey, no larger than a 720p frame unless it is wanted as it is.
pub fn frame_of(picture: &Picture, native: bool) -> Result<GreyFrame, String> {
    let name = picture.path.display();
    let bytes = fs::read(&picture.path).map_err(|err| format!("{name}: {err}"))?;
    let image = image::load_from_memory(&bytes).map_err(|err| format!("{name}: {err}"))?;
    let (wide, high) = if image.width() >= image.height() {
        (1280, 720)
    } else {
        (720, 1280)
    };
    let image = if !native && (image.width() > wide || image.height() > high) {
        image.resize(wide, high, image::imageops::FilterType::Triangle)
    } else {
        image
    };
    let grey = image.into_luma8();
    GreyFrame::new(grey.width(), grey.height(), grey.into_raw()).map_err(|err| err.to_string())
}

/// A text as readers may put it: white space collapsed, product codes in their thirteen digits,
/// bytes taken for Latin 1 read as UTF-8, symbols for control characters left out.
fn spellings(text: &str) -> Vec<String> {
    let mut all = vec![collapsed(text)];
    let bytes: Option<Vec<u8>> = text
        .chars()
        .map(|c| u8::try_from(u32::from(c)).ok())
        .collect();
    if let Some(utf8) = bytes.and_then(|bytes| String::from_utf8(bytes).ok()) {
        all.push(collapsed(&utf8));
    }
    for kind in [ScanKind::Ean13, ScanKind::UpcA, ScanKind::UpcE] {
        let found = Found {
            code: text.trim().to_owned(),
            kind,
            outline: None,
        };
        all.extend(found.product_number());
    }
    all.sort();
    all.dedup();
    all
}

fn collapsed(text: &str) -> String {
    let plain: String = text
        .chars()
        .filter(|c| !matches!(c, '\u{f1}'..='\u{f4}'))
        .collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}
