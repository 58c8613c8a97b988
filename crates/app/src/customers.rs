//! Customers: finding, enrolling and editing them, their signed cards and the poster.

use counterfoil_domain::CustomerId;

use crate::Counterfoil;
use crate::failure::{Outcome, not_built};
use crate::view::{CardFormat, CustomerTile, CustomerView, EnrolOutcome, SavedFile};

impl Counterfoil {
    /// Customers whose name or phone matches; the most recent ones for an empty query.
    ///
    /// # Errors
    /// When nobody is signed in or the database fails.
    pub fn customers(&self, _query: &str, _limit: u32) -> Outcome<Vec<CustomerTile>> {
        not_built()
    }

    /// A customer's page.
    ///
    /// # Errors
    /// `customer_not_found`.
    pub fn customer(&self, _customer_id: CustomerId) -> Outcome<CustomerView> {
        not_built()
    }

    /// Enrols a customer, or opens the one whose phone it is.
    ///
    /// # Errors
    /// `phone_invalid`, `name_missing`.
    pub fn enrol(&self, _name: &str, _phone: &str) -> Outcome<EnrolOutcome> {
        not_built()
    }

    /// Changes a customer's data.
    ///
    /// # Errors
    /// `customer_not_found`, `phone_invalid`, `name_missing`.
    pub fn edit_customer(
        &self,
        _customer_id: CustomerId,
        _name: &str,
        _phone: &str,
        _note: &str,
    ) -> Outcome<CustomerView> {
        not_built()
    }

    /// Saves a customer's card as a picture or a page.
    ///
    /// # Errors
    /// `customer_not_found`, `secrets_locked`, `disk_full`.
    pub fn save_card(&self, _customer_id: CustomerId, _format: CardFormat) -> Outcome<SavedFile> {
        not_built()
    }

    /// Saves the poster that invites to enrol.
    ///
    /// # Errors
    /// `disk_full`.
    pub fn save_poster(&self) -> Outcome<SavedFile> {
        not_built()
    }
}
