//! The program itself, on the demo shop, without a keyring and without a network.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use counterfoil_app::view::CardFormat;
use counterfoil_app::{Config, Counterfoil, Host};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The PIN under which a demo till without a keyring wraps its secrets.
const PIN: &str = "111111";
const NO_KEYRING: (&str, &str) = ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent");

fn cli(data: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_counterfoil-cli"));
    command
        .env(NO_KEYRING.0, NO_KEYRING.1)
        .env_remove("COUNTERFOIL_HUB_URL")
        .args(["--json", "--data"])
        .arg(data)
        .args(args)
        .stdin(Stdio::null());
    command
}

fn said(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| {
        panic!("{}", String::from_utf8_lossy(&output.stderr));
    })
}

fn done(data: &Path, args: &[&str]) -> Value {
    let output = cli(data, args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", said(&output));
    said(&output)
}

/// The exit code and the failure's code.
fn refused(data: &Path, args: &[&str]) -> (i32, String) {
    let output = cli(data, args).output().unwrap();
    let code = said(&output)["error"]["code"].as_str().unwrap().to_owned();
    (output.status.code().unwrap(), code)
}

/// A demo shop of one's own, copied from one that is made once.
fn demo() -> TempDir {
    static MADE: OnceLock<TempDir> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        done(folder.path(), &["demo", "load"]);
        folder
    });
    let own = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(made.path()).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), own.path().join(entry.file_name())).unwrap();
    }
    own
}

#[test]
fn loading_the_demo_twice_changes_nothing() {
    let shop = demo();
    let waiting = || done(shop.path(), &["status"])["sync"]["waiting"].clone();
    let before = waiting();
    let again = done(shop.path(), &["demo", "load"]);
    assert_eq!(again["shop"]["name"], "Café Lima");
    assert_eq!(waiting(), before);
}

#[test]
fn a_customer_is_enrolled_once_a_phone() {
    let shop = demo();
    let first = done(shop.path(), &["customer", "add", "Prueba", "987 000 111"]);
    let second = done(shop.path(), &["customer", "add", "Otra", "+51987000111"]);
    assert_eq!(
        (first["kind"].as_str(), second["kind"].as_str()),
        (Some("created"), Some("existing"))
    );
    let id = |outcome: &Value| outcome["customer"]["tile"]["customer_id"].clone();
    assert_eq!(id(&first), id(&second));
}

#[test]
fn a_number_that_is_no_phone_is_refused() {
    let shop = demo();
    let answer = refused(shop.path(), &["customer", "add", "Prueba", "12"]);
    assert_eq!(answer, (1, "phone_invalid".to_owned()));
}

#[test]
fn a_second_stamp_within_the_cooldown_waits() {
    let shop = demo();
    done(shop.path(), &["customer", "add", "Prueba", "987 000 111"]);
    assert_eq!(done(shop.path(), &["stamp", "Prueba"])["kind"], "given");
    assert_eq!(done(shop.path(), &["stamp", "Prueba"])["kind"], "cooldown");
    let shown = done(shop.path(), &["customer", "show", "987000111"]);
    assert_eq!(shown["tile"]["card"]["count"], 1);
}

/// Two coffees at 7.00 less 10 %, and one espresso at 8.50.
#[test]
fn a_sale_takes_its_discount_and_gives_change() {
    let shop = demo();
    let args = [
        "sell",
        "--line",
        "CAF-01:2:10%",
        "--line",
        "CAF-03",
        "--cash",
        "25",
    ];
    let sale = done(shop.path(), &args);
    assert_eq!(sale["tile"]["total"]["minor"], 2110);
    assert_eq!(sale["change"]["minor"], 390);
}

#[test]
fn sales_are_numbered_without_gaps_even_after_a_refused_one() {
    let shop = demo();
    let number = |sale: &Value| -> u32 {
        let text = sale["tile"]["number"].as_str().unwrap();
        text.rsplit('-').next().unwrap().parse().unwrap()
    };
    let first = number(&done(
        shop.path(),
        &["sell", "--line", "CAF-01", "--cash", "10"],
    ));
    let short = refused(shop.path(), &["sell", "--line", "CAF-01", "--cash", "1"]);
    assert_eq!(short, (1, "tenders_short".to_owned()));
    let second = number(&done(
        shop.path(),
        &["sell", "--line", "CAF-01", "--cash", "10"],
    ));
    assert_eq!(second, first + 1);
}

