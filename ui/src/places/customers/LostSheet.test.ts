import { clearMocks, mockIPC } from "@tauri-apps/api/mocks";
import { flushSync, mount, unmount } from "svelte";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { CustomerView } from "$/lib/api";
import { setLanguage } from "$/lib/i18n.svelte";
import LostSheet from "./LostSheet.svelte";

let sheet: object | undefined;
let asked: unknown[] = [];
const onblocked = vi.fn();
const card = { count: 3, required: 5, rewards: 0 };
const maria = {
  tile: { customer_id: "c1", name: "María Ñique", phone: "", card, last_seen_at: null },
  cards_lost: 0,
} as unknown as CustomerView;

function at(testid: string): HTMLElement | null {
  return document.querySelector(`[data-testid=${testid}]`);
}

beforeEach(() => {
  setLanguage("en");
  asked = [];
  onblocked.mockReset();
  mockIPC((command, args) => {
    asked.push([command, args]);
    return { ...maria, cards_lost: 1 };
  });
  sheet = mount(LostSheet, {
    target: document.body,
    props: { open: true, customer: maria, onblocked },
  });
  flushSync();
});
afterEach(async () => {
  if (sheet) await unmount(sheet);
  clearMocks();
});

it("says whose card is blocked and what stays, before anything is done", () => {
  expect(at("lost-sheet")?.textContent).toContain("María Ñique");
  expect(at("lost-sheet")?.textContent).toContain("Stamps and rewards stay");
  expect(asked).toEqual([]);
});

it("blocks the card and shows the customer with the new one", async () => {
  at("card-lost-confirm")?.click();
  await vi.waitFor(() => expect(onblocked).toHaveBeenCalled());
  expect(asked).toEqual([["card_lost", { customerId: "c1" }]]);
  expect(onblocked).toHaveBeenCalledWith(expect.objectContaining({ cards_lost: 1 }));
});
