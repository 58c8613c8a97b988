//! How long it takes from the pixels of a camera to a verified card, where the card is easy to read: `cargo xtask bench scan` builds
//! and runs it. It stands here since this crate alone knows scanner and cards and ships in nothing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a measuring program says what it measured, and may fail loudly"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use counterfoil_domain::{CustomerId, TenantId, UnixMs};
use counterfoil_protocol::card::{Card, TrustedKey, issue, verify};
use counterfoil_scan::{PixelFormat, Scanner, grey_of};
use ed25519_dalek::SigningKey;
use qrcode::{Color, EcLevel, QrCode};
use uuid::Uuid;

const WIDTH: u32 = 1280;
const HEIGHT: u32 = 720;
/// Pictures, and how often each is timed. The least time counts: what is more is what else the machine does.
const PICTURES: u64 = 200;
const ROUNDS: usize = 9;
const SHOP: TenantId = TenantId(Uuid::from_u128(0x0199_1f0c_8a00_7000_8000_0000_0000_0001));
const NOON: UnixMs = UnixMs(1_800_000_000_000);

fn main() {
    let key = SigningKey::from_bytes(&[2; 32]);
    let keys = [TrustedKey {
        key_id: 7,
        public: key.verifying_key().to_bytes(),
        revoked: false,
    }];
    let times = (0..PICTURES).map(|number| {
        let card = Card {
            key_id: 7,
            tenant_id: SHOP,
            customer_id: CustomerId(Uuid::from_u128(u128::from(number) * 0x9E37_79B9_7F4A_7C15)),
        };
        let yuyv = picture(&issue(&card, &key), number);
        let rounds = (0..ROUNDS).map(|_| {
            let start = Instant::now();
            let grey = grey_of(PixelFormat::Yuyv, WIDTH, HEIGHT, black_box(&yuyv)).unwrap();
            let sight = Scanner::default().look(&grey, &|| start.elapsed());
            let code = sight.found.first().expect("an easy card is read at once");
            let verified = verify(&code.code, SHOP, &keys, NOON).expect("a genuine card");
            let took = start.elapsed();
            assert_eq!(verified.card, card, "the card that was shown");
            took
        });
        rounds.min().expect("there are rounds")
    });
    let mut times: Vec<Duration> = times.collect();
    times.sort();
    let at = |percent: usize| {
        let last = times.len() - 1;
        times[(times.len() * percent)
            .div_ceil(100)
            .saturating_sub(1)
            .min(last)]
        .as_secs_f64()
            * 1000.0
    };
    let (p50, p95, most) = (at(50), at(95), at(100));
    if std::env::args().any(|word| word == "--json") {
        println!(
            r#"{{"pictures":{PICTURES},"ms":{{"p50":{p50:.2},"p95":{p95:.2},"max":{most:.2}}}}}"#
        );
        return;
    }
    println!(
        "easy card, from pixels to verified: p50 {p50:.1} ms, p95 {p95:.1} ms, at most {most:.1} ms, of {PICTURES} pictures of 720p"
    );
}

/// A card on a desk, turned a little, on a sensor with some noise, as YUYV.
fn picture(text: &str, seed: u64) -> Vec<u8> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).unwrap();
    let (side, colors) = (code.width() as f32, code.to_colors());
    let mut random = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut roll = || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random >> 40) as f32 / (1_u64 << 24) as f32
    };
    let module = 5.0 + 3.0 * roll();
    let (sin, cos) = (roll() * 0.6 - 0.3).sin_cos();
    let (mid_x, mid_y) = (560.0 + 160.0 * roll(), 330.0 + 60.0 * roll());
    let shade = |x: f32, y: f32| {
        let (x, y) = ((x - mid_x) / module, (y - mid_y) / module);
        let (u, v) = (
            cos * x + sin * y + side / 2.0,
            cos * y - sin * x + side / 2.0,
        );
        if u >= 0.0 && v >= 0.0 && u < side && v < side {
            let dark = colors[v as usize * side as usize + u as usize] == Color::Dark;
            if dark { 40.0 } else { 225.0 }
        } else if u >= -4.0 && v >= -4.0 && u < side + 4.0 && v < side + 4.0 {
            225.0
        } else {
            150.0
        }
    };
    let mut bytes = Vec::with_capacity((WIDTH * HEIGHT * 2) as usize);
    for y in 0..HEIGHT {
        for x in 0..WIDTH {
            let (x, y) = (x as f32, y as f32);
            let places = [(0.2, 0.2), (0.7, 0.3), (0.3, 0.7), (0.8, 0.8)];
            let sum: f32 = places.iter().map(|(dx, dy)| shade(x + dx, y + dy)).sum();
            let grain = roll() * 8.0 - 4.0;
            bytes.extend([(sum / 4.0 + grain).clamp(0.0, 255.0) as u8, 128]);
        }
    }
    bytes
}
