//! Completed sales: the list, the page, refunds and the receipt as a file.

use counterfoil_domain::SaleId;

use crate::Counterfoil;
use crate::failure::{Outcome, not_built};
use crate::view::{RefundInput, SaleTile, SaleView, SavedFile};

impl Counterfoil {
    /// Sales, newest first, by number, customer or product.
    ///
    /// # Errors
    /// When the database fails.
    pub fn sales(&self, _query: &str, _limit: u32) -> Outcome<Vec<SaleTile>> {
        not_built()
    }

    /// A sale's page.
    ///
    /// # Errors
    /// When there is no such sale.
    pub fn sale(&self, _sale_id: SaleId) -> Outcome<SaleView> {
        not_built()
    }

    /// Gives lines back; the sale stays as it was.
    ///
    /// # Errors
    /// `refund_over_sale`, `shift_not_open`.
    pub fn refund(&self, _input: RefundInput) -> Outcome<SaleView> {
        not_built()
    }

    /// Saves a receipt as PDF.
    ///
    /// # Errors
    /// `disk_full`.
    pub fn save_receipt_pdf(&self, _sale_id: SaleId) -> Outcome<SavedFile> {
        not_built()
    }
}
