import { mockIPC, clearMocks } from "@tauri-apps/api/mocks";
import { flushSync, mount, unmount } from "svelte";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { spoken } from "$/lib/announce.svelte";
import type { CameraEventView, CameraHint, ScanOutcome } from "$/lib/api";
import { setLanguage } from "$/lib/i18n.svelte";
import { handle } from "$/app/scan.svelte";
import Camera from "./Camera.svelte";
import { inTurn } from "./sight.svelte";

// What a scan does elsewhere on the screen is not the preview's business.
vi.mock("$/app/scan.svelte", () => ({ handle: vi.fn() }));

let card: object | undefined;
let calls: string[] = [];
let stopping: Promise<unknown> | undefined;
let tell: (event: CameraEventView) => void = () => undefined;

function at(testid: string): HTMLElement | null {
  return document.querySelector(`[data-testid=${testid}]`);
}
function sees(...events: CameraEventView[]): void {
  events.forEach((event) => tell(event));
  flushSync();
}
async function called(...commands: string[]): Promise<void> {
  await vi.waitFor(() => expect(calls).toEqual(commands));
}
function hide(hidden: boolean): void {
  vi.spyOn(document, "hidden", "get").mockReturnValue(hidden);
  document.dispatchEvent(new Event("visibilitychange"));
  flushSync();
}

const preview: CameraEventView = {
  kind: "preview",
  data_uri: "data:image/jpeg;base64,AAAA",
  width: 640,
  height: 360,
  outlines: [],
};
const gone: CameraEventView = {
  kind: "failed",
  failure: { code: "camera_gone", message: "", retry: true, field: null, params: {} },
  waiting: true,
};
const merchant: ScanOutcome = { kind: "merchant", merchant_id: "m1" };

beforeEach(async () => {
  setLanguage("en");
  calls = [];
  stopping = undefined;
  mockIPC((command, args) => {
    calls.push(command);
    const channel = (args as { onEvent?: { onmessage: typeof tell } }).onEvent;
    if (channel) tell = (event) => channel.onmessage(event);
    return command === "camera_stop" ? stopping : undefined;
  });
  card = mount(Camera, { target: document.body });
  flushSync();
  await called("camera_start");
});
afterEach(async () => {
  if (card) await unmount(card);
  await inTurn(() => Promise.resolve());
  vi.restoreAllMocks();
  clearMocks();
});

it.each<[CameraHint, string, string]>([
  ["too_dark", "too dark", "oscuro"],
  ["too_blurred", "blurred", "borroso"],
  ["too_far", "Come closer", "pequeño"],
  ["glare", "mirrored", "refleja"],
])("says %s in its own words, to eyes and ears", (hint, english, spanish) => {
  sees(preview, { kind: "hint", hint });
  expect(at("camera-hint")?.textContent).toContain(english);
  expect(spoken.polite).toContain(english);
  setLanguage("es");
  flushSync();
  expect(at("camera-hint")?.textContent).toContain(spanish);
});

it("takes the hint away when the code is read", () => {
  sees(preview, { kind: "hint", hint: "glare" });
  sees({ kind: "scan", outcome: merchant, outline: null });
  expect(at("camera-hint")).toBeNull();
  expect(handle).toHaveBeenCalledWith(merchant);
});

it("takes the hint away when it is over", () => {
  sees(preview, { kind: "hint", hint: "glare" }, { kind: "hint", hint: null });
  expect(at("camera-hint")).toBeNull();
});

it("outlines the code where it lies in each picture, and nothing once it has left", () => {
  const corners = [0.25, 0.5, 0.75, 0.5, 0.75, 1, 0.25, 1];
  sees({ ...preview, outlines: [corners] });
  const outline = (): string | null | undefined =>
    at("camera-outline")?.querySelector("polygon")?.getAttribute("points");
  expect(outline()).toBe("160,180 480,180 480,360 160,360");
  sees({ ...preview, outlines: [corners.map((corner) => corner / 2)] });
  expect(outline()).toBe("80,90 240,90 240,180 80,180");
  sees(preview);
  expect(at("camera-outline")).toBeNull();
});

it("lights the outline up when the code is read, for a moment", () => {
  vi.useFakeTimers();
  sees(
    { kind: "scan", outcome: merchant, outline: null },
    { ...preview, outlines: [[0, 0, 1, 1]] },
  );
  expect(at("camera-outline")?.classList).toContain("lit");
  vi.advanceTimersByTime(1000);
  flushSync();
  expect(at("camera-outline")?.classList).not.toContain("lit");
  vi.useRealTimers();
});

it("says that the camera was pulled out and is looked for, and goes on when it is back", () => {
  sees(preview, gone);
  expect(at("camera-failure")?.textContent).toContain("disconnected");
  expect(at("camera-waiting")).not.toBeNull();
  sees({ kind: "opened", has_lamp: false }, preview);
  expect(at("camera-failure")).toBeNull();
  expect(at("camera-frame")).not.toBeNull();
  expect(spoken.polite).toContain("back");
});

it("lets go of the camera while the window is hidden, and takes it again after", async () => {
  sees(preview);
  hide(true);
  await called("camera_start", "camera_stop");
  expect(at("camera-frame")).toBeNull();
  hide(false);
  await called("camera_start", "camera_stop", "camera_start");
});

it("starts the camera again only once its stop has come through", async () => {
  sees(preview);
  let stopped: () => void = () => undefined;
  stopping = new Promise((done) => (stopped = () => done(undefined)));
  hide(true);
  hide(false);
  await called("camera_start", "camera_stop");
  stopped();
  await called("camera_start", "camera_stop", "camera_start");
});

it("lets go of the camera when the preview closes", async () => {
  if (card) await unmount(card);
  card = undefined;
  await called("camera_start", "camera_stop");
});

it("turns the camera's light on, and shows that it shines once the camera says so", async () => {
  sees(preview, { kind: "opened", has_lamp: true });
  const pressed = (): string | null | undefined => at("camera-lamp")?.getAttribute("aria-pressed");
  at("camera-lamp")?.click();
  await called("camera_start", "camera_light");
  expect(pressed()).toBe("false");
  sees({ kind: "light", on: true });
  expect(pressed()).toBe("true");
});

it("offers no light where the camera has none", () => {
  sees(preview, { kind: "opened", has_lamp: false });
  expect(at("camera-lamp")).toBeNull();
});
