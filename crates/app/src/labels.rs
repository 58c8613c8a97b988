//! Labels of the shop's own scale: how they are laid out, and what a scanned one rings up.

use counterfoil_domain::entity::{EntityKind, Product};
use counterfoil_domain::op::EntityEdited;
use counterfoil_domain::scale_label::{
    LabelAmount, Layout, LayoutError, ScaleLabel, sold_as, usual_layouts,
};
use counterfoil_domain::{Money, Op, ProductId, Quantity};
use counterfoil_store::read::counter::find_product_by_code;

use crate::failure::Outcome;
use crate::view::{Failure, ScaleLabelsView, ScaleLayoutView, ScanOutcome};
use crate::{Counterfoil, ShopInfo};

/// More layouts than there are prefixes would never all be read.
const LAYOUTS_MAX: usize = 11;

impl Counterfoil {
    /// How the labels of the shop's scale are laid out.
    ///
    /// # Errors
    /// When nobody is signed in or the database fails.
    pub fn scale_labels(&self) -> Outcome<ScaleLabelsView> {
        self.signed_in()?;
        let info = self.shop()?;
        let layouts: Vec<ScaleLayoutView> = layouts(&info).iter().map(view).collect();
        let is_new = |usual: &Layout| layouts.iter().all(|have| have.prefix != usual.prefix());
        let usual = usual_layouts(&info.shop.country)
            .iter()
            .filter_map(|text| Layout::parse(text).ok());
        Ok(ScaleLabelsView {
            usual: usual.filter(is_new).map(|layout| view(&layout)).collect(),
            layouts,
        })
    }

    /// Sets how the labels of the shop's scale are laid out, on every till of the shop.
    ///
    /// # Errors
    /// `scale_layout_...` for what is wrong with one, `role_not_allowed`.
    pub fn set_scale_labels(&self, layouts: &[String]) -> Outcome<ScaleLabelsView> {
        let who = self.signed_in_as(&[])?.staff_id;
        let mut known: Vec<Layout> = Vec::new();
        for text in layouts.iter().take(LAYOUTS_MAX + 1) {
            let text = text.trim().to_uppercase();
            let layout = Layout::parse(&text).map_err(|error| refused(&text, &error))?;
            if known.iter().any(|have| have.prefix() == layout.prefix()) {
                let text = format!("there is a layout for {} already", layout.prefix());
                return Err(Failure::new("scale_layout_twice", text)
                    .on("layout")
                    .with("prefix", layout.prefix()));
            }
            known.push(layout);
        }
        let texts: Vec<&str> = known.iter().map(Layout::text).collect();
        let op = Op::EntityEdited(EntityEdited {
            entity: EntityKind::Shop,
            id: self.shop()?.tenant_id.0,
            fields: [("scale_labels".to_owned(), serde_json::to_value(texts)?)].into(),
        });
        self.store()?.transact(op, Some(who))?;
        self.scale_labels()
    }

    /// Rings up what a label is for, if the code is one.
    pub(crate) fn scan_label(&self, code: &str) -> Outcome<Option<ScanOutcome>> {
        let info = self.shop()?;
        let read = |layout: Layout| layout.read(code).map(|label| (layout, label));
        let Some((layout, label)) = layouts(&info).into_iter().find_map(read) else {
            return Ok(None);
        };
        Ok(Some(
            self.ring_up_label(&info, &layout, &label)
                .unwrap_or_else(|failure| ScanOutcome::Refused { failure }),
        ))
    }

