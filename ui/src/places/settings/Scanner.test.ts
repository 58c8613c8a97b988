import { clearMocks, mockIPC } from "@tauri-apps/api/mocks";
import { flushSync, mount, unmount } from "svelte";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { ScannerSettings, ScannerView } from "$/lib/api";
import { setLanguage } from "$/lib/i18n.svelte";
import Scanner from "./Scanner.svelte";

vi.mock("$/app/session.svelte", () => ({ changes: () => 0 }));

let place: object | undefined;
const onchange = vi.fn();
const none: ScannerSettings = { port: "", baud: 9600, ending: "line" };
const chosen: ScannerSettings = { ...none, port: "usb:05f9:4204:S12" };
const failure = { code: "scanner_gone", message: "", retry: true, field: null, params: {} };

function at(testid: string): HTMLElement | null {
  return document.querySelector(`[data-testid=${testid}]`);
}
async function show(settings: ScannerSettings, state: ScannerView): Promise<void> {
  place = mount(Scanner, { target: document.body, props: { settings, state, onchange } });
  await vi.waitFor(() => expect(at("scanner-port")?.textContent).toContain("QuickScan"));
}

beforeEach(() => {
  setLanguage("en");
  onchange.mockReset();
  mockIPC((command) =>
    command === "serial_ports"
      ? [{ id: "usb:05f9:4204:S12", name: "QuickScan (/dev/ttyACM0)" }]
      : undefined,
  );
});
afterEach(async () => {
  if (place) await unmount(place);
  place = undefined;
  clearMocks();
});

it("offers what is plugged in, and asks nothing more until one is chosen", async () => {
  await show(none, { kind: "off" });
  expect(at("scanner-baud")).toBeNull();
  const select = at("scanner-port") as HTMLSelectElement;
  select.value = "usb:05f9:4204:S12";
  select.dispatchEvent(new Event("change", { bubbles: true }));
  flushSync();
  expect(onchange).toHaveBeenCalledWith(chosen);
});

it("says why the scanner is not there, in the language of the till", async () => {
  await show(chosen, { kind: "away", failure });
  expect(at("scanner-state")?.textContent).toContain("was disconnected");
  setLanguage("es");
  flushSync();
  expect(at("scanner-state")?.textContent).toContain("se desconectó");
});

it("says that the scanner is there", async () => {
  await show(chosen, { kind: "ready" });
  expect(at("scanner-state")?.textContent).toContain("is connected");
});

it("keeps a chosen scanner in the list while it is away", async () => {
  await show({ ...chosen, port: "/dev/ttyS9" }, { kind: "away", failure });
  expect(at("scanner-port")?.textContent).toContain("/dev/ttyS9");
});
