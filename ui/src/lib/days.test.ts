import { beforeEach, expect, it } from "vitest";
import {
  addDays,
  dayName,
  minuteOfDay,
  momentOf,
  mondayOf,
  offsetNow,
  startOf,
  wallClock,
} from "./days";
import { setTimeZone } from "./format";
import { setLanguage } from "./i18n.svelte";

beforeEach(() => {
  setTimeZone("America/Lima");
  setLanguage("en");
});

it("a moment is shown on the shop's clock", () => {
  expect(wallClock(Date.UTC(2026, 10, 21, 15, 30))).toBe("2026-11-21T10:30:00");
});

it("the shop's midnight is five in the morning of UTC in Lima", () => {
  expect(startOf("2026-11-21")).toBe(Date.UTC(2026, 10, 21, 5));
});

it("minutes of the day follow the shop", () => {
  expect(minuteOfDay(Date.UTC(2026, 10, 21, 15, 30))).toBe(630);
});

it("a day after the clock was put forward begins at its own midnight", () => {
  setTimeZone("Europe/Madrid");
  expect(momentOf("2026-03-29T12:00:00")).toBe(Date.UTC(2026, 2, 29, 10));
  expect(momentOf("2026-03-28T12:00:00")).toBe(Date.UTC(2026, 2, 28, 11));
});

it("a week begins on Monday", () => {
  expect(mondayOf("2026-11-22")).toBe("2026-11-16");
  expect(mondayOf("2026-11-16")).toBe("2026-11-16");
});

it("days pass the end of a month", () => expect(addDays("2026-11-30", 1)).toBe("2026-12-01"));

it("the offset is written as a calendar wants it", () => expect(offsetNow()).toBe("-05:00"));

it("a day's name begins with a capital in both languages", () => {
  setLanguage("es");
  expect(dayName("2026-11-21")).toMatch(/^S/);
});
