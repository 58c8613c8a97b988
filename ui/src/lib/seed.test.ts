import { expect, it } from "vitest";
import { impression, seedOf } from "./seed";

it("the same stamp looks the same every time", () => {
  expect(impression(seedOf("ana") + 2)).toEqual(impression(seedOf("ana") + 2));
});

it("two stamps of a card are turned differently", () => {
  const seed = seedOf("ana");
  expect(impression(seed).turn).not.toBe(impression(seed + 1).turn);
});

it("no stamp is turned by more than 22 degrees", () => {
  for (let seed = 0; seed < 1000; seed++) expect(Math.abs(impression(seed).turn)).toBeLessThan(22);
});
