//! Operations that are read for ever, the chain that holds them together, and edits that merge in any order.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod common;
#[path = "common/samples.rs"]
mod samples;

use std::collections::BTreeSet;
use std::path::PathBuf;

use common::Rng;
use counterfoil_domain::entity::{EntityKind, EntityRow, Fields};
use counterfoil_domain::envelope::{OpEnvelope, OpHash};
use counterfoil_domain::hlc::{Hlc, MAX_AHEAD_MS};
use counterfoil_domain::merge::{Clocks, FieldClock, delete, patch};
use counterfoil_domain::op::DecodeError;
use counterfoil_domain::{DeviceId, Incarnation, Op, OpId, StaffId, UnixMs, effects};
use samples::every_op;
use serde_json::{Value, json};

const SEED: u64 = 11;

fn golden(kind: &str) -> Value {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(format!("{kind}.json"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn every_kind_that_was_ever_written_still_reads() {
    for op in every_op() {
        let written = golden(op.kind());
        let version = u32::try_from(written["version"].as_u64().unwrap()).unwrap();
        let payload = written["payload"].to_string();
        let read = Op::decode(op.kind(), version, &payload).unwrap();
        assert_eq!(read, op, "{}", op.kind());
    }
}

#[test]
fn every_kind_is_still_written_as_it_was() {
    for op in every_op() {
        let written = golden(op.kind())["payload"].to_string();
        assert_eq!(op.payload().unwrap(), written, "{}", op.kind());
    }
}

#[test]
fn no_golden_file_is_left_unread() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|f| f.unwrap().file_name().into_string().unwrap())
        .collect();
    let kinds: BTreeSet<String> = every_op()
        .iter()
        .map(|op| format!("{}.json", op.kind()))
        .collect();
    assert_eq!(files, kinds);
}

#[test]
fn every_kind_survives_its_payload() {
    for op in every_op() {
        let payload = op.payload().unwrap();
        let read = Op::decode(op.kind(), Op::VERSION, &payload).unwrap();
        assert_eq!(read, op);
        assert_eq!(read.payload().unwrap(), payload);
    }
}

#[test]
fn a_newer_version_is_told_from_a_broken_payload() {
    for version in [0, Op::VERSION + 1, u32::MAX] {
        let read = Op::decode("stamp_given", version, "{}");
        assert!(matches!(read, Err(DecodeError::Version { .. })));
    }
}

#[test]
fn an_unknown_kind_is_an_error() {
    let read = Op::decode("coffee_spilled", 1, "{}");
    assert!(matches!(read, Err(DecodeError::Shape(_))));
}

#[test]
fn a_payload_without_its_fields_is_an_error() {
    for op in every_op() {
        for payload in ["{}", "[]", "null", "", "{\"a\":", "7"] {
            let read = Op::decode(op.kind(), 1, payload);
            assert!(
                matches!(read, Err(DecodeError::Shape(_))),
                "{} {payload}",
                op.kind()
            );
        }
    }
}

#[test]
fn a_payload_cannot_change_its_kind() {
    let payload = r#"{"stamp_id":"01991f0c-8a00-7000-8000-00000000000b","kind":"entity_deleted",
        "customer_id":"01991f0c-8a00-7000-8000-000000000009"}"#;
    let read = Op::decode("stamp_given", 1, payload).unwrap();
    assert_eq!(read.kind(), "stamp_given");
}

#[test]
fn a_payload_with_more_fields_than_known_still_reads() {
    for op in every_op() {
        let mut payload: Value = serde_json::from_str(&op.payload().unwrap()).unwrap();
        payload["from_the_future"] = json!(1);
        let read = Op::decode(op.kind(), 1, &payload.to_string()).unwrap();
        assert_eq!(read, op);
    }
}

#[test]
fn the_last_of_two_values_under_one_name_counts() {
    let payload = r#"{"stamp_id":"01991f0c-8a00-7000-8000-00000000000a","customer_id":"01991f0c-8a00-7000-8000-000000000009",
        "stamp_id":"01991f0c-8a00-7000-8000-00000000000b"}"#;
    let Op::StampGiven(stamp) = Op::decode("stamp_given", 1, payload).unwrap() else {
        panic!("another kind");
    };
    assert_eq!(
        stamp.stamp_id.to_string(),
        "01991f0c-8a00-7000-8000-00000000000b"
    );
}

fn envelope(op: &Op) -> OpEnvelope {
    let mut rng = Rng(SEED);
    OpEnvelope {
        op_id: OpId(rng.uuid()),
        device_id: DeviceId(rng.uuid()),
        incarnation: Incarnation(rng.uuid()),
        seq: 3,
        prev_hash: OpHash([9; 32]),
        staff_id: Some(StaffId(rng.uuid())),
        at: UnixMs(1_772_636_400_000),
        hlc: Hlc {
            ms: 1_772_636_400_000,
            counter: 1,
        },
        kind: op.kind().to_owned(),
        version: 1,
        payload: op.payload().unwrap(),
        redoes: None,
    }
}

