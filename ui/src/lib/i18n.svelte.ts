/** The language in use, as reactive state: a message in markup follows a change at once. */
import { baseLocale, isLocale, overwriteGetLocale, overwriteSetLocale } from "$/paraglide/runtime";

export type Locale = "en" | "es";

const KEY = "counterfoil.locale";

function firstLocale(): Locale {
  const wanted = localStorage.getItem(KEY) ?? navigator.language.slice(0, 2);
  return isLocale(wanted) ? wanted : baseLocale;
}

const state = $state<{ locale: Locale }>({ locale: firstLocale() });

overwriteGetLocale(() => state.locale);
overwriteSetLocale((next) => setLanguage(next as Locale));

/** The language the screen speaks now. */
export function language(): Locale {
  return state.locale;
}

/** Changes the language of everything on the screen, and remembers it on this device. */
export function setLanguage(next: Locale): void {
  state.locale = next;
  localStorage.setItem(KEY, next);
  document.documentElement.lang = next;
}

/** The locale for dates, numbers and money: the language as the shop's country writes it. */
export function formatLocale(): string {
  return state.locale === "es" ? "es-PE" : "en-PE";
}
