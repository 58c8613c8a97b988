/** Who is at the till, whose shop it is, and what is saved where. */
import {
  ask,
  commands,
  events,
  failureOf,
  onDamaged,
  type BootView,
  type Failure,
  type ScannerView,
  type SettingsView,
  type ShopView,
  type StaffTile,
  type SyncStatusView,
} from "$/lib/api";
import { wording } from "$/lib/errors";
import { setTimeZone } from "$/lib/format";
import { setLanguage } from "$/lib/i18n.svelte";
import { say } from "$/lib/toast";
import { m } from "$/paraglide/messages";
import { prefer } from "./preferences.svelte";
import { replace, route } from "./router.svelte";

type Session = {
  boot: BootView | null;
  failure: Failure | null;
  sync: SyncStatusView | null;
  /** How the scanner on a serial port is. */
  scanner: ScannerView;
  /** Grows when rows changed under an area, so that its screens read again. */
  changed: Record<string, number>;
};

export const session = $state<Session>({
  boot: null,
  failure: null,
  sync: null,
  scanner: { kind: "off" },
  changed: {},
});

let wanted: { place: string; id: string | null } | null = null;

/** The shop; only to be asked where a shop is certain. */
export function shop(): ShopView | null {
  return session.boot?.shop ?? null;
}

/** Who is signed in. */
export function staff(): StaffTile | null {
  return session.boot?.session ?? null;
}

/** The currency of every amount of this shop. */
export function currency(): string {
  return session.boot?.shop?.currency ?? "PEN";
}

/** Changes when rows of an area changed elsewhere: read it in an effect to read the rows again. */
export function changes(area: string): number {
  return session.changed[area] ?? 0;
}

/** The scanner on a serial port came or went: a person hears of it once it had been there. */
function hearScanner(now: ScannerView): void {
  const before = session.scanner;
  session.scanner = now;
  if (before.kind === "ready" && now.kind === "away") {
    say(m.scanner_lost({ why: wording(now.failure) }));
  } else if (before.kind === "away" && now.kind === "ready") {
    say(m.scanner_back());
  }
}

let listening = false;

/** Hears of what changes; once, however often the screen starts anew. */
function listen(): void {
  if (listening) return;
  listening = true;
  onDamaged((failure) => (session.failure = failure));
  void events.syncStatus.listen(({ payload }) => (session.sync = payload));
  void events.scanner.listen(({ payload }) => hearScanner(payload));
  void events.dataChanged.listen(({ payload }) => {
    for (const area of payload.areas) session.changed[area] = changes(area) + 1;
    if (payload.areas.includes("shop")) void refresh();
  });
}

/** How many things wait for a person at the sync desk; the pill and every badge say the same. */
export function needsPerson(): number {
  const sync = session.sync;
  if (!sync) return 0;
  return sync.stuck + sync.conflicts;
}

/** Starts: asks what is there, and listens for what changes. */
export async function start(): Promise<void> {
  listen();
  try {
    adopt(await ask(commands.boot()));
    session.failure = null;
  } catch (thrown) {
    session.failure = failureOf(thrown);
    return;
  }
  void ask(commands.scanner())
    // What an event brought meanwhile is newer.
    .then((scanner) => session.scanner.kind === "off" && (session.scanner = scanner))
    .catch(() => undefined);
  try {
    session.sync = await ask(commands.syncStatus());
  } catch {
    // The event brings it.
    session.sync = null;
  }
}

async function refresh(): Promise<void> {
  adopt(await ask(commands.boot()));
}

/** Takes over what the program says about the shop, the staff and the settings. */
export function adopt(boot: BootView): void {
  setTimeZone(boot.shop?.time_zone);
  session.boot = boot;
  follow(boot.settings);
}

function follow(settings: SettingsView): void {
  prefer({
    theme: settings.theme,
    sounds: settings.sounds,
    motion: settings.motion ? "system" : "still",
  });
  if (settings.language === "en" || settings.language === "es") setLanguage(settings.language);
}

/** Signs someone in; throws a `Refusal` when the PIN is wrong. */
export async function signIn(staffId: string, pin: string): Promise<void> {
  await ask(commands.signIn(staffId, pin));
  await refresh();
  const next = wanted ?? { place: "counter", id: null };
  wanted = null;
  if (route.place === "lock" || route.place === "welcome") replace(next.place, next.id);
}

/** Locks the till; the cart stays as it is. */
export async function lock(): Promise<void> {
  await ask(commands.lock());
  await refresh();
}

/** Where the address may lead now: nobody passes the lock, and a till without a shop is welcomed. */
export function guard(): void {
  const boot = session.boot;
  if (!boot || boot.phase === "trouble") return;
  const due = boot.phase === "welcome" ? "welcome" : boot.session ? null : "lock";
  if (due && route.place !== due) {
    if (due === "lock" && route.place !== "welcome") wanted = { place: route.place, id: route.id };
    replace(due);
  } else if (!due && (route.place === "lock" || route.place === "welcome")) {
    replace(wanted?.place ?? "counter", wanted?.id ?? null);
    wanted = null;
  }
}

/** What a hub calls this device until its owner names it. */
export function deviceName(): string {
  return m.this_till();
}