type Change = (&'static str, fn(&mut OpEnvelope));

const CHANGES: [Change; 14] = [
    ("redoes", |e| e.redoes = Some(OpId(uuid::Uuid::nil()))),
    ("op_id", |e| e.op_id = OpId(uuid::Uuid::nil())),
    ("device_id", |e| e.device_id = DeviceId(uuid::Uuid::nil())),
    ("incarnation", |e| {
        e.incarnation = Incarnation(uuid::Uuid::nil());
    }),
    ("seq", |e| e.seq += 1),
    ("prev_hash", |e| e.prev_hash = OpHash::GENESIS),
    ("staff_id", |e| {
        e.staff_id = Some(StaffId(uuid::Uuid::nil()));
    }),
    ("nobody", |e| e.staff_id = None),
    ("at", |e| e.at = e.at.plus_ms(1)),
    ("hlc.ms", |e| e.hlc.ms += 1),
    ("hlc.counter", |e| e.hlc.counter += 1),
    ("kind", |e| e.kind.push('x')),
    ("version", |e| e.version += 1),
    ("payload", |e| e.payload.push(' ')),
];

#[test]
fn any_field_of_an_envelope_changes_its_hash() {
    for op in every_op() {
        let original = envelope(&op);
        let mut hashes = vec![original.hash()];
        for (field, change) in CHANGES {
            let mut changed = original.clone();
            change(&mut changed);
            assert!(!hashes.contains(&changed.hash()), "{field}");
            hashes.push(changed.hash());
        }
    }
}

#[test]
fn text_that_moves_between_kind_and_payload_changes_the_hash() {
    let mut one = envelope(&every_op()[2]);
    let mut other = one.clone();
    (one.kind, one.payload) = ("ab".to_owned(), "c".to_owned());
    (other.kind, other.payload) = ("a".to_owned(), "bc".to_owned());
    assert_ne!(one.hash(), other.hash());
}

#[test]
fn an_envelope_that_travelled_as_json_has_the_same_hash() {
    for op in every_op() {
        let sent = envelope(&op);
        let text = serde_json::to_string(&sent).unwrap();
        let got: OpEnvelope = serde_json::from_str(&text).unwrap();
        assert_eq!(got.hash(), sent.hash());
        assert_eq!(got.op().unwrap(), op);
    }
}

#[test]
fn the_hash_of_an_envelope_never_changes_between_programs() {
    let stamp = every_op()[2].clone();
    assert_eq!(
        envelope(&stamp).hash().to_string(),
        "f7a558dd4cd52f0069b319965fec06d83310040c14b785a154b85efefa0a73f3"
    );
}

#[test]
fn a_hash_reads_back_from_its_text_and_nothing_else_does() {
    let hash = envelope(&every_op()[0]).hash();
    assert_eq!(hash.to_string().parse(), Ok(hash));
    for text in ["", "ab", &"g".repeat(64), &"+1".repeat(32), &"é".repeat(32)] {
        assert!(text.parse::<OpHash>().is_err(), "{text}");
    }
}

#[test]
fn an_operation_has_the_same_effects_every_time() {
    for op in every_op() {
        let meta = envelope(&op).meta();
        assert_eq!(effects(&op, &meta).unwrap(), effects(&op, &meta).unwrap());
    }
}

#[test]
fn no_two_rows_of_an_operation_share_an_id() {
    for op in every_op() {
        let all = effects(&op, &envelope(&op).meta()).unwrap();
        let mut seen = BTreeSet::new();
        for effect in &all {
            if let counterfoil_domain::Effect::Insert(row) = effect {
                assert!(seen.insert((row.name(), row.id())), "{}", op.kind());
            }
        }
    }
}

#[test]
fn the_clock_never_goes_back_whatever_the_wall_clock_does() {
    let mut rng = Rng(SEED);
    let mut clock = Hlc::default();
    for _ in 0..100_000 {
        let now = UnixMs(rng.between(0, 1_000_000));
        let next = if rng.one_in(2) {
            clock.tick(now)
        } else {
            let other = Hlc {
                ms: rng.between(0, 1_000_000),
                counter: 5,
            };
            let next = clock.observe(other, now);
            assert!(next > other);
            next
        };
        assert!(next > clock, "{clock:?} {next:?}");
        clock = next;
    }
}

#[test]
fn the_clock_moves_on_even_when_its_counter_is_full() {
    let full = Hlc {
        ms: 1_000,
        counter: u32::MAX,
    };
    assert!(full.tick(UnixMs(0)) > full);
}

#[test]
fn a_clock_far_ahead_is_held_back_and_says_so() {
    let now = UnixMs(1_000_000);
    let at = |ms| Hlc { ms, counter: 2 };
    let (held, was) = at(now.0 + MAX_AHEAD_MS + 1).clamped(now);
    assert_eq!((held, was), (at(now.0 + MAX_AHEAD_MS), true));
    let (kept, was) = at(now.0 + MAX_AHEAD_MS).clamped(now);
    assert_eq!((kept, was), (at(now.0 + MAX_AHEAD_MS), false));
}

#[derive(Debug, Clone)]
enum Edit {
    Patch(Fields, FieldClock),
    Delete(FieldClock),
}

fn any_edits(rng: &mut Rng) -> Vec<Edit> {
    let devices = [rng.uuid(), rng.uuid(), rng.uuid()];
    let mut used = BTreeSet::new();
    let mut edits = Vec::new();
    while edits.len() < 5 {
        let clock = FieldClock {
            hlc: Hlc {
                ms: rng.between(0, 3),
                counter: u32::try_from(rng.between(0, 1)).unwrap(),
            },
            device_id: DeviceId(*rng.pick(&devices)),
        };
        // A device's clock never shows the same reading twice.
        if !used.insert(clock) {
            continue;
        }
        edits.push(if rng.one_in(4) {
            Edit::Delete(clock)
        } else {
            let fields = (0..rng.between(1, 3))
                .map(|_| {
                    let name = rng.pick::<&str>(&["name", "phone", "note"]);
                    ((*name).to_owned(), json!(rng.between(0, 2)))
                })
                .collect();
            Edit::Patch(fields, clock)
        });
    }
    edits
}

fn merged(edits: &[Edit]) -> (EntityRow, Clocks) {
    let mut row = EntityRow {
        kind: EntityKind::Customer,
        id: uuid::Uuid::nil(),
        fields: Fields::new(),
        deleted: false,
    };
    let mut clocks = Clocks::new();
    for edit in edits {
        match edit {
            Edit::Patch(fields, clock) => patch(&mut row, &mut clocks, fields, *clock),
            Edit::Delete(clock) => delete(&mut row, &mut clocks, *clock),
        };
    }
    (row, clocks)
}

fn permutations(edits: &[Edit]) -> Vec<Vec<Edit>> {
    if edits.len() <= 1 {
        return vec![edits.to_vec()];
    }
    (0..edits.len())
        .flat_map(|first| {
            let mut rest = edits.to_vec();
            let head = rest.remove(first);
            permutations(&rest).into_iter().map(move |mut tail| {
                tail.insert(0, head.clone());
                tail
            })
        })
        .collect()
}

#[test]
fn edits_give_the_same_row_in_whatever_order_they_arrive() {
    let mut rng = Rng(SEED);
    for _ in 0..150 {
        let edits = any_edits(&mut rng);
        let expected = merged(&edits);
        for order in permutations(&edits) {
            assert_eq!(merged(&order), expected, "{order:?}");
        }
    }
}

#[test]
fn an_edit_that_arrives_twice_changes_nothing_the_second_time() {
    let mut rng = Rng(SEED);
    for _ in 0..2_000 {
        let edits = any_edits(&mut rng);
        let mut twice = edits.clone();
        twice.extend(edits.clone());
        rng.shuffle(&mut twice);
        assert_eq!(merged(&twice), merged(&edits));
    }
}

#[test]
fn merging_says_whether_anything_changed() {
    let mut rng = Rng(SEED);
    for _ in 0..2_000 {
        let edits = any_edits(&mut rng);
        let (mut row, mut clocks) = merged(&edits[..4]);
        let before = row.clone();
        let changed = match &edits[4] {
            Edit::Patch(fields, clock) => patch(&mut row, &mut clocks, fields, *clock),
            Edit::Delete(clock) => delete(&mut row, &mut clocks, *clock),
        };
        assert_eq!(changed, row != before);
    }
}

#[test]
fn a_later_edit_revives_what_was_deleted_and_an_earlier_one_does_not() {
    let clock = |ms| FieldClock {
        hlc: Hlc { ms, counter: 0 },
        device_id: DeviceId(uuid::Uuid::nil()),
    };
    let name: Fields = [("name".to_owned(), json!("Rosa"))].into();
    let deleted = |edit_ms| {
        let edits = [
            Edit::Delete(clock(5)),
            Edit::Patch(name.clone(), clock(edit_ms)),
        ];
        merged(&edits).0.deleted
    };
    assert!(deleted(4));
    assert!(!deleted(6));
}
