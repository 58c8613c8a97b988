/** How a figure stands against the one before, in a direction and a share; nothing here is money any more. */

export type Comparison =
  { kind: "more" | "less"; share: number } | { kind: "same" | "none_before" };

/** Compares two counts or two amounts in minor units. */
export function compare(current: number, previous: number): Comparison {
  if (current === previous) return { kind: "same" };
  if (previous <= 0) return { kind: "none_before" };
  const share = Math.abs(current - previous) / previous;
  // What would read as "0 % more" is the same to a person.
  if (Math.round(share * 100) === 0) return { kind: "same" };
  return { kind: current > previous ? "more" : "less", share };
}
