//! The demo shop's catalogue and people, as they stand in `assets/demo`.

use counterfoil_domain::Money;
use counterfoil_domain::entity::{OnboardingStep, Shop, Staff};
use serde::Deserialize;

use super::DemoError;

/// `catalogue.json`: the shop, its categories and what it sells.
#[derive(Debug, Deserialize)]
pub(super) struct Catalogue {
    pub(super) shop: Shop,
    pub(super) categories: Vec<CategoryAsset>,
    pub(super) products: Vec<ProductAsset>,
}

#[derive(Debug, Deserialize)]
pub(super) struct CategoryAsset {
    pub(super) code: String,
    pub(super) name: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct ProductAsset {
    pub(super) sku: String,
    /// Code of its category.
    pub(super) category: String,
    pub(super) name: String,
    pub(super) price_minor: i64,
    pub(super) tax_class: String,
    pub(super) barcode: String,
    /// How often it is asked for, against its neighbours in the category.
    pub(super) demand: i64,
    /// Absent for what is made to order.
    pub(super) stock: Option<StockAsset>,
}

/// Pieces on the shelf.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct StockAsset {
    /// What a delivery fills the shelf up to.
    pub(super) full: i64,
    /// Below this the product needs attention.
    pub(super) low: i64,
}

/// `people.json`: who works there, who is visited, and names for customers.
#[derive(Debug, Deserialize)]
pub(super) struct People {
    pub(super) staff: Vec<StaffAsset>,
    pub(super) onboarding_steps: Vec<StepAsset>,
    pub(super) merchants: Vec<MerchantAsset>,
    pub(super) given_names: Vec<String>,
    pub(super) family_names: Vec<String>,
}

/// Somebody who works at the shop, with the PIN that the hash stands for: the demo's PINs are no secret.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct StaffAsset {
    pub(super) pin: String,
    #[serde(flatten)]
    pub(super) staff: Staff,
}

#[derive(Debug, Deserialize)]
pub(super) struct StepAsset {
    code: String,
    name: String,
}

impl StepAsset {
    pub(super) fn undone(&self) -> OnboardingStep {
        OnboardingStep {
            code: self.code.clone(),
            name: self.name.clone(),
            done_at: None,
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct MerchantAsset {
    pub(super) name: String,
    pub(super) district: String,
    pub(super) address: String,
    pub(super) contact: String,
    pub(super) phone: String,
    pub(super) steps_done: usize,
}

impl Catalogue {
    pub(super) fn embedded() -> Result<Self, DemoError> {
        let text = include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../assets/demo/catalogue.json"
        ));
        Ok(serde_json::from_str(text)?)
    }

    pub(super) fn price(&self, product: &ProductAsset) -> Result<Money, DemoError> {
        Ok(Money::new(product.price_minor, self.shop.currency)?)
    }
}

impl People {
    pub(super) fn embedded() -> Result<Self, DemoError> {
        let text = include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../assets/demo/people.json"
        ));
        Ok(serde_json::from_str(text)?)
    }
}
