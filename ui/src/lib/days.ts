/** Days and minutes on the shop's own clock. A day is its key, "2026-11-21"; a moment is Unix milliseconds. */
import { dayKey, timeZone } from "./format";
import { formatLocale } from "./i18n.svelte";

const DAY_MS = 86_400_000;

/** Today in the shop. */
export function today(): string {
  return dayKey(Date.now());
}

/** The day so many days later (or earlier). */
export function addDays(day: string, count: number): string {
  return new Date(Date.parse(day) + count * DAY_MS).toISOString().slice(0, 10);
}

/** Days from one to the other. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS);
}

/** 0 for Monday to 6 for Sunday. */
export function weekday(day: string): number {
  return (new Date(Date.parse(day)).getUTCDay() + 6) % 7;
}

/** The Monday of a day's week. */
export function mondayOf(day: string): string {
  return addDays(day, -weekday(day));
}

/** What the shop's clock shows at a moment: "2026-11-21T09:30:00". */
export function wallClock(ms: number): string {
  const parts = new Intl.DateTimeFormat("en", {
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    timeZone: timeZone(),
  }).formatToParts(ms);
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? "00";
  return `${part("year")}-${part("month")}-${part("day")}T${part("hour")}:${part("minute")}:${part("second")}`;
}

/** Minutes that the shop's clock is ahead of UTC at a moment. */
function offsetMin(ms: number): number {
  return Math.round((Date.parse(`${wallClock(ms)}Z`) - ms) / 60_000);
}

/** The moment at which the shop's clock shows this: "2026-11-21T09:30:00". */
export function momentOf(clock: string): number {
  const asUtc = Date.parse(`${clock}Z`);
  // The second look lands right when the clock was put forward or back in between.
  const near = asUtc - offsetMin(asUtc) * 60_000;
  return asUtc - offsetMin(near) * 60_000;
}

/** The moment at which a day begins in the shop. */
export function startOf(day: string): number {
  return momentOf(`${day}T00:00:00`);
}

/** Minutes since midnight on the shop's clock. */
export function minuteOfDay(ms: number): number {
  const [hours = "0", minutes = "0"] = wallClock(ms).slice(11).split(":");
  return Number(hours) * 60 + Number(minutes);
}

/** The offset now, as "-05:00". */
export function offsetNow(): string {
  const minutes = offsetMin(Date.now());
  const two = (value: number): string => String(value).padStart(2, "0");
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/** A day in words: "Saturday, 21 November" or whatever the options ask for. */
export function dayName(
  day: string,
  options: Intl.DateTimeFormatOptions = { weekday: "long", day: "numeric", month: "long" },
): string {
  const words = new Intl.DateTimeFormat(formatLocale(), { ...options, timeZone: "UTC" }).format(
    Date.parse(day),
  );
  return words.charAt(0).toLocaleUpperCase() + words.slice(1);
}
