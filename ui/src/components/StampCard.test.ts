import { flushSync, mount, unmount } from "svelte";
import { afterEach, beforeEach, expect, it } from "vitest";
import { setLanguage } from "$/lib/i18n.svelte";
import StampCard from "./StampCard.svelte";

let card: object | undefined;

function show(props: { stamps: number; rewards?: number; landed?: number }): HTMLElement {
  card = mount(StampCard, {
    target: document.body,
    props: { customerId: "c1", name: "Ana", required: 5, reward: "Coffee", quiet: true, ...props },
  });
  flushSync();
  return document.body;
}
const stamped = (body: HTMLElement) => body.querySelectorAll(".stamped").length;

beforeEach(() => setLanguage("en"));
afterEach(() => void (card && unmount(card)));

it("inks as many circles as there are stamps", () => {
  expect(stamped(show({ stamps: 3 }))).toBe(3);
});

it("says the stamps in words for those who do not see them", () => {
  const row = show({ stamps: 2 }).querySelector("[role=img]");
  expect(row?.getAttribute("aria-label")).toBe("2 of 5 stamps");
});

it("shows the card full when the stamp just given filled it", () => {
  expect(stamped(show({ stamps: 0, rewards: 1, landed: 1 }))).toBe(5);
});

it("begins anew when it is looked at later", () => {
  expect(stamped(show({ stamps: 0, rewards: 1 }))).toBe(0);
});

it("names the reward that waits", () => {
  expect(show({ stamps: 0, rewards: 1 }).textContent).toContain("1 × Coffee to give");
});
