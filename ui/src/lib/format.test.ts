import { beforeEach, describe, expect, it } from "vitest";
import { initials, money, parseAmount, plain, plainAmount } from "./format";
import { setLanguage } from "./i18n.svelte";

beforeEach(() => setLanguage("en"));

describe("money", () => {
  it("shows minor units with the currency's decimals", () => {
    expect(money(1250, "PEN")).toMatch(/^S\/\s?12\.50$/);
  });

  it("knows currencies without decimals", () => {
    expect(money(1250, "CLP")).toContain("1,250");
  });

  it("fills a field without the sign", () => {
    expect(plainAmount(1200, "PEN")).toBe("12.00");
  });
});

describe("an amount that someone typed", () => {
  it.each([
    ["12.5", 1250],
    ["12,50", 1250],
    ["0.05", 5],
    ["S/ 7", 700],
  ])("%s is read exactly", (typed, minor) => expect(parseAmount(typed, "PEN")).toBe(minor));

  it.each(["", "abc", "1.234", "1.2.3", "-5"])("%s is refused", (typed) =>
    expect(parseAmount(typed, "PEN")).toBeNull(),
  );
});

describe("names", () => {
  it("give the first and the last initial", () => {
    expect(initials("Rosa María Quispe")).toBe("RQ");
  });

  it("lose accents and capitals for searching", () => {
    expect(plain("Café José")).toBe("cafe jose");
  });
});