#[test]
fn a_sale_can_be_given_as_json() {
    let shop = demo();
    let order = json!({ "lines": [{ "sku": "CAF-01", "quantity": "3" }], "discount": "1.00", "card": "20.00" });
    let mut child = cli(shop.path(), &["sell", "--json-input", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(order.to_string().as_bytes())
        .unwrap();
    let sale = said(&child.wait_with_output().unwrap());
    assert_eq!(sale["tile"]["total"]["minor"], 2000);
    assert_eq!(sale["tenders"][0]["kind"], "card");
}

#[test]
fn an_unknown_product_is_named() {
    let shop = demo();
    let answer = refused(shop.path(), &["sell", "--line", "NOPE", "--cash", "5"]);
    assert_eq!(answer, (1, "product_not_found".to_owned()));
}

#[test]
fn a_months_figures_are_the_owners_and_no_cashiers() {
    let shop = demo();
    let month = done(shop.path(), &["stats", "--period", "month"]);
    assert!(month["current"]["sales"].as_u64().unwrap() > 0);
    assert_eq!(month["by_day"].as_array().unwrap().len(), 30);
    let answer = refused(shop.path(), &["--staff", "Rosa", "stats"]);
    assert_eq!(answer, (1, "role_not_allowed".to_owned()));
}

#[test]
fn a_free_slot_is_booked_moved_and_cancelled() {
    let shop = demo();
    let agenda = done(shop.path(), &["visits", "--days", "14"]);
    let (installer, merchant) = (&agenda[0]["installer_id"], &agenda[0]["merchant_id"]);
    let (installer, merchant) = (installer.as_str().unwrap(), merchant.as_str().unwrap());
    let free = done(
        shop.path(),
        &["visits", "--days", "14", "free", "--installer", installer],
    );
    let local = |slot: &Value| {
        let at = slot["starts_at"].as_i64().unwrap();
        let zone = jiff::tz::TimeZone::get("America/Lima").unwrap();
        let at = jiff::Timestamp::from_millisecond(at)
            .unwrap()
            .to_zoned(zone);
        at.strftime("%Y-%m-%dT%H:%M").to_string()
    };
    let slots = free.as_array().unwrap();
    let (first, last) = (local(&slots[0]), local(slots.last().unwrap()));
    let book = [
        "visits",
        "book",
        "--merchant",
        merchant,
        "--installer",
        installer,
        "--at",
        &first,
    ];
    let visit = done(shop.path(), &book);
    assert_eq!(visit["slot"], slots[0]);
    assert_eq!(refused(shop.path(), &book), (1, "slot_taken".to_owned()));
    let id = visit["visit_id"].as_str().unwrap();
    let moved = done(shop.path(), &["visits", "move", id, "--at", &last]);
    assert_eq!(moved["slot"], *slots.last().unwrap());
    let cancelled = done(
        shop.path(),
        &["visits", "cancel", id, "--reason", "Cerrado"],
    );
    assert_eq!(cancelled["status"], "cancelled");
    let over = refused(shop.path(), &["visits", "done", id]);
    assert_eq!(over, (1, "visit_not_open".to_owned()));
}

#[test]
fn a_picture_of_a_card_names_its_customer_without_stamping() {
    let shop = demo();
    let app = Counterfoil::open(Config::at(shop.path()), Host::system()).unwrap();
    app.secrets_unlock(PIN).unwrap();
    app.act_as(None).unwrap();
    let customer = app.customers("", 1).unwrap().remove(0);
    let picture = PathBuf::from(
        app.save_card(customer.customer_id, CardFormat::Png)
            .unwrap()
            .path,
    );
    drop(app);
    let found = done(shop.path(), &["scan", picture.to_str().unwrap()]);
    assert_eq!(found[0]["meaning"]["kind"], "customer");
    assert_eq!(found[0]["meaning"]["name"], customer.name);
    let shown = done(
        shop.path(),
        &["customer", "show", &customer.customer_id.to_string()],
    );
    assert_eq!(shown["tile"]["card"]["count"], customer.card.count);
}

#[test]
fn a_file_that_is_no_picture_is_refused() {
    let shop = demo();
    let file = shop.path().join("text.png");
    std::fs::write(&file, "text").unwrap();
    let answer = refused(shop.path(), &["scan", file.to_str().unwrap()]);
    assert_eq!(answer, (1, "not_a_picture".to_owned()));
}

#[test]
fn the_doctor_finds_the_demo_shop_sound() {
    let shop = demo();
    let checks = done(shop.path(), &["--secrets-pin", PIN, "doctor"]);
    assert_eq!(checks[0]["name"], "database");
    assert_eq!(checks[0]["verdict"], "fine");
}

#[test]
fn the_doctor_asks_somebody_to_look_where_the_till_works_but_waits_for_a_pin() {
    let shop = demo();
    let doctor = cli(shop.path(), &["doctor"]).output().unwrap();
    assert_eq!(doctor.status.code(), Some(4));
}

#[test]
fn the_doctor_writes_a_file_for_support() {
    let shop = demo();
    let file = shop.path().join("support.tgz");
    let name = file.to_str().unwrap();
    done(
        shop.path(),
        &["--secrets-pin", PIN, "doctor", "--bundle", name],
    );
    // Packed by gzip.
    assert_eq!(std::fs::read(&file).unwrap()[..2], [0x1f, 0x8b]);
}

#[test]
fn a_damaged_database_is_salvaged_with_everything_that_waits() {
    let shop = demo();
    let waiting = done(shop.path(), &["status"])["sync"]["waiting"].clone();
    let file = shop.path().join("till.sqlite3");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[..4096].fill(0x3c);
    std::fs::write(&file, &bytes).unwrap();
    assert_eq!(
        refused(shop.path(), &["status"]),
        (1, "database_damaged".to_owned())
    );
    let report = done(shop.path(), &["salvage"]);
    assert_eq!(report["unsent"], waiting);
    let kept = report["kept"].as_str().unwrap();
    assert_eq!(std::fs::read(kept).unwrap(), bytes);
    assert_eq!(done(shop.path(), &["status"])["sync"]["waiting"], waiting);
    assert_eq!(
        refused(shop.path(), &["salvage"]),
        (1, "repair_not_needed".to_owned())
    );
}

#[test]
fn changes_are_exported_as_words_and_as_data() {
    let shop = demo();
    let files = done(shop.path(), &["export"]);
    let words = std::fs::read_to_string(files["path"].as_str().unwrap()).unwrap();
    assert!(words.contains("Café Lima"));
    let data = std::fs::read_to_string(files["data_path"].as_str().unwrap()).unwrap();
    let data: Value = serde_json::from_str(&data).unwrap();
    assert_eq!(
        data["operations"].as_array().unwrap().len(),
        files["changes"]
    );
}

#[test]
fn a_damaged_database_is_named_as_such() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("till.sqlite3"), vec![7; 64 * 1024]).unwrap();
    assert_eq!(
        refused(folder.path(), &["status"]),
        (1, "database_damaged".to_owned())
    );
    let doctor = cli(folder.path(), &["doctor"]).output().unwrap();
    assert_eq!(doctor.status.code(), Some(1));
    assert_eq!(said(&doctor)[0]["verdict"], "broken");
}

#[test]
fn a_hub_that_is_not_there_may_be_there_later() {
    let folder = tempfile::tempdir().unwrap();
    let pair = [
        "--secrets-pin",
        PIN,
        "--hub",
        "http://127.0.0.1:9",
        "pair",
        "--code",
        "ABCDE12345",
    ];
    assert_eq!(
        refused(folder.path(), &pair),
        (3, "hub_unreachable".to_owned())
    );
}

#[test]
fn without_a_place_for_secrets_a_till_is_not_paired() {
    let folder = tempfile::tempdir().unwrap();
    let pair = [
        "--hub",
        "http://127.0.0.1:9",
        "pair",
        "--code",
        "ABCDE12345",
    ];
    assert_eq!(
        refused(folder.path(), &pair),
        (1, "keyring_unavailable".to_owned())
    );
}

#[test]
fn an_unpaired_till_says_so_instead_of_waiting() {
    let shop = demo();
    assert_eq!(
        refused(shop.path(), &["sync"]),
        (1, "not_paired".to_owned())
    );
}

#[test]
fn a_command_that_is_none_is_not_understood() {
    let folder = tempfile::tempdir().unwrap();
    let output = cli(folder.path(), &["dance"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}
