//! Scans: what a code is, and what it does.

use crate::Counterfoil;
use crate::failure::{Outcome, not_built};
use crate::view::{ScanOutcome, ScanVia};

impl Counterfoil {
    /// Acts upon a code that was read or typed.
    ///
    /// # Errors
    /// When nobody is signed in or the database fails; a refused code is an outcome.
    pub fn scan_text(&self, _code: &str, _via: ScanVia) -> Outcome<ScanOutcome> {
        not_built()
    }

    /// Reads a picture and acts upon its code.
    ///
    /// # Errors
    /// `no_code_in_picture`, `not_a_picture`, `picture_too_large`.
    pub fn scan_picture(&self, _bytes: &[u8]) -> Outcome<ScanOutcome> {
        not_built()
    }
}
