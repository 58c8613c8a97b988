//! Writes the seeds of the corpus: `cargo run -p counterfoil-fuzz --example seeds -- crates/fuzz/corpus`. Codes, cards and
//! keys as the targets read them; what the fuzzer finds beyond them is added by hand.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a program for a developer may fail loudly"
)]

use std::fs;
use std::path::PathBuf;

use counterfoil_domain::{CustomerId, TenantId, UnixMs};
use counterfoil_protocol::card::{Card, issue, issue_passing};
use ed25519_dalek::SigningKey;
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder as _};
use qrcode::{Color, EcLevel, QrCode};
use uuid::Uuid;

fn main() {
    let folder = std::env::args().nth(1).map(PathBuf::from);
    let folder = folder.expect("into which folder?");
    let write = |target: &str, name: &str, bytes: &[u8]| {
        fs::write(folder.join(target).join(name), bytes).expect(name);
    };
    for (name, bytes) in frames() {
        write("frames", &name, &bytes);
    }
    for (name, bytes) in payloads() {
        write("payloads", name, &bytes);
    }
    for (name, bytes) in wedge() {
        write("wedge", name, &bytes);
    }
}

/// Dark and light modules, with their quiet zone.
struct Modules {
    width: usize,
    height: usize,
    dark: Vec<bool>,
}

fn qr(text: &str) -> Modules {
    let code = QrCode::with_error_correction_level(text, EcLevel::L).unwrap();
    let (inner, side) = (code.width(), code.width() + 8);
    let colors = code.to_colors();
    let dark = (0..side * side).map(|at| {
        let (x, y) = ((at % side).wrapping_sub(4), (at / side).wrapping_sub(4));
        x < inner && y < inner && colors[y * inner + x] == Color::Dark
    });
    Modules {
        width: side,
        height: side,
        dark: dark.collect(),
    }
}

/// Bars of the left-hand odd digits; even ones and the right-hand ones are made from them (GS1, section 5.2).
const LEFT: [&str; 10] = [
    "0001101", "0011001", "0010011", "0111101", "0100011", "0110001", "0101111", "0111011",
    "0110111", "0001011",
];
/// Which of the left-hand digits are even, by the first digit.
const PARITY: [&str; 10] = [
    "000000", "001011", "001101", "001110", "010011", "011001", "011100", "010101", "010110",
    "011010",
];

fn bars(code: &str, rows: usize) -> Modules {
    let digits: Vec<usize> = code.bytes().map(|c| usize::from(c - b'0')).collect();
    let right = |digit: usize| -> String {
        LEFT[digit]
            .chars()
            .map(|bit| if bit == '0' { '1' } else { '0' })
            .collect()
    };
    let even = |digit: usize| -> String { right(digit).chars().rev().collect() };
    let (parity, body) = match digits.len() {
        13 => (PARITY[digits[0]], &digits[1..]),
        _ => ("0000", &digits[..]),
    };
    let (left, rest) = body.split_at(body.len() / 2);
    let left = left.iter().zip(parity.chars()).map(|(digit, parity)| {
        if parity == '0' {
            LEFT[*digit].to_owned()
        } else {
            even(*digit)
        }
    });
    let left: String = left.collect();
    let rest: String = rest.iter().map(|digit| right(*digit)).collect();
    let quiet = "0".repeat(11);
    let line = format!("{quiet}101{left}01010{rest}101{quiet}");
    Modules {
        width: line.len(),
        height: rows,
        dark: line
            .chars()
            .cycle()
            .take(line.len() * rows)
            .map(|bit| bit == '1')
            .collect(),
    }
}

impl Modules {
    /// Grey pixels, `side` of them a module.
    fn drawn(&self, side: usize) -> (usize, usize, Vec<u8>) {
        let (width, height) = (self.width * side, self.height * side);
        let luma = (0..width * height).map(|at| {
            let (x, y) = (at % width / side, at / width / side);
            if self.dark[y * self.width + x] {
                25
            } else {
                230
            }
        });
        (width, height, luma.collect())
    }

