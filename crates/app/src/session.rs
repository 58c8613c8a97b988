//! Starting up, signing in, and a new shop on this device.

mod new_shop;
mod pin;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use counterfoil_domain::entity::{Role, Staff};
use counterfoil_domain::{StaffId, UnixMs};
use counterfoil_store::read::session::list_staff;

use crate::failure::Outcome;
use crate::view::{BootView, Failure, NewShop, Phase, SecretsView, ShopView, StaffTile, SyncState};
use crate::{Counterfoil, ShopInfo, demo};

pub(crate) use pin::hash as hash_pin;

/// Who is signed in, and who tried too often.
#[derive(Default)]
pub(crate) struct SessionState(Mutex<Inside>);

#[derive(Default)]
struct Inside {
    signed_in: Option<StaffTile>,
    tries: HashMap<StaffId, pin::Tries>,
}

impl SessionState {
    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn tile(staff_id: StaffId, staff: &Staff) -> StaffTile {
    StaffTile {
        staff_id,
        name: staff.name.clone(),
        role: staff.role,
        pin_digits: staff.pin_digits.unwrap_or(pin::DIGITS_BEFORE),
    }
}

impl Counterfoil {
    /// Who is signed in.
    ///
    /// # Errors
    /// `not_signed_in`.
    pub(crate) fn signed_in(&self) -> Outcome<StaffTile> {
        let inside = self.inner.session.lock();
        let nobody = || Failure::new("not_signed_in", "somebody must sign in first");
        inside.signed_in.clone().ok_or_else(nobody)
    }

    /// Who is signed in, if their role is among these; an owner may do everything.
    ///
    /// # Errors
    /// `not_signed_in`, `role_not_allowed`.
    pub(crate) fn signed_in_as(&self, roles: &[Role]) -> Outcome<StaffTile> {
        let who = self.signed_in()?;
        if who.role == Role::Owner || roles.contains(&who.role) {
            return Ok(who);
        }
        Err(Failure::new(
            "role_not_allowed",
            format!("{} is not allowed to do this", who.name),
        ))
    }

    fn staff(&self) -> Outcome<Vec<(StaffId, Staff)>> {
        Ok(self.store()?.read(list_staff)?)
    }

