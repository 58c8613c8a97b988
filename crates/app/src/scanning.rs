//! Scans: what a code is, and what it does. Camera, picture, hand scanner and typing all come through this one door.

use counterfoil_domain::entity::Role;
use counterfoil_domain::{EntityKind, MerchantId, Quantity, SaleId, VisitId, barcode};
use counterfoil_protocol::card::{self, TrustedKey};
use counterfoil_protocol::pairing::PairingUri;
use counterfoil_scan::{PictureError, decode_picture};
use counterfoil_store::read::counter::{find_product_by_code, find_sale_by_number, has_entity};
use uuid::Uuid;

use crate::Counterfoil;
use crate::failure::Outcome;
use crate::view::{Failure, ScanOutcome, ScanVia};

const MERCHANT: &str = "counterfoil:merchant:";
const VISIT: &str = "counterfoil:visit:";
/// Nobody types or prints longer codes; a QR code can hold more.
const CODE_MAX: usize = 1000;

impl Counterfoil {
    /// Acts upon a code that was read or typed: a card is stamped, a product is added, anything else is told.
    ///
    /// # Errors
    /// When nobody is signed in or the database fails; a refused code is an outcome.
    pub fn scan_text(&self, code: &str, via: ScanVia) -> Outcome<ScanOutcome> {
        let code = code.trim();
        tracing::debug!(?via, length = code.len(), "scan");
        // Products without a barcode have an empty one.
        if code.is_empty() || code.len() > CODE_MAX {
            return Ok(unknown(code));
        }
        // Before there is a shop nobody can sign in, and pairing is what a scan is for.
        if let Some(PairingUri { hub, code }) = PairingUri::parse(code) {
            return Ok(ScanOutcome::Pairing { hub, code });
        }
        self.signed_in()?;
        if card::looks_like_card(code) {
            return Ok(self
                .scan_card(code)
                .unwrap_or_else(|failure| ScanOutcome::Refused { failure }));
        }
        if let Some(outcome) = self.scan_place(code)? {
            return Ok(outcome);
        }
        if let Some(outcome) = self.scan_product(code)? {
            return Ok(outcome);
        }
        if let Some(outcome) = self.scan_label(code)? {
            return Ok(outcome);
        }
        Ok(self
            .scan_receipt(code)?
            .map_or_else(|| unknown(code), |sale_id| ScanOutcome::Sale { sale_id }))
    }

    /// Reads a picture and acts upon its code; of several, a card comes first.
    ///
    /// # Errors
    /// `no_code_in_picture`, `not_a_picture`, `picture_too_large`.
    pub fn scan_picture(&self, bytes: &[u8]) -> Outcome<ScanOutcome> {
        let found = decode_picture(bytes).map_err(|error| picture_failure(&error))?;
        let code = found
            .iter()
            .find(|found| card::looks_like_card(&found.code))
            .or_else(|| found.first())
            .ok_or_else(|| picture_failure(&PictureError::NoCode))?;
        self.scan_text(&code.code, ScanVia::Picture)
    }

    fn scan_card(&self, code: &str) -> Outcome<ScanOutcome> {
        self.signed_in_as(&[Role::Cashier])?;
        let verified = self.verified_card(code)?;
        let card = verified.card;
        let mut stamping = self.stamping(card.customer_id)?;
        if verified.made_at.is_some() {
            // Shown twice while it lives, it counts once, however short the shop's pause is.
            stamping.pause_s_min = card::PASSING_WINDOW_S;
        }
        // One commit: a card that was refused was not stamped, one that was stamped is on the cart.
        let (stamp, cart) = self.change_cart(|tx, cart| {
            cart.customer_id = Some(card.customer_id);
            stamping.perform(tx)
        })?;
        Ok(ScanOutcome::Customer {
            customer: self.customer_tile(card.customer_id)?,
            stamp,
            cart,
        })
    }

    /// What a card says, if this shop's keys vouch for it now and nobody has reported it lost.
    pub(crate) fn verified_card(&self, code: &str) -> Outcome<card::Verified> {
        let info = self.shop()?;
        let keys: Vec<TrustedKey> = info
            .shop
            .card_keys
            .iter()
            .filter_map(TrustedKey::of)
            .collect();
        let verified = card::verify(code, info.tenant_id, &keys, self.now())?;
        if verified.is_lost(self.cards_lost(verified.card.customer_id)?) {
            let text = "this card was reported lost and is blocked; the customer has a new one, or gets one";
            return Err(Failure::new("card_lost", text));
        }
        Ok(verified)
    }

    /// A merchant's or a visit's code, if this till knows them.
    fn scan_place(&self, code: &str) -> Outcome<Option<ScanOutcome>> {
        let id_after = |prefix| Uuid::parse_str(code.strip_prefix(prefix)?).ok();
        let knows = |kind, id| {
            self.store()?
                .read(|conn| has_entity(conn, kind, id))
                .map_err(Failure::from)
        };
        if let Some(id) = id_after(MERCHANT)
            && knows(EntityKind::Merchant, id)?
        {
            let merchant_id = MerchantId(id);
            return Ok(Some(ScanOutcome::Merchant { merchant_id }));
        }
        if let Some(id) = id_after(VISIT)
            && knows(EntityKind::Visit, id)?
        {
            let visit_id = VisitId(id);
            return Ok(Some(ScanOutcome::Visit { visit_id }));
        }
        Ok(None)
    }

    fn scan_product(&self, code: &str) -> Outcome<Option<ScanOutcome>> {
        let found = self
            .store()?
            .read(|conn| find_product_by_code(conn, code))?;
        let Some((product_id, product)) = found else {
            return Ok(None);
        };
        let added = self.add_product(product_id, Quantity::pieces(1));
        Ok(Some(match added {
            Ok((line_id, cart)) => ScanOutcome::Product {
                line_id,
                name: product.name,
                cart,
            },
            Err(failure) => ScanOutcome::Refused { failure },
        }))
    }

    /// The sale whose receipt says `T1-000042`.
    fn scan_receipt(&self, code: &str) -> Outcome<Option<SaleId>> {
        let Some((till_code, number)) = code.rsplit_once('-') else {
            return Ok(None);
        };
        let Ok(number) = number.parse() else {
            return Ok(None);
        };
        Ok(self
            .store()?
            .read(|conn| find_sale_by_number(conn, till_code, number))?)
    }
}

fn unknown(code: &str) -> ScanOutcome {
    ScanOutcome::Unknown {
        barcode: barcode::is_valid_gtin(code),
        code: code.chars().take(CODE_MAX).collect(),
    }
}

fn picture_failure(error: &PictureError) -> Failure {
    let code = match error {
        PictureError::NotAPicture | PictureError::Damaged(_) => "not_a_picture",
        PictureError::TooLarge { .. } => "picture_too_large",
        PictureError::NoCode => "no_code_in_picture",
    };
    Failure::new(code, error.to_string())
}
