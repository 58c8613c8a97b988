/** Small, steady "by hand" differences: the same seed always looks the same. */

/** A number from 0 up to 1, the same for the same seed. */
export function steady(seed: number): number {
  let x = (seed + 0x9e3779b9) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return ((x ^ (x >>> 15)) >>> 0) / 2 ** 32;
}

/** A number made from a text, to seed with. */
export function seedOf(text: string): number {
  let hash = 2166136261;
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16777619);
  return hash | 0;
}

/** How a stamp was set down by hand: turned, a little off the middle, more or less inked. */
export function impression(seed: number): { turn: number; x: number; y: number; ink: number } {
  return {
    turn: (steady(seed) - 0.5) * 44,
    x: (steady(seed + 101) - 0.5) * 7,
    y: (steady(seed + 202) - 0.5) * 7,
    ink: 0.82 + steady(seed + 303) * 0.18,
  };
}
