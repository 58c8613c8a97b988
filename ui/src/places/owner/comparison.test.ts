import { expect, it } from "vitest";
import { compare } from "./comparison";

it("says more and by which share", () => {
  expect(compare(112, 100)).toEqual({ kind: "more", share: 0.12 });
});

it("says less and by which share", () => {
  expect(compare(75, 100)).toEqual({ kind: "less", share: 0.25 });
});

it("a difference that rounds to nothing is the same", () => {
  expect(compare(100_001, 100_000)).toEqual({ kind: "same" });
});

it("nothing before is no percentage", () => {
  expect(compare(5, 0)).toEqual({ kind: "none_before" });
});
