/** A visit in words. */
import type { Slot, VisitStatus } from "$/lib/api";
import { dayName } from "$/lib/days";
import { dayKey, time } from "$/lib/format";
import { language } from "$/lib/i18n.svelte";
import { m } from "$/paraglide/messages";

const statuses: Record<VisitStatus, () => string> = {
  booked: m.visits_status_booked,
  done: m.visits_status_done,
  cancelled: m.visits_status_cancelled,
};

/** Where a visit stands. */
export function statusName(status: VisitStatus): string {
  return statuses[status]();
}

/** "09:00 – 10:00" */
export function slotTimes(slot: Slot): string {
  return `${time(slot.starts_at)} – ${time(slot.ends_at)}`;
}

/** "Mon 23 Nov, 09:00" */
export function shortMoment(ms: number): string {
  const day = dayName(dayKey(ms), { weekday: "short", day: "numeric", month: "short" });
  return `${day}, ${time(ms)}`;
}

/** The same within a sentence, where Spanish writes its days small. */
export function momentWithin(ms: number): string {
  const words = shortMoment(ms);
  return language() === "es" ? words.charAt(0).toLocaleLowerCase() + words.slice(1) : words;
}

/** The pattern that marks an installer beside their name: the same for the same person everywhere. */
export function patternOf(installerId: string, all: { staff_id: string }[]): number {
  return (
    Math.max(
      0,
      all.findIndex((one) => one.staff_id === installerId),
    ) % 4
  );
}
