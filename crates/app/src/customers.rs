//! Customers: finding, enrolling and editing them, their signed cards and the poster.

use counterfoil_domain::entity::{Customer, EntityKind, Fields, Role, Shop};
use counterfoil_domain::fact::StampReason;
use counterfoil_domain::op::{CustomerEnrolled, EntityEdited};
use counterfoil_domain::{CustomerId, Op, phone, stamp};
use counterfoil_protocol::card;
use counterfoil_receipt as receipt;
use counterfoil_store::read::customers::{
    CustomerRow, HistoryRow, find_customer, find_customer_by_phone, list_customer_history,
    list_customers, sum_customer_sales,
};
use ed25519_dalek::SigningKey;

use crate::Counterfoil;
use crate::failure::Outcome;
use crate::view::{
    CardFormat, CustomerTile, CustomerView, EnrolOutcome, Failure, HistoryItem, PhoneCard,
    SavedFile,
};

/// More than anybody scrolls through.
const LIST_MAX: u32 = 500;
const HISTORY_MAX: u32 = 50;
/// Fifty pages, as many customers as a list shows.
const SHEET_CARDS_MAX: usize = 500;

impl Counterfoil {
    /// Customers whose name or phone matches; those seen last for an empty query.
    ///
    /// # Errors
    /// When nobody is signed in or the database fails.
    pub fn customers(&self, query: &str, limit: u32) -> Outcome<Vec<CustomerTile>> {
        self.signed_in()?;
        let required = self.shop()?.shop.stamps_required;
        let rows = self
            .store()?
            .read(|conn| list_customers(conn, query, limit.min(LIST_MAX)))?;
        Ok(rows.into_iter().map(|row| tile(row, required)).collect())
    }

    /// A customer's page. Without the key that signs cards (the till's secrets are locked) it has no QR code.
    ///
    /// # Errors
    /// `customer_not_found`.
    pub fn customer(&self, customer_id: CustomerId) -> Outcome<CustomerView> {
        self.signed_in()?;
        let info = self.shop()?;
        let (found, totals, history) = self.store()?.read(|conn| {
            Ok((
                find_customer(conn, customer_id)?,
                sum_customer_sales(conn, customer_id, info.shop.currency)?,
                list_customer_history(conn, customer_id, HISTORY_MAX)?,
            ))
        })?;
        let (row, customer) = found.ok_or_else(not_found)?;
        let (card_qr_svg, phone) = match self.card_text(customer_id) {
            Ok(text) => (receipt::svg(&text)?, self.phone_card(&text)?),
            Err(failure) => {
                tracing::warn!(code = failure.code, "a card cannot be shown");
                (String::new(), None)
            }
        };
        Ok(CustomerView {
            tile: tile(row, info.shop.stamps_required),
            note: customer.note,
            enrolled_at: customer.enrolled_at,
            spent: totals.spent,
            sales: u32::try_from(totals.sales).unwrap_or(u32::MAX),
            history: history.into_iter().map(history_item).collect(),
            card_qr_svg,
            phone,
            cards_lost: customer.cards_lost,
        })
    }

    pub(crate) fn customer_tile(&self, customer_id: CustomerId) -> Outcome<CustomerTile> {
        let required = self.shop()?.shop.stamps_required;
        let found = self
            .store()?
            .read(|conn| find_customer(conn, customer_id))?;
        let (row, _) = found.ok_or_else(not_found)?;
        Ok(tile(row, required))
    }

    /// Enrols a customer, or opens the one whose phone it is.
    ///
    /// # Errors
    /// `phone_invalid`, `name_missing`.
    pub fn enrol(&self, name: &str, phone: &str) -> Outcome<EnrolOutcome> {
        let who = self.signed_in_as(&[Role::Cashier])?.staff_id;
        let name = checked_name(name)?;
        let phone = phone::to_e164(phone, &self.shop()?.shop.country)?;
        let fresh: CustomerId = self.new_id();
        let customer_id = self.store()?.write(|tx| {
            if let Some(existing) = find_customer_by_phone(tx.conn(), &phone)? {
                return Ok(existing);
            }
            let now = tx.now();
            let op = Op::CustomerEnrolled(CustomerEnrolled {
                customer_id: fresh,
                customer: Customer {
                    name: name.to_owned(),
                    phone: phone.clone(),
                    enrolled_at: now,
                    note: String::new(),
                    cards_lost: 0,
                },
            });
            tx.perform(&op, Some(who), now)?;
            Ok::<_, Failure>(fresh)
        })?;
        let customer = self.customer(customer_id)?;
        Ok(if customer_id == fresh {
            EnrolOutcome::Created { customer }
        } else {
            EnrolOutcome::Existing { customer }
        })
    }

