//! What a new shop begins with: its rules, its owner, the key that signs its cards.

use counterfoil_domain::entity::{EntityKind, Role, Shop, Staff, fields_of};
use counterfoil_domain::op::EntityEdited;
use counterfoil_domain::tax::{TaxClass, TaxRate};
use counterfoil_domain::time::ShopZone;
use counterfoil_domain::{DeviceId, Op, StaffId, TenantId, scale_label};

use super::{Step, hash_pin};
use crate::Counterfoil;
use crate::demo::DemoTill;
use crate::failure::Outcome;
use crate::secrets::SecretError;
use crate::view::{Failure, NewShop};

/// The usual consumption tax of some countries, in hundredths of a percent; elsewhere the owner sets it.
const TAXES: &[(&str, &str, u32)] = &[
    ("PE", "IGV", 1800),
    ("CL", "IVA", 1900),
    ("CO", "IVA", 1900),
    ("EC", "IVA", 1500),
    ("MX", "IVA", 1600),
    ("AR", "IVA", 2100),
    ("ES", "IVA", 2100),
    ("BO", "IVA", 1300),
];

/// The first till of a shop.
const FIRST_TILL: &str = "T1";

fn tax_classes(country: &str) -> Vec<TaxClass> {
    let class = |code: &str, name: String, rate| TaxClass {
        code: code.to_owned(),
        name,
        rate: TaxRate(rate),
    };
    let mut classes = Vec::new();
    if let Some((_, name, rate)) = TAXES.iter().find(|(c, _, _)| *c == country) {
        classes.push(class("standard", format!("{name} {} %", rate / 100), *rate));
    }
    classes.push(class("exempt", "0 %".to_owned(), 0));
    classes
}

fn name_missing(field: &str) -> Failure {
    Failure::new("name_missing", "a name is needed").on(field)
}

fn owner(app: &Counterfoil, name: &str, pin: &str) -> Outcome<Staff> {
    if name.trim().is_empty() {
        return Err(name_missing("owner_name"));
    }
    Ok(Staff {
        name: name.trim().to_owned(),
        role: Role::Owner,
        pin_hash: hash_pin(pin, &*app.host().entropy).map_err(|f| f.on("owner_pin"))?,
        pin_digits: u8::try_from(pin.len()).ok(),
        active: true,
        working_hours: None,
    })
}

/// The operation that lets the first person into a shop without people.
pub(super) fn first_owner(app: &Counterfoil, name: &str, pin: &str) -> Outcome<Step> {
    let id: StaffId = app.new_id();
    let edit = EntityEdited {
        entity: EntityKind::Staff,
        id: id.0,
        fields: fields_of(&owner(app, name, pin)?)?,
    };
    Ok((Op::EntityEdited(edit), Some(id), app.now()))
}

/// The operations that make a shop; its id is put in by [`Counterfoil::found`].
pub(super) fn operations(app: &Counterfoil, new: &NewShop) -> Outcome<Vec<Step>> {
    if new.name.trim().is_empty() {
        return Err(name_missing("name"));
    }
    ShopZone::named(&new.time_zone).map_err(|e| Failure::from(e).on("time_zone"))?;
    let shop = Shop {
        name: new.name.trim().to_owned(),
        country: new.country.clone(),
        currency: new
            .currency
            .parse()
            .map_err(|e| Failure::from(e).on("currency"))?,
        time_zone: new.time_zone.clone(),
        tax_classes: tax_classes(&new.country),
        scale_labels: scale_label::usual_layouts(&new.country)
            .iter()
            .map(|layout| (*layout).to_owned())
            .collect(),
        ..Shop::default()
    };
    let owner = owner(app, &new.owner_name, &new.owner_pin)?;
    let owner_id: StaffId = app.new_id();
    let mut fields = fields_of(&shop)?;
    fields.remove("card_keys");
    let now = app.now();
    let edit = |entity, id, fields| {
        let op = Op::EntityEdited(EntityEdited { entity, id, fields });
        (op, Some(owner_id), now)
    };
    Ok(vec![
        edit(EntityKind::Shop, uuid::Uuid::nil(), fields),
        edit(EntityKind::Staff, owner_id.0, fields_of(&owner)?),
    ])
}

impl Counterfoil {
    /// Gives this device an identity and writes a shop's first operations.
    pub(super) fn found(
        &self,
        till_code: Option<&str>,
        steps: impl FnOnce(&DemoTill) -> Outcome<Vec<Step>>,
    ) -> Outcome<()> {
        let till = DemoTill {
            tenant_id: self.new_id::<TenantId>(),
            device_id: self.new_id::<DeviceId>(),
            till_code: till_code.unwrap_or(FIRST_TILL).to_owned(),
        };
        let mut steps = steps(&till)?;
        for (op, _, _) in &mut steps {
            if let Op::EntityEdited(edit) = op
                && edit.entity == EntityKind::Shop
            {
                edit.id = till.tenant_id.0;
            }
        }
        let store = self.store()?;
        store.set_identity(till.tenant_id, till.device_id, &till.till_code, None)?;
        store.transact_many(steps)?;
        self.ensure_card_key()
    }

    /// Makes the key that signs cards where there is none yet. A till without a place for secrets goes on without: it
    /// reads cards and shows none, until a PIN is chosen.
    pub(crate) fn ensure_card_key(&self) -> Outcome<()> {
        let mut secrets = match self.vault().open() {
            Ok(secrets) => secrets,
            Err(SecretError::Unavailable(_) | SecretError::TimedOut | SecretError::Locked) => {
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        let Some(identity) = self.identity()? else {
            return Ok(());
        };
        // A paired till gets the shop's key from the hub.
        if secrets.card_key.is_some() || identity.hub_url.is_some() {
            return Ok(());
        }
        let card = self.random_card_key();
        secrets.card_key = Some(card.clone());
        match self.vault().keep(&identity.device_id.to_string(), secrets) {
            Ok(()) => self.trust_card_key(&card, None),
            Err(SecretError::Unavailable(_) | SecretError::TimedOut) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