    fn ring_up_label(
        &self,
        info: &ShopInfo,
        layout: &Layout,
        label: &ScaleLabel,
    ) -> Outcome<ScanOutcome> {
        let (product_id, product) = self.labelled_product(layout, label)?;
        let (price, quantity) = match label.amount {
            LabelAmount::Price(0) | LabelAmount::Weight(0) => {
                let text = format!("the label of {} holds no amount", product.name);
                return Err(Failure::new("label_empty", text).with("name", &product.name));
            }
            LabelAmount::Price(minor) => {
                let minor = i64::try_from(minor).unwrap_or(i64::MAX);
                let price = Money::new(minor, info.shop.currency)?;
                let sold = product.price.map(|unit| sold_as(price, unit)).transpose()?;
                match sold.flatten() {
                    Some((quantity, unit)) => (Some(unit), quantity),
                    None => (Some(price), Quantity::pieces(1)),
                }
            }
            // A price is that of a kilogram where the scale says grams.
            LabelAmount::Weight(grams) => {
                let quantity = Quantity(i64::try_from(grams).unwrap_or(i64::MAX));
                (product.price, quantity)
            }
        };
        if price.is_none() {
            let text = format!("{} has no price for a kilogram", product.name);
            return Err(Failure::new("label_price_missing", text).with("name", &product.name));
        }
        let (line_id, cart) = self.add_labelled(product_id, price, quantity)?;
        Ok(ScanOutcome::Product {
            line_id,
            name: product.name,
            cart,
        })
    }

    /// The product under a label's article: by the label without its amount, as product lists have it, then by the
    /// article's number, then by that number without leading zeros.
    fn labelled_product(
        &self,
        layout: &Layout,
        label: &ScaleLabel,
    ) -> Outcome<(ProductId, Product)> {
        let blank = ScaleLabel {
            item: label.item.clone(),
            amount: match label.amount {
                LabelAmount::Price(_) => LabelAmount::Price(0),
                LabelAmount::Weight(_) => LabelAmount::Weight(0),
            },
        };
        let short = label.item.trim_start_matches('0');
        let codes = layout
            .write(&blank)
            .into_iter()
            .chain([label.item.clone(), short.to_owned()]);
        let codes: Vec<String> = codes.filter(|code| !code.is_empty()).collect();
        let found = self.store()?.read(|conn| {
            for code in &codes {
                if let Some(found) = find_product_by_code(conn, code)? {
                    return Ok(Some(found));
                }
            }
            Ok(None)
        })?;
        found.ok_or_else(|| {
            let text = format!("no product here has the article number {}", label.item);
            Failure::new("label_unknown_article", text).with("item", &label.item)
        })
    }
}

/// What the shop has set; a layout that another version wrote and this one cannot read is passed over.
fn layouts(info: &ShopInfo) -> Vec<Layout> {
    let texts = info.shop.scale_labels.iter();
    texts.filter_map(|text| Layout::parse(text).ok()).collect()
}

fn view(layout: &Layout) -> ScaleLayoutView {
    let item = format!("{:0>width$}", 123, width = layout.item_digits());
    let item = item[item.len() - layout.item_digits()..].to_owned();
    let amount = |n| {
        if layout.is_weight() {
            LabelAmount::Weight(n)
        } else {
            LabelAmount::Price(n)
        }
    };
    // The longest amount that fits, of what a shop sells every day.
    let example = [1250, 125, 12, 1].into_iter().find_map(|n| {
        let item = item.clone();
        layout.write(&ScaleLabel {
            item,
            amount: amount(n),
        })
    });
    ScaleLayoutView {
        layout: layout.text().to_owned(),
        prefix: layout.prefix().to_owned(),
        weight: layout.is_weight(),
        item_digits: u32::try_from(layout.item_digits()).unwrap_or(0),
        example: example.unwrap_or_default(),
    }
}

fn refused(layout: &str, error: &LayoutError) -> Failure {
    let code = match error {
        LayoutError::Length(_) => "scale_layout_length",
        LayoutError::Prefix(_) => "scale_layout_prefix",
        LayoutError::Letter { .. } => "scale_layout_letter",
        LayoutError::Item => "scale_layout_item",
        LayoutError::Amount => "scale_layout_amount",
    };
    let failure = Failure::new(code, error.to_string())
        .on("layout")
        .with("layout", layout);
    match error {
        LayoutError::Length(places) => failure.with("places", places),
        LayoutError::Letter { place, letter } => {
            failure.with("place", place).with("letter", letter)
        }
        LayoutError::Prefix(_) | LayoutError::Item | LayoutError::Amount => failure,
    }
}
