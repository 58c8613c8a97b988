//! The text of a pairing QR, there and back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail loudly"
)]

use counterfoil_protocol::pairing::{PairReply, PairingUri};

fn uri(hub: &str, code: &str) -> PairingUri {
    PairingUri {
        hub: hub.to_owned(),
        code: code.to_owned(),
    }
}

#[test]
fn a_pairing_code_survives_its_qr() {
    for hub in [
        "https://hub.example",
        "http://127.0.0.1:8080",
        "https://hub.example/a?b=c&d=e#f",
        "https://hub.example/100%",
        "https://hub.example/%26%23%25",
        "https://hub.example/%2526",
        "https://[::1]:8443/",
    ] {
        let sent = uri(hub, "7K3M9QX2TZ");
        assert_eq!(PairingUri::parse(&sent.text()), Some(sent), "{hub}");
    }
}

#[test]
fn the_text_of_a_plain_address_reads_as_it_looks() {
    let text = uri("https://hub.example", "7K3M9QX2TZ").text();
    assert_eq!(
        text,
        "counterfoil:pair?hub=https://hub.example&code=7K3M9QX2TZ"
    );
}

#[test]
fn what_this_program_does_not_know_yet_is_passed_over() {
    let text = "counterfoil:pair?v=2&hub=https://hub.example&code=A&name=Lima";
    assert_eq!(
        PairingUri::parse(text),
        Some(uri("https://hub.example", "A"))
    );
}

#[test]
fn a_code_without_its_hub_or_the_other_way_round_is_none() {
    for text in [
        "",
        "counterfoil:pair?",
        "counterfoil:pair?hub=https://hub.example",
        "counterfoil:pair?code=A",
        "counterfoil:pair?hub=https://hub.example&code=",
        "counterfoil:pair?hub=&code=A",
        "https://hub.example?hub=https://hub.example&code=A",
    ] {
        assert_eq!(PairingUri::parse(text), None, "{text}");
    }
}

#[test]
fn only_web_addresses_are_hubs() {
    for hub in [
        "ftp://hub.example",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "hub.example",
    ] {
        assert_eq!(PairingUri::parse(&uri(hub, "A").text()), None, "{hub}");
    }
}

#[test]
fn a_reply_never_shows_its_secrets_in_a_log() {
    let reply: PairReply = serde_json::from_str(
        r#"{"tenant_id":"01991f0c-8a00-7000-8000-000000000001",
            "device_id":"01991f0c-8a00-7000-8000-000000000002","till_code":"T2",
            "device_token":"token-secret","card_key_id":1,"card_key_seed":"seed-secret"}"#,
    )
    .unwrap();
    assert!(!format!("{reply:?}").contains("secret"));
}
