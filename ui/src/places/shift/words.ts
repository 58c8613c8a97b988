/** The drawer in words. */
import type { CashReason, Money } from "$/lib/api";
import { money } from "$/lib/format";
import { m } from "$/paraglide/messages";

const reasons: Record<CashReason, () => string> = {
  float: m.shift_by_reason_float,
  sale: m.shift_by_reason_sale,
  refund: m.shift_by_reason_refund,
  paid_in: m.shift_paid_in,
  paid_out: m.shift_paid_out,
  drop: m.shift_drop,
};

/** Why cash moved. */
export function reasonName(reason: CashReason): string {
  return reasons[reason]();
}

/** "S/ 3.50 too little" for what was counted less what should be there. */
export function differenceWords(difference: Money): string {
  if (difference.minor === 0) return m.shift_exact();
  const amount = money(Math.abs(difference.minor), difference.currency);
  return difference.minor > 0 ? m.shift_over({ amount }) : m.shift_short({ amount });
}