    /// Everything the first screen needs.
    ///
    /// # Errors
    /// When the shop cannot be read; a database that cannot be opened is phase `trouble`.
    pub fn boot(&self) -> Outcome<BootView> {
        let secrets = self.vault().view();
        if let Err(trouble) = self.store() {
            return Ok(BootView {
                phase: Phase::Trouble,
                trouble: Some(trouble),
                shop: None,
                staff: Vec::new(),
                session: None,
                secrets,
                settings: crate::settings::defaults(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
            });
        }
        let identity = self.identity()?;
        // A till that was just paired has an identity before the first pull brings the shop.
        let shop = self.find_shop()?;
        let staff = self.staff()?;
        Ok(BootView {
            phase: if identity.is_some() && shop.is_some() {
                Phase::Ready
            } else {
                Phase::Welcome
            },
            trouble: None,
            shop: shop.map(|info| {
                shop_view(
                    &info,
                    identity.as_ref().map_or("", |i| &i.till_code),
                    identity.as_ref().is_some_and(|i| i.hub_url.is_some()),
                )
            }),
            staff: staff
                .iter()
                .filter(|(_, person)| person.active)
                .map(|(id, person)| tile(*id, person))
                .collect(),
            session: self.inner.session.lock().signed_in.clone(),
            secrets,
            settings: self.settings()?,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        })
    }

    /// Signs somebody in by PIN. After five wrong ones each further one doubles the wait.
    ///
    /// # Errors
    /// `pin_wrong`, with `wait_s` once there were too many.
    pub fn sign_in(&self, staff_id: StaffId, pin: &str) -> Outcome<StaffTile> {
        let now = self.now();
        let staff = self.staff()?;
        let found = staff
            .iter()
            .find(|(id, person)| *id == staff_id && person.active);
        let (_, person) =
            found.ok_or_else(|| Failure::new("staff_not_found", "nobody of that id works here"))?;
        let wait_s = self
            .inner
            .session
            .lock()
            .tries
            .get(&staff_id)
            .map_or(0, |tries| tries.wait_s(now));
        if wait_s > 0 {
            return Err(wrong_pin(wait_s));
        }
        let right = pin::matches(&person.pin_hash, pin);
        let mut inside = self.inner.session.lock();
        if !right {
            let tries = inside.tries.entry(staff_id).or_default();
            tries.wrong(now);
            return Err(wrong_pin(tries.wait_s(now)));
        }
        inside.tries.remove(&staff_id);
        let who = tile(staff_id, person);
        inside.signed_in = Some(who.clone());
        Ok(who)
    }

    /// Signs somebody in without a PIN: for a host whose user has the files anyway, such as the command line. Without a
    /// name it is the first owner.
    ///
    /// # Errors
    /// `staff_not_found`.
    pub fn act_as(&self, name: Option<&str>) -> Outcome<StaffTile> {
        let staff = self.staff()?;
        let wanted = |(_, person): &&(StaffId, Staff)| {
            person.active
                && match name {
                    Some(name) => person.name.eq_ignore_ascii_case(name),
                    None => person.role == Role::Owner,
                }
        };
        let found = staff.iter().find(wanted);
        let (id, person) = found
            .ok_or_else(|| Failure::new("staff_not_found", "nobody of that name works here"))?;
        let who = tile(*id, person);
        self.inner.session.lock().signed_in = Some(who.clone());
        Ok(who)
    }

    /// Signs out.
    ///
    /// # Errors
    /// Never in practice.
    pub fn lock(&self) -> Outcome<()> {
        self.inner.session.lock().signed_in = None;
        Ok(())
    }

    /// Chooses the PIN under which the secrets are wrapped where there is no keyring.
    ///
    /// # Errors
    /// `pin_too_short`, `disk_failed`.
    pub fn secrets_set_pin(&self, pin: &str) -> Outcome<SecretsView> {
        self.vault().set_pin(pin)?;
        self.secrets_opened()
    }

    /// Opens the wrapped secrets.
    ///
    /// # Errors
    /// `pin_wrong`.
    pub fn secrets_unlock(&self, pin: &str) -> Outcome<SecretsView> {
        self.vault().unlock(pin)?;
        self.secrets_opened()
    }

    fn secrets_opened(&self) -> Outcome<SecretsView> {
        if self.find_shop()?.is_some() {
            self.ensure_card_key()?;
        }
        if self.config().sync {
            self.start_sync();
        }
        Ok(self.vault().view())
    }

    /// Makes a new shop on this device, without a hub.
    ///
    /// # Errors
    /// `has_shop_already`, `name_missing`, `pin_too_short`.
    pub fn create_shop(&self, shop: NewShop) -> Outcome<BootView> {
        self.refuse_second_shop()?;
        let ops = new_shop::operations(self, &shop)?;
        self.found(None, |_| Ok(ops))?;
        self.boot()
    }

    /// Lets the first person into a shop that has nobody yet: one whose account was made at the hub.
    ///
    /// # Errors
    /// `name_missing`, `pin_too_short`; `has_staff_already` where somebody could sign in; `not_in_step` before this till
    /// has heard everything of the hub, since there may be people it does not know yet.
    pub fn first_owner(&self, name: &str, pin: &str) -> Outcome<BootView> {
        self.shop()?;
        let status = self.read_status()?;
        if status.state != SyncState::NoHub && status.in_step_at.is_none() {
            return Err(Failure::new(
                "not_in_step",
                "this till has not heard everything of the hub yet: wait a moment",
            )
            .later());
        }
        if !self.staff()?.is_empty() {
            return Err(Failure::new(
                "has_staff_already",
                "this shop has people who can sign in: ask one of them",
            ));
        }
        let (op, by, at) = new_shop::first_owner(self, name, pin)?;
        self.store()?.transact_at(op, by, at)?;
        self.boot()
    }

    /// Makes the demo shop with its history.
    ///
    /// # Errors
    /// `has_shop_already`.
    pub fn load_demo(&self) -> Outcome<BootView> {
        self.refuse_second_shop()?;
        let now = self.now();
        self.found(None, |till| {
            let steps = demo::operations(till, now, demo::SEED)?;
            Ok(steps.map(|s| (s.op, Some(s.staff_id), s.at)).collect())
        })?;
        self.boot()
    }

    pub(crate) fn refuse_second_shop(&self) -> Outcome<()> {
        if self.identity()?.is_some() {
            return Err(Failure::new(
                "has_shop_already",
                "this device works for a shop already",
            ));
        }
        Ok(())
    }
}

fn wrong_pin(wait_s: u32) -> Failure {
    Failure::new("pin_wrong", "that is not the PIN")
        .later()
        .on("pin")
        .with("wait_s", wait_s)
}

fn shop_view(info: &ShopInfo, till_code: &str, paired: bool) -> ShopView {
    let shop = &info.shop;
    ShopView {
        tenant_id: info.tenant_id,
        name: shop.name.clone(),
        country: shop.country.clone(),
        currency: shop.currency,
        decimals: shop.currency.decimals(),
        time_zone: shop.time_zone.clone(),
        tax_classes: shop.tax_classes.clone(),
        stamps_required: shop.stamps_required,
        reward_name: shop.reward_name.clone(),
        till_code: till_code.to_owned(),
        paired,
    }
}

/// An operation with who did it and when.
pub(crate) type Step = (counterfoil_domain::Op, Option<StaffId>, UnixMs);
