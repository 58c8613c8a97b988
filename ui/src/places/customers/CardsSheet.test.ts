import { clearMocks, mockIPC } from "@tauri-apps/api/mocks";
import { flushSync, mount, tick, unmount } from "svelte";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { setLanguage } from "$/lib/i18n.svelte";
import CardsSheet from "./CardsSheet.svelte";

let sheet: object | undefined;
const saved = vi.fn();
const tile = (id: string, name: string) => ({
  customer_id: id,
  name,
  phone: "",
  card: { count: 0, required: 5, rewards: 0 },
  last_seen_at: null,
});

function at<T extends HTMLElement>(testid: string): T[] {
  return [...document.querySelectorAll<T>(`[data-testid=${testid}]`)];
}

beforeEach(async () => {
  setLanguage("en");
  saved.mockClear();
  mockIPC((command, args) => {
    if (command === "customers") return [tile("a", "Ana"), tile("b", "Bea"), tile("c", "Coco")];
    if (command === "save_card_sheet") saved((args as { customers: string[] }).customers);
    return { path: "cards.pdf" };
  });
  sheet = mount(CardsSheet, { target: document.body, props: { open: true, text: "" } });
  await vi.waitFor(() => expect(at("cards-one")).toHaveLength(3));
});
afterEach(async () => {
  if (sheet) await unmount(sheet);
  clearMocks();
});

it("prints everybody found unless somebody is left out", async () => {
  at<HTMLInputElement>("cards-one")[1]?.click();
  flushSync();
  const button = at<HTMLButtonElement>("cards-save")[0];
  expect(button?.textContent).toContain("Save 2 cards");
  button?.click();
  await vi.waitFor(() => expect(saved).toHaveBeenCalledWith(["a", "c"]));
});

it("prints nothing where nobody is left", async () => {
  at<HTMLInputElement>("cards-all")[0]?.click();
  await tick();
  expect(at<HTMLButtonElement>("cards-save")[0]?.disabled).toBe(true);
});
