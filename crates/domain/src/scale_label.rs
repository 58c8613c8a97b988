//! Labels that a shop's own scale prints: an EAN-13 from the range that GS1 leaves to shops (02 and 20 to 29), with the
//! article and its price or weight in it. How the digits lie differs from shop to shop, so the shop says.

use crate::barcode;
use crate::money::{Money, MoneyError, Quantity};

/// Digits of an EAN-13.
const DIGITS: usize = 13;

/// How a shop's labels are laid out: thirteen places, such as `21IIIIIWWWWWC`.
///
/// Two digits that the label begins with, then `I` for the article's number, `P` for a price in minor units or `W` for a
/// weight in grams, `V` for a digit that is passed over (some scales check the price with it), and `C` for the check digit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    text: String,
    prefix: String,
    item: (usize, usize),
    amount: (usize, usize),
    is_weight: bool,
}

/// Why a layout can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// Not thirteen places.
    #[error("a label has 13 places, this layout has {0}")]
    Length(usize),
    /// It begins with digits that belong to the makers of products.
    #[error("a shop's own labels begin with 02 or with 20 to 29, not with {0}")]
    Prefix(String),
    /// A letter that means nothing here, or digits after the first two.
    #[error(
        "place {place} is {letter}; after the first two digits there may be I, P, W, V and at the end C"
    )]
    Letter {
        /// From 1.
        place: usize,
        /// What is there.
        letter: char,
    },
    /// The article's number is missing or in two parts.
    #[error("a layout needs one run of I, the article's number")]
    Item,
    /// The amount is missing, in two parts, or both a price and a weight.
    #[error("a layout needs one run of P (a price) or of W (a weight)")]
    Amount,
}

/// How much of an article a label is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelAmount {
    /// Its whole price, in minor units of the shop's currency.
    Price(u64),
    /// Its weight, in grams.
    Weight(u64),
}

/// What a scale's label says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScaleLabel {
    /// The article's number, leading zeros kept.
    pub item: String,
    /// How much of it.
    pub amount: LabelAmount,
}

impl Layout {
    /// Reads a layout as the shop wrote it.
    ///
    /// # Errors
    /// What is wrong with it, and what it should be.
    pub fn parse(layout: &str) -> Result<Self, LayoutError> {
        let places: Vec<char> = layout.chars().collect();
        if places.len() != DIGITS {
            return Err(LayoutError::Length(places.len()));
        }
        let prefix: String = places[..2].iter().collect();
        let is_shops = prefix == "02" || matches!(prefix.parse(), Ok(20..=29_u8));
        if !is_shops {
            return Err(LayoutError::Prefix(prefix));
        }
        for (at, letter) in places.iter().enumerate().skip(2) {
            let fits = match letter {
                'I' | 'P' | 'W' | 'V' => at < DIGITS - 1,
                'C' => at == DIGITS - 1,
                _ => false,
            };
            if !fits {
                return Err(LayoutError::Letter {
                    place: at + 1,
                    letter: *letter,
                });
            }
        }
        let item = run(&places, 'I').ok_or(LayoutError::Item)?;
        let (price, weight) = (places.contains(&'P'), places.contains(&'W'));
        let letter = match (price, weight) {
            (true, false) => 'P',
            (false, true) => 'W',
            _ => return Err(LayoutError::Amount),
        };
        Ok(Self {
            text: layout.to_owned(),
            prefix,
            item,
            amount: run(&places, letter).ok_or(LayoutError::Amount)?,
            is_weight: weight,
        })
    }

    /// The layout as the shop wrote it.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The two digits that its labels begin with.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// How many digits the article's number has.
    #[must_use]
    pub fn item_digits(&self) -> usize {
        self.item.1 - self.item.0
    }

    /// Whether its labels hold a weight; otherwise a price.
    #[must_use]
    pub fn is_weight(&self) -> bool {
        self.is_weight
    }

    /// The code of a label, the inverse of [`Self::read`]; digits that are passed over are zero. `None` where the article
    /// or the amount does not fit into this layout.
    #[must_use]
    pub fn write(&self, label: &ScaleLabel) -> Option<String> {
        let amount = match label.amount {
            LabelAmount::Price(minor) if !self.is_weight => minor,
            LabelAmount::Weight(grams) if self.is_weight => grams,
            _ => return None,
        };
        let room = self.amount.1 - self.amount.0;
        let amount = format!("{amount:0room$}");
        let fits = label.item.len() == self.item_digits()
            && label.item.bytes().all(|digit| digit.is_ascii_digit())
            && amount.len() == room;
        if !fits {
            return None;
        }
        let mut body = format!("{}{}", self.prefix, "0".repeat(DIGITS - 3));
        body.replace_range(self.item.0..self.item.1, &label.item);
        body.replace_range(self.amount.0..self.amount.1, &amount);
        let check = barcode::check_digit(&body)?;
        Some(format!("{body}{check}"))
    }

