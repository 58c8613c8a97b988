import { clearMocks, mockIPC } from "@tauri-apps/api/mocks";
import { flushSync, mount, unmount } from "svelte";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { handle, scanned } from "$/app/scan.svelte";
import type { CameraEventView, ScanOutcome } from "$/lib/api";
import { setLanguage } from "$/lib/i18n.svelte";
import PhoneCamera from "./PhoneCamera.svelte";
import { inTurn } from "./sight.svelte";

vi.mock("$/app/scan.svelte", () => ({ handle: vi.fn(), scanned: vi.fn() }));

let card: object | undefined;
let calls: string[] = [];
let system: () => unknown;
let tell: (event: CameraEventView) => void = () => undefined;
const stop = vi.fn();
const applyConstraints = vi.fn();
let torch: boolean | undefined;
const merchant: ScanOutcome = { kind: "merchant", merchant_id: "m1" };

function at(testid: string): HTMLElement | null {
  return document.querySelector(`[data-testid=${testid}]`);
}
async function view(wanted: string): Promise<void> {
  await vi.waitFor(() => expect(at("phone-camera")?.dataset.view).toBe(wanted));
}
function press(testid: string): void {
  at(testid)?.click();
  flushSync();
}

/** Our own reader, with the first frame on its way. */
async function reading(): Promise<void> {
  system = () => Promise.reject(new Error("Google Play services are missing"));
  press("phone-scan");
  await view("missing");
  press("phone-own");
  await vi.waitFor(() => expect(calls).toContain("camera_frame"));
}
function hide(hidden: boolean): void {
  vi.spyOn(document, "hidden", "get").mockReturnValue(hidden);
  document.dispatchEvent(new Event("visibilitychange"));
  flushSync();
}

beforeEach(() => {
  setLanguage("en");
  calls = [];
  stop.mockReset();
  applyConstraints.mockReset();
  torch = undefined;
  vi.mocked(scanned).mockReset();
  vi.mocked(handle).mockReset();
  system = () => ({ content: "4006381333931" });
  mockIPC((command, args) => {
    calls.push(command);
    if (command.endsWith("_permissions")) return { camera: "granted" };
    if (command === "plugin:barcode-scanner|scan") return system();
    const channel = (args as { onEvent?: { onmessage: typeof tell } }).onEvent;
    if (channel) tell = (event) => channel.onmessage(event);
    return null;
  });
  // A camera that shows 1280 x 720.
  vi.stubGlobal("navigator", {
    ...navigator,
    mediaDevices: {
      getUserMedia: () =>
        Promise.resolve({
          getTracks: () => [{ stop, applyConstraints, getCapabilities: () => ({ torch }) }],
        }),
    },
  });
  vi.spyOn(HTMLMediaElement.prototype, "play").mockResolvedValue();
  vi.spyOn(HTMLVideoElement.prototype, "videoWidth", "get").mockReturnValue(1280);
  vi.spyOn(HTMLVideoElement.prototype, "videoHeight", "get").mockReturnValue(720);
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(null);
  vi.spyOn(HTMLCanvasElement.prototype, "toDataURL").mockReturnValue("data:image/jpeg;base64,AAAA");
  card = mount(PhoneCamera, { target: document.body });
  flushSync();
});
afterEach(async () => {
  if (card) await unmount(card);
  card = undefined;
  await inTurn(() => Promise.resolve());
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  clearMocks();
});

it("hands what the system's scanner reads to the one door", async () => {
  press("phone-scan");
  await vi.waitFor(() => expect(scanned).toHaveBeenCalledWith("4006381333931", "camera"));
  await view("ready");
});

it("is ready again when the system's scanner was closed", async () => {
  system = () => Promise.reject(new Error("scan cancelled"));
  press("phone-scan");
  await view("ready");
  expect(scanned).not.toHaveBeenCalled();
});

it("offers our own reader where the system has no scanner, and frees the camera afterwards", async () => {
  await reading();
  expect(calls.indexOf("camera_start_frames")).toBeLessThan(calls.indexOf("camera_frame"));
  tell({ kind: "scan", outcome: merchant, outline: null });
  expect(handle).toHaveBeenCalledWith(merchant);
  if (card) await unmount(card);
  card = undefined;
  await vi.waitFor(() => expect(stop).toHaveBeenCalled());
  expect(calls).toContain("camera_stop");
});

it("outlines what our own reader sees in the picture, and lights it up when it is read", async () => {
  await reading();
  document.querySelector("video")?.dispatchEvent(new Event("resize"));
  tell({ kind: "outlines", outlines: [[0.25, 0.5, 0.75, 0.5, 0.75, 1, 0.25, 1]] });
  tell({ kind: "scan", outcome: merchant, outline: null });
  flushSync();
  const outline = at("camera-outline");
  expect(outline?.querySelector("polygon")?.getAttribute("points")).toBe(
    "320,360 960,360 960,720 320,720",
  );
  expect(outline?.classList).toContain("lit");
  tell({ kind: "outlines", outlines: [] });
  flushSync();
  expect(at("camera-outline")).toBeNull();
});

it("says why our own reader can't read what it sees", async () => {
  await reading();
  tell({ kind: "hint", hint: "too_far" });
  flushSync();
  expect(at("camera-hint")?.textContent).toContain("Come closer");
});

it("lights the camera's lamp and puts it out", async () => {
  torch = true;
  await reading();
  const pressed = (): string | null | undefined => at("camera-lamp")?.getAttribute("aria-pressed");
  press("camera-lamp");
  await vi.waitFor(() => expect(pressed()).toBe("true"));
  press("camera-lamp");
  await vi.waitFor(() => expect(pressed()).toBe("false"));
  const asked = applyConstraints.mock.calls.map(([wanted]) => wanted as unknown);
  expect(asked).toEqual([{ advanced: [{ torch: true }] }, { advanced: [{ torch: false }] }]);
});

it("offers no lamp where the camera has none", async () => {
  await reading();
  expect(at("camera-lamp")).toBeNull();
});

it("takes the camera again only once the one before was stopped", async () => {
  await reading();
  hide(true);
  hide(false);
  const turns = (): string[] => calls.filter((call) => /start_frames|stop/.test(call));
  await vi.waitFor(() => expect(turns()).toHaveLength(3));
  expect(turns()).toEqual(["camera_start_frames", "camera_stop", "camera_start_frames"]);
});
