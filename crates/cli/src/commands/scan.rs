//! What the codes of a picture are.

use std::path::Path;

use counterfoil_app::Counterfoil;
use counterfoil_app::inspect::{Inspected, Meaning};
use counterfoil_app::view::Failure;

use crate::output::Output;

pub fn scan(app: &Counterfoil, file: &Path, output: &Output) -> Result<(), Failure> {
    let bytes = std::fs::read(file)?;
    let found = app.inspect_picture(&bytes)?;
    output.answer(&found, |found| found.iter().map(words).collect())
}

fn words(found: &Inspected) -> String {
    let meaning = match &found.meaning {
        Meaning::Customer { name, .. } => format!("the card of {name}"),
        Meaning::Refused { failure } => format!("refused: {} ({})", failure.message, failure.code),
        Meaning::Product { name, .. } => format!("the product {name}"),
        Meaning::Pairing { hub, .. } => format!("a pairing code of {hub}"),
        Meaning::Unknown { barcode: true } => "a barcode of no product here".to_owned(),
        Meaning::Unknown { barcode: false } => "nothing this shop knows".to_owned(),
    };
    format!("{}: {meaning}", found.code)
}
