import { formatLocale } from "$/lib/i18n.svelte";

/** "12 %" for 0.12. */
export function percent(share: number): string {
  return new Intl.NumberFormat(formatLocale(), {
    style: "percent",
    maximumFractionDigits: 0,
  }).format(share);
}
