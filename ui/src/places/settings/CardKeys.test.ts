import { clearMocks, mockIPC } from "@tauri-apps/api/mocks";
import { flushSync, mount, unmount } from "svelte";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { setLanguage } from "$/lib/i18n.svelte";
import CardKeys from "./CardKeys.svelte";

// What changes elsewhere in the shop is not this section's business.
vi.mock("$/app/session.svelte", () => ({ changes: () => 0 }));

let section: object | undefined;
let keys = [{ key_id: 0, signs: false, revoked: false }];
let calls: string[] = [];

function at<T extends HTMLElement>(testid: string): T[] {
  return [...document.querySelectorAll<T>(`[data-testid=${testid}]`)];
}

beforeEach(async () => {
  setLanguage("en");
  calls = [];
  keys = [
    { key_id: 1, signs: false, revoked: false },
    { key_id: 255, signs: true, revoked: false },
  ];
  mockIPC((command, args) => {
    calls.push(command);
    const { keyId } = (args ?? {}) as { keyId?: number };
    if (command === "revoke_card_key") {
      keys = keys.map((key) => (key.key_id === keyId ? { ...key, revoked: true } : key));
    }
    return keys;
  });
  section = mount(CardKeys, { target: document.body });
  await vi.waitFor(() => expect(at("card-key")).toHaveLength(2));
});
afterEach(async () => {
  if (section) await unmount(section);
  clearMocks();
});

it("says of each key what it is worth", () => {
  const words = at("card-key").map((row) => row.textContent);
  expect(words[0]).toContain("Key 00000001");
  expect(words[0]).toContain("Its cards are read");
  expect(words[1]).toContain("This till signs with it");
});

it("asks once before the cards of a key are refused, since that can't be taken back", async () => {
  at("card-key-revoke")[0]?.click();
  flushSync();
  expect(calls).not.toContain("revoke_card_key");
  await vi.waitFor(() => expect(at("card-key-revoke-confirm")).toHaveLength(1));
  at("card-key-revoke-confirm")[0]?.click();
  await vi.waitFor(() => expect(at("card-key")[0]?.textContent).toContain("refused"));
  expect(at("card-key-revoke")).toHaveLength(1);
});
