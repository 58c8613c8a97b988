import { expect, it } from "vitest";
import { PREFIXES, usualLayout } from "./layouts";

it.each(PREFIXES)("a usual layout under %s has 13 places, one article and one amount", (prefix) => {
  for (const holds of ["weight", "price"] as const) {
    expect(usualLayout(prefix, holds)).toMatch(/^(02|2\d)I{5}(W{5}|P{5})C$/);
  }
});
