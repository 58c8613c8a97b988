/** The countries a shop can be opened in, with the currency people pay in there (ISO 3166, ISO 4217). */
const CURRENCIES: Record<string, string> = {
  AR: "ARS",
  BO: "BOB",
  CL: "CLP",
  CO: "COP",
  EC: "USD",
  ES: "EUR",
  MX: "MXN",
  PE: "PEN",
};

/** The currency of a country of the list. */
export function currencyOf(country: string): string {
  return CURRENCIES[country] ?? "USD";
}

/** The list by name in a language. */
export function countries(language: string): { value: string; label: string }[] {
  const names = new Intl.DisplayNames([language], { type: "region" });
  return Object.keys(CURRENCIES)
    .map((code) => ({ value: code, label: `${names.of(code) ?? code} (${currencyOf(code)})` }))
    .sort((one, other) => one.label.localeCompare(other.label, language));
}

function regionOf(locale: string): string {
  try {
    return new Intl.Locale(locale).maximize().region ?? "";
  } catch {
    // A system without a language says so by a name that is no locale, e.g. `C`.
    return "";
  }
}

/** The country to begin with: the system's, where it is in the list. */
export function likelyCountry(locales: readonly string[]): string {
  return locales.map(regionOf).find((region) => region in CURRENCIES) ?? "PE";
}
