//! Stamps and rewards. What is decided is decided within the transaction that writes it, so that two scans of one card
//! cannot both count.

use std::sync::Arc;

use counterfoil_domain::entity::Role;
use counterfoil_domain::op::{RewardRedeemed, StampGiven, StampReversed};
use counterfoil_domain::stamp::{StampCard, card, may_stamp};
use counterfoil_domain::{CustomerId, Op, StaffId, StampId};
use counterfoil_store::Tx;
use counterfoil_store::read::customers::{find_customer, find_last_stamp, find_stamp};

use crate::failure::Outcome;
use crate::view::{CustomerTile, Failure, StampOutcome};
use crate::{Counterfoil, ShopInfo, customers};

impl Counterfoil {
    /// Stamps a card; committed before it returns.
    ///
    /// # Errors
    /// `customer_not_found`.
    pub fn stamp(&self, customer_id: CustomerId) -> Outcome<StampOutcome> {
        let stamping = self.stamping(customer_id)?;
        self.store()?.write(|tx| stamping.perform(tx))
    }

    /// A stamp to be given within a transaction that does more than that.
    ///
    /// # Errors
    /// `not_signed_in`, `role_not_allowed`.
    pub(crate) fn stamping(&self, customer_id: CustomerId) -> Outcome<Stamping> {
        Ok(Stamping {
            staff_id: self.signed_in_as(&[Role::Cashier])?.staff_id,
            customer_id,
            stamp_id: self.new_id(),
            shop: self.shop()?,
            pause_s_min: 0,
        })
    }

    /// Takes a stamp back by a reversing entry; taken back already, nothing happens.
    ///
    /// # Errors
    /// `stamp_not_found`, `customer_not_found`.
    pub fn undo_stamp(&self, stamp_id: StampId) -> Outcome<CustomerTile> {
        let who = self.signed_in_as(&[Role::Cashier])?.staff_id;
        let reversal: StampId = self.new_id();
        let customer_id = self.store()?.write(|tx| {
            let stamp = find_stamp(tx.conn(), stamp_id)?
                .filter(|stamp| stamp.given)
                .ok_or_else(|| Failure::new("stamp_not_found", "there is no such stamp here"))?;
            if !stamp.reversed {
                let op = Op::StampReversed(StampReversed {
                    stamp_id: reversal,
                    reverses: stamp_id,
                    customer_id: stamp.customer_id,
                });
                tx.perform(&op, Some(who), tx.now())?;
            }
            Ok::<_, Failure>(stamp.customer_id)
        })?;
        self.customer_tile(customer_id)
    }

    /// Hands out the reward of a full card.
    ///
    /// # Errors
    /// `no_reward`, `customer_not_found`.
    pub fn redeem(&self, customer_id: CustomerId) -> Outcome<CustomerTile> {
        let who = self.signed_in_as(&[Role::Cashier])?.staff_id;
        let info = self.shop()?;
        let stamp_id: StampId = self.new_id();
        self.store()?.transact_with(|tx| {
            let card = card_of(tx, customer_id, info.shop.stamps_required)?;
            if card.rewards == 0 {
                return Err(Failure::new("no_reward", "this card is not full yet")
                    .with("missing", card.required - card.count));
            }
            let op = Op::RewardRedeemed(RewardRedeemed {
                stamp_id,
                customer_id,
                stamps: card.required,
                reward_name: info.shop.reward_name.clone(),
            });
            Ok((op, Some(who), tx.now(), ()))
        })?;
        self.customer_tile(customer_id)
    }
}

/// One stamp for one card, not given yet.
pub(crate) struct Stamping {
    staff_id: StaffId,
    customer_id: CustomerId,
    stamp_id: StampId,
    shop: Arc<ShopInfo>,
    /// Seconds between two stamps at the least, where the shop's own pause is shorter.
    pub(crate) pause_s_min: u32,
}

impl Stamping {
    /// Gives the stamp, unless the card is cooling down.
    ///
    /// # Errors
    /// `customer_not_found`.
    pub(crate) fn perform(&self, tx: &Tx<'_>) -> Outcome<StampOutcome> {
        let rules = &self.shop.shop;
        let before = card_of(tx, self.customer_id, rules.stamps_required)?;
        let pause_s = rules.stamp_cooldown_s.max(self.pause_s_min);
        let (now, last) = (tx.now(), find_last_stamp(tx.conn(), self.customer_id)?);
        if let Err(cooldown) = may_stamp(last, pause_s, now) {
            return Ok(StampOutcome::Cooldown {
                wait_s: cooldown.wait_s,
                card: before,
            });
        }
        let given = StampGiven {
            stamp_id: self.stamp_id,
            customer_id: self.customer_id,
        };
        tx.perform(&Op::StampGiven(given), Some(self.staff_id), now)?;
        let after = card_of(tx, self.customer_id, rules.stamps_required)?;
        Ok(StampOutcome::Given {
            stamp_id: self.stamp_id,
            card: after,
            reward_unlocked: after.rewards > before.rewards,
        })
    }
}

fn card_of(tx: &Tx<'_>, customer_id: CustomerId, required: u32) -> Outcome<StampCard> {
    let (row, _) = find_customer(tx.conn(), customer_id)?.ok_or_else(customers::not_found)?;
    Ok(card(row.balance, required))
}
