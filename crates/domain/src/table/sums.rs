//! Checksums a table.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::{Table, TableRow};

/// The version of what [`TableRow::digest`] sees. It goes up when a shared row gets another value, so that programs of
/// different versions never compare what must differ.
pub const SHAPE: u32 = 1;
const SHAPE_KEY: &str = "shape";

/// A checksum a table that follows its rows one by one: the sum of their digests modulo 2^128, in whatever order they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sums([u128; Table::ALL.len()]);

impl Sums {
    /// Counts a row in.
    pub fn add(&mut self, row: &TableRow<'_>) {
        let sum = &mut self.0[row.table.place()];
        *sum = sum.wrapping_add(row.digest());
    }

    /// Counts a row out.
    pub fn remove(&mut self, row: &TableRow<'_>) {
        let sum = &mut self.0[row.table.place()];
        *sum = sum.wrapping_sub(row.digest());
    }

    /// The tables whose sums differ.
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<Table> {
        Table::ALL
            .into_iter()
            .filter(|table| self.0[table.place()] != other.0[table.place()])
            .collect()
    }
}

impl Serialize for Sums {
    /// A map from the table's name to 32 hexadecimal digits, and `shape` with [`SHAPE`].
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let sums = Table::ALL.into_iter().map(|table| {
            let mut hex = String::with_capacity(32);
            // Writing to a String cannot fail.
            let _ = write!(hex, "{:032x}", self.0[table.place()]);
            (table.name(), hex)
        });
        serializer.collect_map(sums.chain([(SHAPE_KEY, SHAPE.to_string())]))
    }
}

impl<'de> Deserialize<'de> for Sums {
    /// Refuses sums of another [`SHAPE`].
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        let map = BTreeMap::<String, String>::deserialize(deserializer)?;
        if map.get(SHAPE_KEY) != Some(&SHAPE.to_string()) {
            return Err(D::Error::custom("the sums have another shape"));
        }
        let mut sums = Self::default();
        for table in Table::ALL {
            let hex = map
                .get(table.name())
                .ok_or_else(|| D::Error::missing_field(table.name()))?;
            sums.0[table.place()] = u128::from_str_radix(hex, 16).map_err(D::Error::custom)?;
        }
        Ok(sums)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Cell, fact_rows, samples};

    fn row(table: Table, cells: Vec<Cell<'static>>) -> TableRow<'static> {
        TableRow { table, cells }
    }

    #[test]
    fn every_table_has_its_place() {
        for (place, table) in Table::ALL.into_iter().enumerate() {
            assert_eq!(table.place(), place);
        }
    }

    #[test]
    fn a_sum_is_the_same_in_whatever_order_rows_come_and_go() {
        let [a, b, c] = ["a", "b", "c"].map(|text| row(Table::Stamp, vec![text.into()]));
        let mut one = Sums::default();
        one.add(&a);
        one.add(&b);
        let mut other = Sums::default();
        for row in [&c, &b, &a] {
            other.add(row);
        }
        assert_eq!(one.differences(&other), [Table::Stamp]);
        other.remove(&c);
        assert_eq!(one, other);
    }

    #[test]
    fn values_cannot_be_moved_across_their_borders() {
        let digest = |cells| row(Table::Cash, cells).digest();
        let all = [
            digest(vec!["ab".into(), "c".into()]),
            digest(vec!["a".into(), "bc".into()]),
            digest(vec!["abc".into()]),
            digest(vec![Cell::Null, "abc".into()]),
            digest(vec![1_i64.into()]),
            digest(vec!["1".into()]),
        ];
        let distinct: std::collections::BTreeSet<_> = all.into_iter().collect();
        assert_eq!(distinct.len(), all.len());
    }

    #[test]
    fn sums_survive_the_wire() {
        let mut sums = Sums::default();
        sums.add(&row(Table::Refund, vec!["r".into()]));
        let text = serde_json::to_string(&sums).unwrap();
        assert_eq!(serde_json::from_str::<Sums>(&text).unwrap(), sums);
    }

    #[test]
    fn what_a_digest_sees_changes_only_with_the_shape() {
        // When this fails, a shared row has another value: raise SHAPE, and put the new figures here.
        let mut sums = Sums::default();
        for fact in samples::facts() {
            for row in fact_rows(&fact).unwrap() {
                sums.add(&row);
            }
        }
        let golden = include_str!("golden.json");
        assert_eq!(
            serde_json::to_string_pretty(&sums).unwrap(),
            golden.trim_end()
        );
    }
}
