/** A layout of a scale's labels from what an owner knows of them. */

/** The prefixes that GS1 leaves to shops. */
export const PREFIXES = ["02", ...Array.from({ length: 10 }, (_, digit) => `2${digit}`)];

/** Five digits of article and five of amount, as most scales print them. */
export function usualLayout(prefix: string, holds: "weight" | "price"): string {
  return `${prefix}IIIII${holds === "weight" ? "WWWWW" : "PPPPP"}C`;
}