    /// As the target draws them itself.
    fn as_bits(&self, side: u8, tick: u8, count: u8) -> Vec<u8> {
        let mut bytes = head(6, self.width, self.height, side - 1, tick, count);
        bytes.extend(self.dark.chunks(8).map(|bits| {
            let bit = |(at, dark): (usize, &bool)| u8::from(*dark) << at;
            bits.iter().enumerate().map(bit).sum::<u8>()
        }));
        bytes
    }
}

fn head(layout: u8, width: usize, height: usize, extra: u8, tick: u8, count: u8) -> Vec<u8> {
    let less_one = |side: usize| u8::try_from(side - 1).expect("too large");
    vec![
        layout,
        less_one(width),
        less_one(height),
        extra,
        tick,
        count - 1,
    ]
}

fn frames() -> Vec<(String, Vec<u8>)> {
    let short = qr("CF1");
    let (width, height, luma) = short.drawn(2);
    let chroma = |count: usize| vec![128_u8; count];
    let mut all = Vec::new();
    let mut add = |name: &str, bytes: Vec<u8>| all.push((name.to_owned(), bytes));
    let layouts: [(&str, u8, Vec<u8>); 6] = [
        (
            "yuyv",
            0,
            luma.iter().flat_map(|grey| [*grey, 128]).collect(),
        ),
        ("nv12", 1, [luma.clone(), chroma(luma.len() / 2)].concat()),
        ("grey", 2, luma.clone()),
        ("mjpeg", 3, jpeg(&luma, width, height)),
        ("rgb", 4, luma.iter().flat_map(|grey| [*grey; 3]).collect()),
        (
            "padded",
            5,
            luma.chunks(width)
                .flat_map(|row| [row, &[7; 6]].concat())
                .collect(),
        ),
    ];
    for (name, layout, bytes) in layouts {
        let mut seed = head(layout, width, height, 6, 0, 1);
        seed.extend(&bytes);
        add(&format!("qr-{name}"), seed);
        // What a camera gave, whole and cut off.
        let mut given = vec![layout | 0x80];
        given.extend(u32::try_from(width).unwrap().to_le_bytes());
        given.extend(u32::try_from(height).unwrap().to_le_bytes());
        given.extend([6, 0, 0]);
        given.extend(&bytes[..bytes.len() / 2]);
        add(&format!("cut-{name}"), given);
    }
    add("huge", [vec![0x84], vec![0xFF; 40]].concat());
    add("qr-1", short.as_bits(3, 0, 1));
    add("qr-1-stream", short.as_bits(4, 1, 3));
    add("qr-hurried", short.as_bits(3, 40, 3));
    add(
        "qr-4",
        qr("CF1:0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:0123456789").as_bits(3, 0, 1),
    );
    add("qr-7", qr(&"COUNTERFOIL ".repeat(13)).as_bits(3, 0, 2));
    add("qr-bytes", qr("año 2026 ☂ ¥").as_bits(3, 0, 1));
    let mut inverted = short.as_bits(3, 0, 1);
    inverted[6..].iter_mut().for_each(|bits| *bits = !*bits);
    add("qr-inverted", inverted);
    let mut torn = short.as_bits(3, 0, 2);
    torn[40..70].fill(0);
    add("qr-torn", torn);
    for (name, code) in [
        ("ean-13", "4006381333931"),
        ("ean-13-zero", "0036000291452"),
        ("ean-8", "96385074"),
    ] {
        add(name, bars(code, 40).as_bits(2, 0, 2));
    }
    add("label", bars("2112345006789", 40).as_bits(2, 2, 3));
    add(
        "stripes",
        [head(2, 200, 120, 0, 1, 3), vec![20, 20, 20, 235, 235, 235]].concat(),
    );
    add("noise", {
        let noise = (0_u32..4000).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8);
        [head(2, 120, 90, 0, 0, 2), noise.collect()].concat()
    });
    add("blank", head(2, 64, 64, 0, 0, 1));
    all
}

