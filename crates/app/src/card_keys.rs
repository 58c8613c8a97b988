//! The keys that sign customers' cards: which the shop accepts, a new one, and one that is refused from now on.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use counterfoil_domain::entity::{CardKey, EntityKind};
use counterfoil_domain::op::EntityEdited;
use counterfoil_domain::{Op, StaffId};
use ed25519_dalek::SigningKey;

use crate::Counterfoil;
use crate::failure::Outcome;
use crate::secrets::{CardSecret, Seed};
use crate::view::{CardKeyView, Failure};

impl Counterfoil {
    /// The keys whose cards this shop reads or refuses, in the order in which they came.
    ///
    /// # Errors
    /// `role_not_allowed`, or when the database fails.
    pub fn card_keys(&self) -> Outcome<Vec<CardKeyView>> {
        self.signed_in_as(&[])?;
        // Without its secrets a till signs nothing, and still shows what the shop accepts.
        let own = self.vault().open().ok().and_then(|open| open.card_key);
        let own = own.map(|key| key.key_id);
        let view = |key: &CardKey| CardKeyView {
            key_id: key.key_id,
            signs: own == Some(key.key_id) && !key.revoked,
            revoked: key.revoked,
        };
        Ok(self.shop()?.shop.card_keys.iter().map(view).collect())
    }

    /// Signs with a new key from now on, on this till; cards of the keys before stay good.
    ///
    /// # Errors
    /// `role_not_allowed`, `secrets_locked`.
    pub fn rotate_card_key(&self) -> Outcome<Vec<CardKeyView>> {
        let who = self.signed_in_as(&[])?.staff_id;
        self.new_card_key(Some(who))?;
        self.card_keys()
    }

    /// Refuses every card that a key has signed, for good, on every till that syncs. Where it is this till's own, a new
    /// one takes its place.
    ///
    /// # Errors
    /// `role_not_allowed`, `card_key_not_found`.
    pub fn revoke_card_key(&self, key_id: u32) -> Outcome<Vec<CardKeyView>> {
        let who = self.signed_in_as(&[])?.staff_id;
        let mut keys = self.shop()?.shop.card_keys.clone();
        let Some(key) = keys.iter_mut().find(|key| key.key_id == key_id) else {
            let text = format!("this shop has no key {key_id}");
            return Err(Failure::new("card_key_not_found", text));
        };
        key.revoked = true;
        self.set_card_keys(&keys, Some(who))?;
        // The key is revoked whether or not this till can make itself another now: it does when it next signs.
        if let Err(failure) = self.signing_key() {
            tracing::warn!(code = failure.code, "no new card key yet");
        }
        self.card_keys()
    }

    /// The key that this till signs cards with; a new one where the shop has revoked it.
    ///
    /// # Errors
    /// `secrets_locked`.
    pub(crate) fn signing_key(&self) -> Outcome<CardSecret> {
        let own = self.vault().open()?.card_key.ok_or_else(|| {
            let text = "this till does not hold the key that signs cards";
            Failure::new("secrets_locked", text)
        })?;
        let info = self.shop()?;
        let mut keys = info.shop.card_keys.iter();
        if keys.any(|key| key.key_id == own.key_id && key.revoked) {
            return self.new_card_key(None);
        }
        Ok(own)
    }

    fn new_card_key(&self, who: Option<StaffId>) -> Outcome<CardSecret> {
        let mut secrets = self.vault().open()?;
        let Some(identity) = self.identity()? else {
            return Err(Failure::new(
                "no_shop",
                "there is no shop on this device yet",
            ));
        };
        let card = self.random_card_key();
        secrets.card_key = Some(card.clone());
        // Known to the shop before it is used: a key that was lost on the way signs nothing, and harms nobody.
        self.trust_card_key(&card, who)?;
        self.vault()
            .keep(&identity.device_id.to_string(), secrets)?;
        Ok(card)
    }

    pub(crate) fn random_card_key(&self) -> CardSecret {
        let mut seed = [0; 32];
        self.host().entropy.fill(&mut seed);
        let mut id = [0; 4];
        self.host().entropy.fill(&mut id);
        CardSecret {
            key_id: u32::from_be_bytes(id),
            seed: Seed(seed),
        }
    }

    /// Adds a key's public half to those the shop accepts.
    pub(crate) fn trust_card_key(&self, card: &CardSecret, who: Option<StaffId>) -> Outcome<()> {
        let mut keys = self.shop()?.shop.card_keys.clone();
        if keys.iter().any(|k| k.key_id == card.key_id) {
            return Ok(());
        }
        let public = SigningKey::from_bytes(&card.seed.0).verifying_key();
        keys.push(CardKey {
            key_id: card.key_id,
            public_key: BASE64.encode(public.as_bytes()),
            revoked: false,
        });
        self.set_card_keys(&keys, who)
    }

    fn set_card_keys(&self, keys: &[CardKey], who: Option<StaffId>) -> Outcome<()> {
        let op = Op::EntityEdited(EntityEdited {
            entity: EntityKind::Shop,
            id: self.shop()?.tenant_id.0,
            fields: [("card_keys".to_owned(), serde_json::to_value(keys)?)].into(),
        });
        self.store()?.transact(op, who)?;
        Ok(())
    }
}
