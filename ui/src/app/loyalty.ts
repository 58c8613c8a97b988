/** Stamps and rewards by hand, from the cart, the stamp place and a customer's page alike. */
import { ask, commands, type CustomerTile } from "$/lib/api";
import { say, sayFailure } from "$/lib/toast";
import { m } from "$/paraglide/messages";
import { sayStamp } from "./scan.svelte";
import { noteStamp, readCart, till } from "./till.svelte";

/** Stamps a card; says what became of it. Answers whether the stamp was given. */
export async function giveStamp(customer: CustomerTile): Promise<boolean> {
  try {
    const outcome = await ask(commands.stamp(customer.customer_id));
    noteStamp(customer, outcome);
    sayStamp(customer.customer_id, customer.name);
    return outcome.kind === "given";
  } catch (thrown) {
    sayFailure(thrown);
    return false;
  }
}

/** Hands out a reward. Answers the customer as they stand after it, or null when it was refused. */
export async function redeem(customer: CustomerTile): Promise<CustomerTile | null> {
  try {
    const after = await ask(commands.redeem(customer.customer_id));
    if (till.stamped?.customer.customer_id === after.customer_id) {
      till.stamped = { ...till.stamped, customer: after };
    }
    if (till.cart?.customer?.customer_id === after.customer_id) await readCart();
    say(m.redeemed({ name: after.name }));
    return after;
  } catch (thrown) {
    sayFailure(thrown);
    return null;
  }
}
