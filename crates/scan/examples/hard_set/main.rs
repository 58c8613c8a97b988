//! Draws QR codes that are hard to read, as a set that `cargo xtask bench scan --set` takes:
//! `hard_set FOLDER [--pictures N] [--seed N] [--mixed]`. The same seed draws the same pictures, and the file's name says nothing.
#![allow(
    clippy::print_stderr,
    reason = "a program for developers says what went wrong"
)]

mod dice;
mod draw;
mod light;
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
    let mut family = Family::Alone;
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
            "--mixed" => family = Family::Mixed,
            name => folder = Some(PathBuf::from(name)),
        }
    }
    let folder = folder.ok_or("where to? hard_set FOLDER [--pictures N] [--seed N] [--mixed]")?;
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
        let picture = draw::picture(&troubles, &mut dice)?;
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
        let line = serde_json::json!({ "file": file, "kind": "qr", "text": picture.text, "trouble": trouble, "finders": picture.finders });
        let _ = writeln!(index, "{line}");
    }
    let path = options.folder.join("index.jsonl");
    fs::write(&path, index).map_err(|err| format!("{}: {err}", path.display()))
}
