/** The cart at hand and what is offered: shared, because a scan anywhere changes them. */
import {
  ask,
  commands,
  failureOf,
  type CartView,
  type CatalogueView,
  type CustomerTile,
  type Failure,
  type StampOutcome,
} from "$/lib/api";
import { sayFailure } from "$/lib/toast";

/** A stamp that was just given or asked for here. */
export type Stamped = {
  customer: CustomerTile;
  outcome: StampOutcome;
  landed: number;
  atMs: number;
};

type Till = {
  cart: CartView | null;
  catalogue: CatalogueView | null;
  /** Why the catalogue could not be read. */
  failure: Failure | null;
  /** The line that changed last, to be shown and scrolled to. */
  touched: { lineId: string; times: number } | null;
  stamped: Stamped | null;
  /** What waits for a price to be typed in; without a product, anything outside the catalogue. */
  pricing: { productId: string | null; name: string } | null;
};

export const till = $state<Till>({
  cart: null,
  catalogue: null,
  failure: null,
  touched: null,
  stamped: null,
  pricing: null,
});

/** Reads the catalogue again. */
export async function readCatalogue(): Promise<void> {
  try {
    till.catalogue = await ask(commands.catalogue());
    till.failure = null;
  } catch (thrown) {
    till.failure = failureOf(thrown);
  }
}

/** Reads the cart as it was left. */
export async function readCart(): Promise<void> {
  await change(commands.cart());
}

/** Runs a command that answers the cart; says what went wrong, and answers whether it went well. */
export async function change(answer: ReturnType<typeof commands.cart>): Promise<boolean> {
  try {
    show(await ask(answer));
    return true;
  } catch (thrown) {
    sayFailure(thrown);
    return false;
  }
}

/** Shows a cart and marks the line that is new or has grown. */
export function show(cart: CartView): void {
  const before = till.cart?.lines ?? [];
  const grown = cart.lines.findLast(
    (line) => (before.find((one) => one.line_id === line.line_id)?.quantity ?? 0) < line.quantity,
  );
  if (grown && till.cart?.cart_id === cart.cart_id) {
    till.touched = { lineId: grown.line_id, times: (till.touched?.times ?? 0) + 1 };
  }
  till.cart = cart;
}

/** Notes what a stamp did, for the card that is shown. */
export function noteStamp(customer: CustomerTile, outcome: StampOutcome): void {
  const landed = (till.stamped?.landed ?? 0) + (outcome.kind === "given" ? 1 : 0);
  till.stamped = {
    customer: { ...customer, card: outcome.card },
    outcome,
    landed,
    atMs: Date.now(),
  };
  if (till.cart?.customer?.customer_id === customer.customer_id) {
    till.cart.customer.card = outcome.card;
  }
}

/** The count that makes a customer's newest stamp land, 0 when none was given here. */
export function landedOn(customerId: string): number {
  const stamped = till.stamped;
  return stamped?.customer.customer_id === customerId && stamped.outcome.kind === "given"
    ? stamped.landed
    : 0;
}
