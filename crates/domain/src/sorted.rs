//! JSON with the names of every object in order, without a detour over values of any shape: what is hashed must be the same
//! text whoever writes it.

use std::ops::Range;

/// Compact JSON, as serde writes it, with every object's names sorted. None where a name needs escapes, whose order in the
/// text may be another, or where it is no JSON.
pub(crate) fn sorted(json: &str) -> Option<String> {
    let mut writer = Writer {
        rest: json.as_bytes(),
        out: Vec::with_capacity(json.len()),
    };
    writer.value()?;
    let whole = writer.rest.is_empty();
    whole.then(|| String::from_utf8(writer.out).ok()).flatten()
}

struct Writer<'a> {
    rest: &'a [u8],
    out: Vec<u8>,
}

impl Writer<'_> {
    fn value(&mut self) -> Option<()> {
        match self.rest.first()? {
            b'{' => self.object(),
            b'[' => self.list(),
            b'"' => self.text().map(drop),
            _ => {
                let is_end = |byte: &u8| matches!(byte, b',' | b'}' | b']');
                let end = self.rest.iter().position(is_end);
                let length = end.unwrap_or(self.rest.len());
                (length > 0).then(|| self.copy(length)).flatten()
            }
        }
    }

    fn copy(&mut self, length: usize) -> Option<()> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.out.extend_from_slice(taken);
        self.rest = rest;
        Some(())
    }

    fn takes(&mut self, byte: u8) -> bool {
        let there = self.rest.first() == Some(&byte);
        if there {
            self.rest = &self.rest[1..];
        }
        there
    }

    /// A string with its quotes, and whether anything in it is escaped.
    fn text(&mut self) -> Option<bool> {
        if self.rest.first() != Some(&b'"') {
            return None;
        }
        let mut escaped = false;
        let mut end = 1;
        loop {
            match self.rest.get(end)? {
                b'"' => break,
                b'\\' => {
                    escaped = true;
                    end += 2;
                }
                _ => end += 1,
            }
        }
        self.copy(end + 1)?;
        Some(escaped)
    }

    fn list(&mut self) -> Option<()> {
        self.copy(1)?;
        while !self.takes(b']') {
            self.value()?;
            if self.takes(b',') {
                self.out.push(b',');
            }
        }
        self.out.push(b']');
        Some(())
    }

    fn object(&mut self) -> Option<()> {
        self.copy(1)?;
        let start = self.out.len();
        // Each member's name, and the whole of it, as places behind the start.
        let mut members: Vec<(Range<usize>, Range<usize>)> = Vec::new();
        while !self.takes(b'}') {
            let from = self.out.len() - start;
            if self.text()? {
                return None;
            }
            let name = from + 1..self.out.len() - start - 1;
            self.copy(1)?;
            self.value()?;
            members.push((name, from..self.out.len() - start));
            self.takes(b',');
        }
        let body = self.out.split_off(start);
        members.sort_by(|a, b| body[a.0.clone()].cmp(&body[b.0.clone()]));
        for (place, (_, member)) in members.into_iter().enumerate() {
            if place > 0 {
                self.out.push(b',');
            }
            self.out.extend_from_slice(&body[member]);
        }
        self.out.push(b'}');
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Serialize;
    use serde_json::Value;

    use super::*;

    #[derive(Debug, Clone, Serialize)]
    struct Odd {
        zeta: Option<Box<Odd>>,
        beta: Vec<Inner>,
        alpha: String,
        mid: i64,
    }

    #[derive(Debug, Clone, Serialize)]
    struct Inner {
        b: u64,
        a: Option<bool>,
        ab: Value,
    }

    fn any_value() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Null),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,8}".prop_map(Value::from),
            proptest::collection::btree_map("[a-c{}\\[\\],:é ]{0,3}", ".{0,4}", 0..4)
                .prop_map(|map| serde_json::json!(map)),
        ]
    }

    fn odd() -> impl Strategy<Value = Odd> {
        let inner = (any::<u64>(), any::<Option<bool>>(), any_value())
            .prop_map(|(b, a, ab)| Inner { b, a, ab });
        let beta = proptest::collection::vec(inner, 0..4);
        let flat = (beta, ".{0,12}", any::<i64>()).prop_map(|(beta, alpha, mid)| Odd {
            zeta: None,
            beta,
            alpha,
            mid,
        });
        flat.prop_recursive(2, 4, 1, |inside| {
            (inside.clone(), inside).prop_map(|(zeta, outer)| Odd {
                zeta: Some(Box::new(zeta)),
                ..outer
            })
        })
    }

    proptest! {
        #[test]
        fn it_is_the_text_that_a_detour_over_values_makes(odd in odd()) {
            let detour = serde_json::to_value(&odd).unwrap().to_string();
            prop_assert_eq!(sorted(&serde_json::to_string(&odd).unwrap()), Some(detour));
        }

        #[test]
        fn what_is_no_json_makes_no_panic(text in "[{}\\[\\]\",:\\\\a1]{0,24}") {
            sorted(&text);
        }
    }

    #[test]
    fn a_name_with_escapes_is_left_to_the_detour() {
        assert_eq!(sorted(r#"{"a\"b":1}"#), None);
    }
}
