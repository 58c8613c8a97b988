import { expect, test } from "vitest";
import { shopData } from "./progress";

test("a download is told in hundredths", () => {
  const told = shopData({ phase: "downloading", done_kib: 430, total_kib: 1000 });
  expect(told.percent).toBe(43);
  expect(told.words).toContain("43");
});

test("what is being prepared has no hundredths yet", () => {
  const told = shopData({ phase: "preparing", done_kib: 0, total_kib: 0 });
  expect(told.percent).toBeNull();
  expect(told.words).not.toMatch(/\d/);
});

test("never more than all of it", () => {
  expect(shopData({ phase: "unpacking", done_kib: 9, total_kib: 8 }).percent).toBe(100);
});
