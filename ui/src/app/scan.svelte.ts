/** The one door for scans: camera, picture, wedge and typed codes all end here. */
import { announce } from "$/lib/announce.svelte";
import { ask, commands, type ScanOutcome, type ScanVia } from "$/lib/api";
import { refuseSound, scanSound } from "$/lib/sound";
import { say, sayFailure, sayUndo, sayWhile } from "$/lib/toast";
import { m } from "$/paraglide/messages";
import { go, route } from "./router.svelte";
import { session } from "./session.svelte";
import { noteStamp, readCart, show, till } from "./till.svelte";

export const scan = $state<{
  /** A code that nobody knows, shown in a sheet. */
  unknown: { code: string; barcode: boolean } | null;
  /** A pairing code that waits for a yes. */
  pairing: { hub: string; code: string } | null;
  /** Grows with every scan, so that a pad or field can forget what was half typed. */
  count: number;
}>({ unknown: null, pairing: null, count: 0 });

/** A code was read. */
export async function scanned(code: string, via: ScanVia): Promise<void> {
  scan.count += 1;
  const locked = !session.boot?.session && session.boot?.phase !== "welcome";
  if (locked) return announce(m.scan_locked());
  try {
    handle(await ask(commands.scanText(code, via)));
  } catch (thrown) {
    sayFailure(thrown);
  }
}

/** A picture was opened or dropped: look for a code in it. */
export async function scannedPicture(file: File): Promise<void> {
  try {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const reading = ask(commands.scanPicture(Array.from(bytes)));
    handle(await sayWhile(m.reading_picture(), reading));
  } catch (thrown) {
    sayFailure(thrown);
  }
}

/** Does on the screen what a scan did in the till. */
export function handle(outcome: ScanOutcome): void {
  switch (outcome.kind) {
    case "customer":
      noteStamp(outcome.customer, outcome.stamp);
      show(outcome.cart);
      sayStamp(outcome.customer.customer_id, outcome.customer.name);
      if (!["counter", "stamp", "pay"].includes(route.place)) go("counter");
      return;
    case "product":
      scanSound();
      show(outcome.cart);
      announce(m.added_to_cart({ name: outcome.name }));
      if (route.place !== "counter") go("counter");
      return;
    case "merchant":
      scanSound();
      return go("merchants", outcome.merchant_id);
    case "visit":
      scanSound();
      return go("visits", outcome.visit_id);
    case "sale":
      scanSound();
      return go("sales", outcome.sale_id);
    case "pairing":
      scanSound();
      scan.pairing = { hub: outcome.hub, code: outcome.code };
      return;
    case "unknown":
      refuseSound();
      scan.unknown = { code: outcome.code, barcode: outcome.barcode };
      return;
    case "refused":
      sayFailure(outcome.failure);
  }
}

/** Says what the last stamp did, with a way back. */
export function sayStamp(customerId: string, name: string): void {
  const outcome = till.stamped?.outcome;
  if (!outcome) return;
  if (outcome.kind === "cooldown") {
    refuseSound();
    say(m.stamp_cooldown({ name, count: Math.ceil(outcome.wait_s / 60) }));
    return;
  }
  const text = outcome.reward_unlocked
    ? m.stamp_given_reward({ name })
    : m.stamp_given({ name, stamps: outcome.card.count, required: outcome.card.required });
  sayUndo(text, () => void takeBack(customerId, outcome.stamp_id));
}

async function takeBack(customerId: string, stampId: string): Promise<void> {
  try {
    const customer = await ask(commands.undoStamp(stampId));
    if (till.stamped?.customer.customer_id === customerId) till.stamped = null;
    await readCart();
    say(m.stamp_taken_back({ name: customer.name }));
  } catch (thrown) {
    sayFailure(thrown);
  }
}