fn jpeg(luma: &[u8], width: usize, height: usize) -> Vec<u8> {
    let side = |side: usize| u32::try_from(side).unwrap();
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 60)
        .write_image(luma, side(width), side(height), ExtendedColorType::L8)
        .unwrap();
    bytes
}

const NOON: i64 = 1_800_000_000_000;

fn payloads() -> Vec<(&'static str, Vec<u8>)> {
    let card = Card {
        key_id: 7,
        tenant_id: TenantId(Uuid::from_u128(0x0199_1f0c_8a00_7000_8000_0000_0000_0001)),
        customer_id: CustomerId(Uuid::from_u128(0x0199_1f0c_8a00_7000_8000_0000_0000_0002)),
    };
    let (key, revoked) = (
        SigningKey::from_bytes(&[2; 32]),
        SigningKey::from_bytes(&[3; 32]),
    );
    let lasting = issue(&card, &key);
    let passing = issue_passing(&card, UnixMs(NOON), &key);
    let foreign = Card {
        tenant_id: TenantId(Uuid::from_u128(9)),
        ..card
    };
    let cut = lasting[..80].to_owned();
    let texts: Vec<(&'static str, String)> = vec![
        ("card", lasting.clone()),
        ("card-spaced", format!(" {lasting}\r\n")),
        ("card-cut", cut),
        ("card-changed", lasting.replacen('A', "B", 1)),
        ("card-foreign", issue(&foreign, &key)),
        ("card-revoked", issue(&Card { key_id: 8, ..card }, &revoked)),
        ("card-unknown", issue(&Card { key_id: 9, ..card }, &key)),
        ("card-empty", "CF1:".to_owned()),
        ("card-beyond", "CF1::::".to_owned()),
        ("passing", passing.clone()),
        (
            "pairing",
            "counterfoil:pair?hub=https://hub.example&code=ABCDE12345".to_owned(),
        ),
        (
            "pairing-escaped",
            "counterfoil:pair?hub=http://h/a%2526%23b&code=A&x=1".to_owned(),
        ),
        (
            "pairing-twice",
            "counterfoil:pair?hub=http://a&hub=https://b&code=A&code=B=C".to_owned(),
        ),
        ("pairing-none", "counterfoil:pair?hub=&code=".to_owned()),
        ("ean-13", "4006381333931".to_owned()),
        ("ean-8", "96385074".to_owned()),
        ("upc-a", "036000291452".to_owned()),
        ("upc-e", "04252614".to_owned()),
        ("digits-foreign", "٤٠٠٦٣٨١٣٣٣٩٣١".to_owned()),
        ("weight", "21IIIIIWWWWWC|2112345006789".to_owned()),
        ("price", "23IIIIIPPPPPC|2300001012995".to_owned()),
        ("us-price", "02IIIIIVPPPPC|212345006788".to_owned()),
        ("layout-two-runs", "21IIWWWIIWWWC|2112345006789".to_owned()),
        ("layout-letters", "21éIIIWWWWWC|2112345006789".to_owned()),
        ("error-code", "PAIRING_CODE_INVALID".to_owned()),
        ("nothing", String::new()),
    ];
    let mut all: Vec<(&'static str, Vec<u8>)> = texts
        .into_iter()
        .map(|(name, text)| (name, timed(NOON, text.as_bytes())))
        .collect();
    all.push(("passing-late", timed(NOON + 200_000, passing.as_bytes())));
    all.push(("passing-ages-ago", timed(i64::MIN, passing.as_bytes())));
    all.push((
        "edits",
        timed(NOON, &[[1; 17].as_slice(), &[4, b'0', 90, b'Z']].concat()),
    ));
    all.push(("no-text", timed(NOON, &[0xFF, 0xC0, 0x80, 0xFE])));
    all
}

fn timed(now_ms: i64, rest: &[u8]) -> Vec<u8> {
    [&now_ms.to_le_bytes()[..], rest].concat()
}

fn wedge() -> Vec<(&'static str, Vec<u8>)> {
    let usual: &[u8] = &[35, 0, 6, 0, 2];
    let keys = |text: &str, gap: u8| -> Vec<u8> {
        text.chars()
            .flat_map(|c| match u8::try_from(u32::from(c)) {
                Ok(c) if c < 0xFC => vec![c, gap],
                _ => [&[0xFC][..], &u32::from(c).to_le_bytes(), &[gap]].concat(),
            })
            .collect()
    };
    let jump = |to: i64| [&[0xFF][..], &to.to_le_bytes()].concat();
    let with = |parts: &[Vec<u8>]| [usual.to_vec(), parts.concat()].concat();
    let ean = || keys("4006381333931", 5);
    vec![
        ("ean-13", with(&[ean(), vec![0xFD, 5]])),
        ("ean-13-line", with(&[keys("4006381333931\r\n", 3)])),
        ("ean-8-tab", with(&[keys("96385074\t", 12)])),
        (
            "ean-8-no-end",
            with(&[keys("96385074", 10), vec![0xFE, 20, 0xFE, 40]]),
        ),
        ("upc-a", with(&[keys("036000291452\r", 8)])),
        ("card", with(&[keys("CF1:6BFOXN%TSZBD91-38\r", 2)])),
        (
            "gs1",
            with(&[keys("]C10104012345678901\u{1d}17270101\r", 4)]),
        ),
        ("latin", with(&[keys("ñandú-0815é\r", 6)])),
        ("wide", with(&[keys("☂₤漢字☂☂☂☂\r", 6)])),
        (
            "surrogate",
            with(&[vec![0xFC, 0, 0xD8, 0, 0, 3], ean(), vec![0xFD, 2]]),
        ),
        ("a-person", with(&[keys("guten tag\r", 120)])),
        ("slowest", with(&[keys("12345678\r", 35)])),
        ("too-slow", with(&[keys("12345678\r", 36)])),
        ("short", with(&[keys("12345\r", 5)])),
        (
            "two-in-a-row",
            with(&[keys("4006381333931\r96385074\r", 4)]),
        ),
        (
            "typed-before",
            with(&[keys("x", 0), jump(500), ean(), vec![0xFD, 1]]),
        ),
        ("ends-alone", with(&[vec![0xFD, 1, 0xFD, 1, 0xFE, 1]])),
        (
            "clock-back",
            with(&[jump(1000), keys("963850", 9), jump(0), keys("74\r", 9)]),
        ),
        (
            "clock-forward",
            with(&[
                jump(i64::MIN),
                keys("96385074", 9),
                jump(i64::MAX),
                vec![0xFE, 9],
            ]),
        ),
        (
            "clock-at-its-end",
            with(&[jump(i64::MAX), keys("96385074\r", 9)]),
        ),
        (
            "held-down",
            [
                &[35, 0, 6, 8, 0][..],
                &keys(&"a".repeat(40), 30),
                &[0xFD, 1],
            ]
            .concat(),
        ),
        (
            "at-most",
            [&[35, 0, 6, 8, 0][..], &keys("96385074\r963850741\r", 1)].concat(),
        ),
        ("no-gap", [&[0, 0, 1, 9, 0][..], &keys("abc\r", 0)].concat()),
        (
            "gap-below-zero",
            [&[0xFF, 0xFF, 1, 9, 0][..], &keys("abc\r", 1)].concat(),
        ),
        (
            "least-none",
            [&[35, 0, 0, 9, 0][..], &[0xFD, 1, 0xFE, 1]].concat(),
        ),
        (
            "most-below-least",
            [&[35, 0, 9, 3, 0][..], &keys("abcdefghij\r", 1)].concat(),
        ),
    ]
}