    /// What a code says, if it is a label of this layout: an EAN-13, or a UPC-A that begins with 2, with a right check digit.
    #[must_use]
    pub fn read(&self, code: &str) -> Option<ScaleLabel> {
        if !barcode::is_valid_gtin(code) {
            return None;
        }
        let code = barcode::normalised(code);
        if code.len() != DIGITS || !code.starts_with(&self.prefix) {
            return None;
        }
        let amount = code[self.amount.0..self.amount.1].parse().ok()?;
        Some(ScaleLabel {
            item: code[self.item.0..self.item.1].to_owned(),
            amount: if self.is_weight {
                LabelAmount::Weight(amount)
            } else {
                LabelAmount::Price(amount)
            },
        })
    }
}

/// The layouts that scales in a country come with. GS1 leaves the range to each shop, so outside of the countries that
/// agreed on one this is what the makers of scales and tills ship: 21 for a weight, 23 for a price.
#[must_use]
pub fn usual_layouts(country: &str) -> &'static [&'static str] {
    match country {
        // GS1 US: a UPC-A of number system 2, five digits of article, a digit that checks the price, four of price.
        "US" | "CA" => &["02IIIIIVPPPPC"],
        // There 23 stands for a weight and 20 to 22 for prices whose decimals differ: the owner says which.
        "SE" | "NO" | "FI" | "DK" => &[],
        _ => &["21IIIIIWWWWWC", "23IIIIIPPPPPC"],
    }
}

/// What the first of the shop's layouts that fits makes of a code.
#[must_use]
pub fn read(code: &str, layouts: &[Layout]) -> Option<ScaleLabel> {
    layouts.iter().find_map(|layout| layout.read(code))
}

/// From where to where a letter stands; `None` unless it is in one piece.
fn run(places: &[char], letter: char) -> Option<(usize, usize)> {
    let first = places.iter().position(|place| *place == letter)?;
    let end = places.iter().rposition(|place| *place == letter)? + 1;
    places[first..end]
        .iter()
        .all(|place| *place == letter)
        .then_some((first, end))
}

/// How far from the weight that fits best another one is looked for, in thousandths: a hundredth of a unit.
const NEAR: i64 = 10;

/// What a pack is sold as whose label says its price: how much of a unit that costs `unit_price` it holds, and the unit
/// price at which that quantity costs `price` to the minor unit.
///
/// A scale that weighs at `unit_price` prints what this gives back: the same unit price, and the weight as closely as a
/// price tells it. Where the label was printed at another unit price, the quantity is what the till's one gives, and the
/// unit price moves so that the customer pays what the label says. `None` where no quantity fits: then it is one piece.
///
/// # Errors
/// When the two are of different currencies.
pub fn sold_as(price: Money, unit_price: Money) -> Result<Option<(Quantity, Money)>, MoneyError> {
    // A currency of its own is no reason to guess.
    price.plus(unit_price)?;
    let (total, unit) = (price.minor(), unit_price.minor());
    if total <= 0 || unit <= 0 {
        return Ok(None);
    }
    let Ok(best) = price.scale(1000, unit) else {
        return Ok(None);
    };
    let best = best.minor().max(1);
    let costs = |quantity: i64, unit: Money| unit.scale(quantity, 1000).ok() == Some(price);
    let near = (0..=NEAR).flat_map(|far| [best - far, best + far]);
    let fitting: Vec<i64> = near
        .filter(|quantity| (1..=Quantity::MAX.milli()).contains(quantity))
        .collect();
    if let Some(quantity) = fitting
        .iter()
        .find(|quantity| costs(**quantity, unit_price))
    {
        return Ok(Some((Quantity(*quantity), unit_price)));
    }
    Ok(fitting.into_iter().find_map(|quantity| {
        let unit = price.scale(1000, quantity).ok()?;
        costs(quantity, unit).then_some((Quantity(quantity), unit))
    }))
}
