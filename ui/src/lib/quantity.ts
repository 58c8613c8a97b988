/** Quantities travel in thousandths of a unit. */
import { formatLocale } from "./i18n.svelte";

/** One whole piece. */
export const PIECE = 1000;

/** "2" for 2000, "0.35" for 350. */
export function quantity(milli: number): string {
  return new Intl.NumberFormat(formatLocale(), { maximumFractionDigits: 3 }).format(milli / PIECE);
}
