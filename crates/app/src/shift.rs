//! The drawer's shift: opening, cash in and out, the X and Z report.

use counterfoil_domain::entity::Role;
use counterfoil_domain::fact::{CashReason, ShiftClosed, ShiftOpened};
use counterfoil_domain::op::CashMoved;
use counterfoil_domain::{Currency, Money, MoneyError, Op, ShiftId};
use counterfoil_store::read::shift::{
    CashMoveRow, ShiftRow, find_open_shift, list_cash_moves, list_shifts, sum_drawer,
};
use counterfoil_store::{Store, StoreError, Tx};

use crate::Counterfoil;
use crate::failure::Outcome;
use crate::view::{CashMoveView, Failure, ShiftReport, ShiftView};

/// Closed shifts that the screen shows.
const CLOSED_MAX: u32 = 30;

impl Counterfoil {
    /// The open shift of this till and its closed ones, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub fn shift(&self) -> Outcome<ShiftView> {
        let Some(identity) = self.identity()? else {
            return Ok(ShiftView {
                open: None,
                closed: Vec::new(),
            });
        };
        let read = |open, limit| -> Outcome<Vec<ShiftReport>> {
            read_shifts(&self.store()?, identity.device_id, open, limit)?
                .into_iter()
                .map(|(row, moves)| report(row, moves))
                .collect()
        };
        Ok(ShiftView {
            open: read(true, 1)?.pop(),
            closed: read(false, CLOSED_MAX)?,
        })
    }

    /// Opens a shift with a float.
    ///
    /// # Errors
    /// `shift_already_open`, `amount_out_of_range`.
    pub fn shift_open(&self, opening_float: Money) -> Outcome<ShiftView> {
        let who = self.signed_in_as(&[Role::Cashier])?.staff_id;
        self.drawer_amount(opening_float)?;
        let shift_id: ShiftId = self.new_id();
        self.store()?.transact_with(|tx| {
            let device_id = tx.identity()?.device_id;
            if find_open_shift(tx.conn(), device_id)?.is_some() {
                return Err(Failure::new(
                    "shift_already_open",
                    "a shift is open at this till",
                ));
            }
            let opened = ShiftOpened {
                shift_id,
                device_id,
                staff_id: who,
                at: tx.now(),
                opening_float,
            };
            Ok((Op::ShiftOpened(opened), Some(who), tx.now(), ()))
        })?;
        self.shift()
    }

    /// Puts cash in (`paid_in`) or takes it out (`paid_out`, `drop`). The amount is above zero either way; the reason says
    /// in which direction it goes.
    ///
    /// # Errors
    /// `shift_not_open`, `amount_out_of_range`.
    pub fn shift_cash(&self, amount: Money, reason: CashReason, note: &str) -> Outcome<ShiftView> {
        let who = self.signed_in_as(&[Role::Cashier])?.staff_id;
        self.drawer_amount(amount)?;
        if amount.is_zero() {
            return Err(Failure::new("amount_out_of_range", "no cash was moved").on("amount"));
        }
        let signed = match reason {
            CashReason::PaidIn => amount,
            CashReason::PaidOut | CashReason::Drop => amount.negated(),
            CashReason::Float | CashReason::Sale | CashReason::Refund => {
                return Err(Failure::new(
                    "reason_invalid",
                    "cash is paid in, paid out or dropped by hand",
                )
                .on("reason"));
            }
        };
        self.store()?.transact_with(|tx| {
            let moved = CashMoved {
                shift_id: Some(open_shift(tx)?),
                amount: signed,
                reason,
                note: note.trim().to_owned(),
            };
            Ok::<_, Failure>((Op::CashMoved(moved), Some(who), tx.now(), ()))
        })?;
        self.shift()
    }

    /// Closes the shift with what was counted. What should be there is the sum of the shift's cash ledger.
    ///
    /// # Errors
    /// `shift_not_open`, `amount_out_of_range`.
    pub fn shift_close(&self, counted: Money, note: &str) -> Outcome<ShiftView> {
        let who = self.signed_in_as(&[Role::Cashier])?.staff_id;
        let currency = self.drawer_amount(counted)?;
        self.store()?.transact_with(|tx| {
            let shift_id = open_shift(tx)?;
            let closed = ShiftClosed {
                shift_id,
                device_id: tx.identity()?.device_id,
                staff_id: who,
                at: tx.now(),
                expected: sum_drawer(tx.conn(), shift_id, currency)?,
                counted,
                note: note.trim().to_owned(),
            };
            Ok::<_, Failure>((Op::ShiftClosed(closed), Some(who), tx.now(), ()))
        })?;
        self.shift()
    }

    /// Refuses what cannot lie in this shop's drawer; returns the shop's currency.
    fn drawer_amount(&self, amount: Money) -> Outcome<Currency> {
        let currency = self.shop()?.shop.currency;
        if amount.currency() != currency {
            return Err(MoneyError::CurrencyMismatch(currency, amount.currency()).into());
        }
        if amount.is_negative() {
            return Err(Failure::from(MoneyError::Negative("amount")).on("amount"));
        }
        Ok(currency)
    }
}

fn open_shift(tx: &Tx<'_>) -> Outcome<ShiftId> {
    find_open_shift(tx.conn(), tx.identity()?.device_id)?
        .ok_or_else(|| Failure::new("shift_not_open", "no shift is open at this till"))
}

fn read_shifts(
    store: &Store,
    device_id: counterfoil_domain::DeviceId,
    open: bool,
    limit: u32,
) -> Result<Vec<(ShiftRow, Vec<CashMoveRow>)>, StoreError> {
    store.read(|conn| {
        list_shifts(conn, device_id, open, limit)?
            .into_iter()
            .map(|row| {
                let moves = list_cash_moves(conn, row.shift_id)?;
                Ok((row, moves))
            })
            .collect()
    })
}

fn report(row: ShiftRow, moves: Vec<CashMoveRow>) -> Outcome<ShiftReport> {
    let expected = row.expected.unwrap_or(row.drawer);
    Ok(ShiftReport {
        shift_id: row.shift_id,
        opened_by: row.opened_by,
        opened_at: row.opened_at,
        closed_at: row.closed_at,
        sales: u32::try_from(row.sales).unwrap_or(u32::MAX),
        revenue: row.revenue,
        tax: row.tax,
        refunds: row.refunds,
        cash: row.cash,
        card: row.card,
        opening_float: row.opening_float,
        expected,
        counted: row.counted,
        difference: row.counted.map(|c| c.minus(expected)).transpose()?,
        moves: moves
            .into_iter()
            .map(|m| CashMoveView {
                at: m.at,
                reason: m.reason,
                amount: m.amount,
                note: m.note,
                staff: m.staff,
            })
            .collect(),
    })
}