    /// Changes a customer's data: only what differs is written, so that it merges with what others changed.
    ///
    /// # Errors
    /// `customer_not_found`, `phone_invalid`, `phone_exists`, `name_missing`.
    pub fn edit_customer(
        &self,
        customer_id: CustomerId,
        name: &str,
        phone: &str,
        note: &str,
    ) -> Outcome<CustomerView> {
        let who = self.signed_in_as(&[Role::Cashier])?.staff_id;
        let name = checked_name(name)?;
        let phone = phone::to_e164(phone, &self.shop()?.shop.country)?;
        self.store()?.write(|tx| {
            let (_, before) = find_customer(tx.conn(), customer_id)?.ok_or_else(not_found)?;
            if phone != before.phone && find_customer_by_phone(tx.conn(), &phone)?.is_some() {
                return Err(Failure::new(
                    "phone_exists",
                    "another customer is enrolled under this phone number",
                )
                .on("phone"));
            }
            let wanted = [
                ("name", name, before.name.as_str()),
                ("phone", phone.as_str(), before.phone.as_str()),
                ("note", note.trim(), before.note.as_str()),
            ];
            let fields: Fields = wanted
                .into_iter()
                .filter(|(_, new, old)| new != old)
                .map(|(field, new, _)| (field.to_owned(), new.into()))
                .collect();
            if !fields.is_empty() {
                let op = Op::EntityEdited(EntityEdited {
                    entity: EntityKind::Customer,
                    id: customer_id.0,
                    fields,
                });
                tx.perform(&op, Some(who), tx.now())?;
            }
            Ok(())
        })?;
        self.customer(customer_id)
    }

    /// Refuses every card that this customer has been given so far: on this till at once, on the others once they have
    /// synced. What is made from now on is a new card, and stamps and rewards stay.
    ///
    /// # Errors
    /// `role_not_allowed`, `customer_not_found`.
    pub fn card_lost(&self, customer_id: CustomerId) -> Outcome<CustomerView> {
        let who = self.signed_in_as(&[Role::Cashier])?.staff_id;
        self.store()?.write(|tx| {
            let (_, before) = find_customer(tx.conn(), customer_id)?.ok_or_else(not_found)?;
            let lost = before.cards_lost.saturating_add(1);
            let op = Op::EntityEdited(EntityEdited {
                entity: EntityKind::Customer,
                id: customer_id.0,
                fields: [("cards_lost".to_owned(), lost.into())].into(),
            });
            tx.perform(&op, Some(who), tx.now())?;
            Ok::<_, Failure>(())
        })?;
        self.customer(customer_id)
    }

    /// How many of their cards a customer has reported lost; none of somebody whom this till does not know.
    pub(crate) fn cards_lost(&self, customer_id: CustomerId) -> Outcome<u32> {
        let found = self
            .store()?
            .read(|conn| find_customer(conn, customer_id))?;
        Ok(found.map_or(0, |(_, customer)| customer.cards_lost))
    }

    /// Saves a customer's card as a picture or a page.
    ///
    /// # Errors
    /// `customer_not_found`, `secrets_locked`, `disk_full`.
    pub fn save_card(&self, customer_id: CustomerId, format: CardFormat) -> Outcome<SavedFile> {
        self.signed_in()?;
        let info = self.shop()?;
        let name = self.customer_tile(customer_id)?.name;
        let code = self.card_text(customer_id)?;
        let face = card_face(&info.shop, &name, &code);
        let (bytes, ending) = match format {
            CardFormat::Png => (face.png(), "png"),
            CardFormat::Pdf => (face.pdf(), "pdf"),
        };
        let bytes = bytes.map_err(Failure::internal)?;
        self.save_export(&format!("card-{}.{ending}", file_stem(&name)), &bytes)
    }

