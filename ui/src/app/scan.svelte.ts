/** The one door for scans: camera, picture, wedge, serial scanner and typed codes all end here. */
import { announce } from "$/lib/announce.svelte";
import { ask, commands, Refusal, type Failure, type ScanOutcome, type ScanVia } from "$/lib/api";
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

/** The scanner on a serial port read a code, which the program has acted upon. */
export function heard(outcome: ScanOutcome): void {
  scan.count += 1;
  const locked = outcome.kind === "refused" && outcome.failure.code === "not_signed_in";
  if (locked) return announce(m.scan_locked());
  handle(outcome);
}

/** A picture was opened or dropped: look for a code in it. */
export async function scannedPicture(file: File): Promise<void> {
  try {
    handle(await sayWhile(m.reading_picture(), readPicture(file)));
  } catch (thrown) {
    sayFailure(thrown);
  }
}

/** More than any camera's file; more would only fill the memory before it is refused. */
const FILE_MAX = 64 * 1024 * 1024;

async function readPicture(file: File): Promise<ScanOutcome> {
  if (file.size > FILE_MAX) {
    throw new Refusal({
      code: "picture_too_large",
      message: "",
      retry: false,
      field: null,
      params: {},
    });
  }
  return ask(commands.scanPicture(await base64Of(file)));
}

/** A file's content as base64, made by the browser itself. */
function base64Of(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => {
      const uri = String(reader.result);
      resolve(uri.slice(uri.indexOf(",") + 1));
    };
    reader.onerror = () => reject(reader.error ?? new Error(file.name));
    reader.readAsDataURL(file);
  });
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
      if (outcome.failure.code === "price_missing") return askPrice(outcome.failure);
      sayFailure(outcome.failure);
  }
}

/** A product without a price of its own was scanned: the counter asks for one. */
function askPrice(failure: Failure): void {
  const { product_id: productId, name } = failure.params;
  if (!productId || till.pricing) return sayFailure(failure);
  scanSound();
  if (route.place !== "counter") go("counter");
  // After the place that was left has taken its own sheets away.
  setTimeout(() => (till.pricing = { productId, name: name ?? "" }));
}

/** Says what the last stamp did, with a way back. */
export function sayStamp(customerId: string, name: string): void {
  const outcome = till.stamped?.outcome;
  if (!outcome) return;
  if (outcome.kind === "cooldown") {
    refuseSound();
    const text = m.stamp_cooldown({ name, count: Math.ceil(outcome.wait_s / 60) });
    // The stamp place shows the same words beside the card.
    if (route.place === "stamp") announce(text);
    else say(text);
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
