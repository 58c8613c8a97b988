/** Amounts, dates and names as people read them. Nothing here computes: amounts arrive finished. */
import { formatLocale } from "./i18n.svelte";

/** An amount in minor units of its currency, as the commands answer it. */
export type Amount = { minor: number; currency: string };

const cache = new Map<string, Intl.NumberFormat>();

let zone: string | undefined;

/** Shows every moment in the shop's time zone, wherever the device believes to be. */
export function setTimeZone(next: string | undefined): void {
  zone = next;
}

/** The zone that moments are shown in; undefined is the device's own. */
export function timeZone(): string | undefined {
  return zone;
}

function currencyFormat(currency: string): Intl.NumberFormat {
  const key = `${formatLocale()} ${currency}`;
  let format = cache.get(key);
  if (!format) {
    format = new Intl.NumberFormat(formatLocale(), {
      style: "currency",
      currency,
      currencyDisplay: "narrowSymbol",
    });
    cache.set(key, format);
  }
  return format;
}

/** How many decimals a currency has: 2 for PEN, 0 for CLP, 3 for KWD. */
export function decimals(currency: string): number {
  return currencyFormat(currency).resolvedOptions().maximumFractionDigits ?? 2;
}

/** The sign that people at the shop write, in whatever language the screen speaks. */
function sign(currency: string): string {
  const parts = new Intl.NumberFormat("es-PE", {
    style: "currency",
    currency,
    currencyDisplay: "narrowSymbol",
  }).formatToParts(0);
  return parts.find((part) => part.type === "currency")?.value ?? currency;
}

/** "S/ 12.50" for 1250 PEN. */
export function money(minor: number, currency: string): string {
  return currencyFormat(currency)
    .formatToParts(minor / 10 ** decimals(currency))
    .map((part) => (part.type === "currency" ? sign(currency) : part.value))
    .join("");
}

/** The amount alone, for a field: "12.50". */
export function plainAmount(minor: number, currency: string): string {
  const places = decimals(currency);
  return (minor / 10 ** places).toFixed(places);
}

/**
 * What someone typed into an amount field, in minor units; null when it is no amount.
 * Takes a comma or a point as the decimal sign and refuses more decimals than the currency has.
 */
export function parseAmount(typed: string, currency: string): number | null {
  const text = typed.trim().replace(/[^\d.,-]/g, "");
  const match = /^(\d{1,9})(?:[.,](\d+))?$/.exec(text);
  if (!match) return null;
  const places = decimals(currency);
  const fraction = match[2] ?? "";
  if (fraction.length > places) return null;
  return Number(match[1]) * 10 ** places + Number(fraction.padEnd(places, "0") || "0");
}

/** "21 Nov 2026, 08:10" */
export function dateTime(ms: number): string {
  return new Intl.DateTimeFormat(formatLocale(), {
    dateStyle: "medium",
    timeStyle: "short",
    hourCycle: "h23",
    timeZone: zone,
  }).format(ms);
}

/** "21 Nov 2026" */
export function date(ms: number): string {
  return new Intl.DateTimeFormat(formatLocale(), { dateStyle: "medium", timeZone: zone }).format(
    ms,
  );
}

/** "08:10" */
export function time(ms: number): string {
  return new Intl.DateTimeFormat(formatLocale(), {
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZone: zone,
  }).format(ms);
}

/** The day a moment falls on in the shop: "2026-11-21". */
export function dayKey(ms: number): string {
  // Taken apart, because browsers disagree on how any locale orders a date.
  const parts = new Intl.DateTimeFormat("en", {
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    timeZone: zone,
  }).formatToParts(ms);
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? "";
  return `${part("year")}-${part("month")}-${part("day")}`;
}

/** "today 08:10", "yesterday", "3 days ago", then the date. */
export function ago(ms: number, now: number): string {
  const day = 86_400_000;
  const days = Math.round((Date.parse(dayKey(ms)) - Date.parse(dayKey(now))) / day);
  if (days < -6 || days > 6) return date(ms);
  const words = new Intl.RelativeTimeFormat(formatLocale(), { numeric: "auto" });
  return days === 0 ? `${words.format(0, "day")}, ${time(ms)}` : words.format(days, "day");
}

/** "1,234" */
export function count(value: number): string {
  return new Intl.NumberFormat(formatLocale()).format(value);
}

/** "+12 %" for 0.12, signed. */
export function signedPercent(fraction: number): string {
  return new Intl.NumberFormat(formatLocale(), {
    style: "percent",
    maximumFractionDigits: 0,
    signDisplay: "exceptZero",
  }).format(fraction);
}

/** Up to two letters for a tile: "Rosa Quispe" gives "RQ". */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined];
  return letters.map((word) => word?.[0]?.toLocaleUpperCase() ?? "").join("");
}

/** Lower case, no accents, for test ids and searching: "José" gives "jose". */
export function plain(text: string): string {
  return text
    .normalize("NFD")
    .replace(/\p{Diacritic}/gu, "")
    .toLowerCase();
}