    /// Saves sheets of these customers' cards, to be printed and cut apart.
    ///
    /// # Errors
    /// `cards_none`, `cards_too_many`, `customer_not_found`, `secrets_locked`, `disk_full`.
    pub fn save_card_sheet(&self, customers: &[CustomerId]) -> Outcome<SavedFile> {
        self.signed_in()?;
        if customers.is_empty() {
            return Err(Failure::new("cards_none", "no customer was chosen"));
        }
        if customers.len() > SHEET_CARDS_MAX {
            let text = format!("a file holds {SHEET_CARDS_MAX} cards at most");
            return Err(Failure::new("cards_too_many", text).with("most", SHEET_CARDS_MAX));
        }
        let info = self.shop()?;
        let named = |id: &CustomerId| Ok((self.customer_tile(*id)?.name, self.card_text(*id)?));
        let texts: Vec<(String, String)> = customers.iter().map(named).collect::<Outcome<_>>()?;
        let faces: Vec<receipt::CardFace<'_>> = texts
            .iter()
            .map(|(name, code)| card_face(&info.shop, name, code))
            .collect();
        let bytes = receipt::card_sheet(&info.shop.name, &faces)?;
        self.save_export("cards.pdf", &bytes)
    }

    /// Saves the poster that invites to enrol.
    ///
    /// # Errors
    /// `disk_full`.
    pub fn save_poster(&self) -> Outcome<SavedFile> {
        self.signed_in()?;
        let info = self.shop()?;
        let locale = self.paper_locale()?;
        let shop_name = &info.shop.name;
        let code = match locale.language {
            receipt::Language::Es => {
                format!(
                    "{shop_name}: pida su tarjeta de sellos en la caja con su nombre y su teléfono."
                )
            }
            receipt::Language::En => {
                format!(
                    "{shop_name}: ask for your stamp card at the counter with your name and phone number."
                )
            }
        };
        let poster = receipt::Poster {
            shop_name,
            reward_name: &info.shop.reward_name,
            stamps_required: info.shop.stamps_required,
            code: &code,
            locale,
        };
        let bytes = poster.pdf().map_err(Failure::internal)?;
        self.save_export("poster.pdf", &bytes)
    }

    fn save_export(&self, name: &str, bytes: &[u8]) -> Outcome<SavedFile> {
        let path = self.export_path(name)?;
        std::fs::write(&path, bytes)?;
        Ok(SavedFile {
            path: path.display().to_string(),
        })
    }

    /// A card for the customer's phone, where there is a hub whose page shows it.
    fn phone_card(&self, card: &str) -> Outcome<Option<PhoneCard>> {
        let Some(hub) = self.hub_url()? else {
            return Ok(None);
        };
        let url = card::phone_link(&hub, card);
        let qr_svg = receipt::svg(&url)?;
        Ok(Some(PhoneCard { url, qr_svg }))
    }

    /// The text of a customer's card, signed by the shop's key.
    fn card_text(&self, customer_id: CustomerId) -> Outcome<String> {
        let key = self.signing_key()?;
        let card = card::Card {
            key_id: key.key_id,
            tenant_id: self.shop()?.tenant_id,
            customer_id,
        };
        let lost = self.cards_lost(customer_id)?;
        Ok(card::issue_after(
            lost,
            &card,
            &SigningKey::from_bytes(&key.seed.0),
        ))
    }
}

fn card_face<'a>(shop: &'a Shop, name: &'a str, code: &'a str) -> receipt::CardFace<'a> {
    receipt::CardFace {
        shop_name: &shop.name,
        customer_name: name,
        reward_name: &shop.reward_name,
        stamps_required: shop.stamps_required,
        code,
    }
}

pub(crate) fn not_found() -> Failure {
    Failure::new(
        "customer_not_found",
        "this till does not know this customer yet; they arrive with the next sync, or enrol again by phone",
    )
    .later()
}

pub(crate) fn tile(row: CustomerRow, required: u32) -> CustomerTile {
    CustomerTile {
        customer_id: row.customer_id,
        name: row.name,
        phone: phone::display(&row.phone),
        card: stamp::card(row.balance, required),
        last_seen_at: row.last_seen_at,
    }
}

fn checked_name(name: &str) -> Outcome<&str> {
    let name = name.trim();
    if name.is_empty() {
        return Err(Failure::new("name_missing", "a customer needs a name").on("name"));
    }
    Ok(name)
}

/// A name as part of a file's name.
fn file_stem(name: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() { c } else { '-' };
    name.chars().map(plain).take(60).collect()
}

fn history_item(row: HistoryRow) -> HistoryItem {
    match row {
        HistoryRow::Stamp { at, reason } => match reason {
            StampReason::Given => HistoryItem::Stamp { at },
            StampReason::Reversed => HistoryItem::Reversed { at },
            StampReason::Redeemed => HistoryItem::Reward { at },
        },
        HistoryRow::Sale {
            at,
            sale_id,
            number,
            total,
        } => HistoryItem::Sale {
            at,
            sale_id,
            number,
            total,
        },
    }
}
