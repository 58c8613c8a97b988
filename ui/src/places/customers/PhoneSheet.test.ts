import { flushSync, mount, unmount } from "svelte";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { CustomerView } from "$/lib/api";
import { setLanguage } from "$/lib/i18n.svelte";
import PhoneSheet from "./PhoneSheet.svelte";

let sheet: object | undefined;
const maria = {
  tile: { customer_id: "c1", name: "María Ñique" },
  phone: { url: "https://hub.example/card#CF1:0", qr_svg: '<svg id="way"/>' },
} as unknown as CustomerView;

beforeEach(() => setLanguage("en"));
afterEach(async () => {
  if (sheet) await unmount(sheet);
});

it("shows the way to the card, and says for whom it is", () => {
  sheet = mount(PhoneSheet, { target: document.body, props: { open: true, customer: maria } });
  flushSync();
  const code = document.querySelector<HTMLImageElement>("[data-testid=phone-qr]");
  expect(decodeURIComponent(code?.src ?? "")).toContain('<svg id="way"/>');
  expect(code?.alt).toContain("María Ñique");
});

it("warns that whoever scans it has the card", () => {
  sheet = mount(PhoneSheet, { target: document.body, props: { open: true, customer: maria } });
  flushSync();
  const words = document.querySelector("[data-testid=phone-sheet]")?.textContent;
  expect(words).toContain("Whoever scans it has the card");
});
