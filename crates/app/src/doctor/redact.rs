//! Words for support without anything about people in them.

use sha2::{Digest as _, Sha256};

/// Turns what could name somebody into a word that is the same within one file and means nothing outside of it.
pub(super) struct Redactor {
    salt: [u8; 16],
}

impl Redactor {
    /// The salt is drawn for each file and kept nowhere.
    pub(super) const fn new(salt: [u8; 16]) -> Self {
        Self { salt }
    }

    /// A stand-in for a value.
    pub(super) fn hashed(&self, value: &str) -> String {
        if value.is_empty() {
            return String::new();
        }
        let digest = Sha256::new()
            .chain_update(self.salt)
            .chain_update(value)
            .finalize();
        digest[..6].iter().fold("#".to_owned(), |mut text, byte| {
            use std::fmt::Write as _;
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

/// Why something failed, with only plain lower-case words left of it: a reason may quote what somebody typed.
pub(super) fn reason(text: &str) -> String {
    let mut plain = String::new();
    let mut quoted = None;
    for letter in text.chars() {
        match quoted {
            Some(end) if letter == end => quoted = None,
            Some(_) => {}
            None if matches!(letter, '"' | '`' | '\'') => {
                quoted = Some(letter);
                plain.push('~');
            }
            None => plain.push(letter),
        }
    }
    let kept = |word: &&str| {
        let letters = word.trim_matches(|c: char| c.is_ascii_punctuation());
        !letters.is_empty() && letters.chars().all(|c| c.is_ascii_lowercase() || c == '_')
    };
    plain
        .split_whitespace()
        .map(|word| if kept(&word) { word } else { "~" })
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_stays_and_what_somebody_typed_goes() {
        assert_eq!(reason("slot_taken"), "slot_taken");
        assert_eq!(
            reason(
                "customer does not have its shape: invalid type: string \"María 987\", expected u64"
            ),
            "customer does not have its shape: invalid type: string ~ expected ~"
        );
        assert_eq!(reason("phone of María is +51987654321"), "phone of ~ is ~");
        assert_eq!(reason("an unclosed \"quote of Ana"), "an unclosed ~");
    }

    #[test]
    fn one_value_has_one_stand_in_within_a_file_and_another_in_the_next() {
        let (one, next) = (Redactor::new([1; 16]), Redactor::new([2; 16]));
        assert_eq!(one.hashed("Ana"), one.hashed("Ana"));
        assert_ne!(one.hashed("Ana"), next.hashed("Ana"));
        assert!(!one.hashed("Ana").contains("Ana"));
    }
}
