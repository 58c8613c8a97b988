//! Draws codes that are hard to read, as a set that `cargo xtask bench scan --set` takes:
//! `hard_set FOLDER [--pictures N] [--seed N] [--linear] [--mixed | --clutter]`: QR codes, or linear ones, or bars that are no code.
//! The same seed draws the same pictures, and the file's name says nothing.
#![allow(
    clippy::print_stderr,
    reason = "a program for developers says what went wrong"
)]

mod dice;
mod draw;
mod light;
mod linear;
mod pose;
mod scene;
mod trouble;

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use image::ImageEncoder as _;
use image::codecs::jpeg::JpegEncoder;

use dice::Dice;
use draw::{HEIGHT, WIDTH};
use linear::clutter::Clutter;
use trouble::{Family, Trouble};

struct Options {
    folder: PathBuf,
    pictures: u64,
    seed: u64,
    family: Family,
}

fn main() -> ExitCode {
    match options().and_then(|options| run(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("hard_set: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn options() -> Result<Options, String> {
    let (mut folder, mut pictures, mut seed) = (None, 400, 1);
    let (mut linear, mut mixed, mut clutter) = (false, false, false);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut number = || {
            let value = words.next().ok_or(format!("{word} needs a number"))?;
            value
                .parse()
                .map_err(|err| format!("{word} {value}: {err}"))
        };
        match word.as_str() {
            "--pictures" => pictures = number()?,
            "--seed" => seed = number()?,
            "--linear" => linear = true,
            "--mixed" => mixed = true,
            "--clutter" => clutter = true,
            name => folder = Some(PathBuf::from(name)),
        }
    }
    let usage = "hard_set FOLDER [--pictures N] [--seed N] [--linear] [--mixed | --clutter]";
    let folder = folder.ok_or(format!("where to? {usage}"))?;
    let family = match (linear, mixed, clutter) {
        (false, false, false) => Family::Alone,
        (false, true, false) => Family::Mixed,
        (true, false, false) => Family::Linear,
        (true, true, false) => Family::LinearMixed,
        (true, false, true) => Family::Clutter,
        _ => return Err(format!("clutter is linear and not mixed: {usage}")),
    };
    Ok(Options {
        folder,
        pictures,
        seed,
        family,
    })
}

fn run(options: &Options) -> Result<(), String> {
    let images = options.folder.join("images");
    fs::create_dir_all(&images).map_err(|err| format!("{}: {err}", images.display()))?;
    let mut index = String::new();
    for number in 0..options.pictures {
        let mut dice = Dice::new(options.seed * 1_000_003 + number);
        let troubles = options.family.troubles(number, &mut dice);
        let picture = match options.family {
            Family::Alone | Family::Mixed => draw::picture(&troubles, &mut dice)?,
            Family::Linear | Family::LinearMixed => linear::picture(&troubles, &mut dice)?,
            Family::Clutter => linear::clutter::picture(Clutter::of(number), &troubles, &mut dice)?,
        };
        let trouble = options.family.kind(number);
        let file = format!("drawn-{}-{number:04}.jpg", options.seed);
        let quality = if troubles.contains(&Trouble::Coarse) {
            10 + dice.below(25) as u8
        } else {
            88
        };
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, quality)
            .write_image(
                &picture.luma,
                WIDTH as u32,
                HEIGHT as u32,
                image::ExtendedColorType::L8,
            )
            .map_err(|err| format!("{file}: {err}"))?;
        let path = images.join(&file);
        fs::write(&path, bytes).map_err(|err| format!("{}: {err}", path.display()))?;
        let (text, also) = (picture.texts.first(), picture.texts.get(1..));
        let mut line = serde_json::json!({ "file": file, "kind": picture.kind, "text": text, "trouble": trouble });
        if picture.kind == "qr" {
            line["finders"] = serde_json::json!(picture.finders);
        }
        if let Some(also) = also.filter(|also| !also.is_empty()) {
            line["also"] = serde_json::json!(also);
        }
        let _ = writeln!(index, "{line}");
    }
    let path = options.folder.join("index.jsonl");
    fs::write(&path, index).map_err(|err| format!("{}: {err}", path.display()))
}
