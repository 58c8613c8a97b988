//! What the codes of a picture are, without acting upon them: for support and scripts.

use counterfoil_domain::{CustomerId, ProductId, barcode};
use counterfoil_protocol::card;
use counterfoil_protocol::pairing::PairingUri;
use counterfoil_store::read::desk::find_name;
use serde::Serialize;

use crate::Counterfoil;
use crate::failure::Outcome;
use crate::view::Failure;

/// A code and what it is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Inspected {
    /// What was read.
    pub code: String,
    /// What it is.
    pub meaning: Meaning,
}

/// What a code is.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Meaning {
    /// A customer's card whose signature holds.
    Customer {
        /// Who.
        customer_id: CustomerId,
        /// Their name.
        name: String,
    },
    /// A card that is refused.
    Refused {
        /// Why.
        failure: Failure,
    },
    /// A product.
    Product {
        /// Which.
        product_id: ProductId,
        /// Its name.
        name: String,
    },
    /// A pairing code.
    Pairing {
        /// The hub's address.
        hub: String,
        /// The one-time code.
        code: String,
    },
    /// Nothing this shop knows.
    Unknown {
        /// Whether it looks like a product's barcode.
        barcode: bool,
    },
}

impl Counterfoil {
    /// Reads a picture's codes and says what they are.
    ///
    /// # Errors
    /// `no_code_in_picture`, `not_a_picture`, `picture_too_large`.
    pub fn inspect_picture(&self, bytes: &[u8]) -> Outcome<Vec<Inspected>> {
        let found = counterfoil_scan::decode_picture(bytes)?;
        found
            .into_iter()
            .map(|found| {
                let meaning = self.meaning(&found.code)?;
                Ok(Inspected {
                    code: found.code,
                    meaning,
                })
            })
            .collect()
    }

    fn meaning(&self, code: &str) -> Outcome<Meaning> {
        if card::looks_like_card(code) {
            return Ok(self
                .card_holder(code)
                .unwrap_or_else(|failure| Meaning::Refused { failure }));
        }
        if let Some(uri) = PairingUri::parse(code) {
            return Ok(Meaning::Pairing {
                hub: uri.hub,
                code: uri.code,
            });
        }
        let gtin = barcode::normalised(code);
        let products = self.catalogue()?.products;
        let product = products
            .into_iter()
            .find(|p| !p.barcode.is_empty() && barcode::normalised(&p.barcode) == gtin);
        Ok(match product {
            Some(product) => Meaning::Product {
                product_id: product.product_id,
                name: product.name,
            },
            None => Meaning::Unknown {
                barcode: barcode::is_valid_gtin(code),
            },
        })
    }

    fn card_holder(&self, code: &str) -> Outcome<Meaning> {
        let customer_id = self.verified_card(code)?.card.customer_id;
        let name = self
            .store()?
            .read(|conn| find_name(conn, "customer", &customer_id.to_string()))?;
        if name.is_empty() {
            return Err(Failure::new(
                "customer_not_found",
                "this card belongs to nobody here",
            ));
        }
        Ok(Meaning::Customer { customer_id, name })
    }
}
