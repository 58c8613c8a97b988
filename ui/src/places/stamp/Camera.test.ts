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
/** Without the questions for pictures, which come all the time. */
let calls: string[] = [];
/** The question for a picture that waits for its answer. */
let answer: ((bytes: ArrayBuffer) => void) | undefined;
let asked = 0;
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

/** The camera sees the next picture: grey, 640 x 360, with codes in it. */
async function pictured(...outlines: number[][]): Promise<void> {
  await vi.waitFor(() => expect(answer).toBeDefined());
  const pixels = 16 + outlines.length * 32;
  const bytes = new ArrayBuffer(pixels + 640 * 360);
  new Uint8Array(bytes).set([1, outlines.length]);
  const view = new DataView(bytes);
  view.setUint32(4, 640, true);
  view.setUint32(8, 360, true);
  outlines.flat().forEach((corner, at) => view.setFloat32(16 + at * 4, corner, true));
  const painted = put.mock.calls.length;
  answer?.(bytes);
  answer = undefined;
  await vi.waitFor(() => expect(put).toHaveBeenCalledTimes(painted + 1));
  flushSync();
}

const put = vi.fn();
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
  answer = undefined;
  asked = 0;
  put.mockReset();
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue({
    createImageData: (width: number, height: number) => ({
      width,
      height,
      data: new Uint8ClampedArray(width * height * 4),
    }),
    putImageData: put,
  } as unknown as GPUCanvasContext);
  mockIPC((command, args) => {
    if (command === "camera_picture") {
      asked += 1;
      return new Promise<ArrayBuffer>((done) => (answer = done));
    }
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
  vi.unstubAllGlobals();
  clearMocks();
});

it.each<[CameraHint, string, string]>([
  ["too_dark", "too dark", "oscuro"],
  ["too_blurred", "blurred", "borroso"],
  ["too_far", "Come closer", "pequeño"],
  ["glare", "mirrored", "refleja"],
])("says %s in its own words, to eyes and ears", async (hint, english, spanish) => {
  await pictured();
  sees({ kind: "hint", hint });
  expect(at("camera-hint")?.textContent).toContain(english);
  expect(spoken.polite).toContain(english);
  setLanguage("es");
  flushSync();
  expect(at("camera-hint")?.textContent).toContain(spanish);
});

it("takes the hint away when the code is read", async () => {
  await pictured();
  sees({ kind: "hint", hint: "glare" });
  sees({ kind: "scan", outcome: merchant, outline: null });
  expect(at("camera-hint")).toBeNull();
  expect(handle).toHaveBeenCalledWith(merchant);
});

it("takes the hint away when it is over", async () => {
  await pictured();
  sees({ kind: "hint", hint: "glare" }, { kind: "hint", hint: null });
  expect(at("camera-hint")).toBeNull();
});

it("outlines the code where it lies in each picture, and nothing once it has left", async () => {
  const corners = [0.25, 0.5, 0.75, 0.5, 0.75, 1, 0.25, 1];
  await pictured(corners);
  const outline = (): string | null | undefined =>
    at("camera-outline")?.querySelector("polygon")?.getAttribute("points");
  expect(outline()).toBe("160,180 480,180 480,360 160,360");
  await pictured(corners.map((corner) => corner / 2));
  expect(outline()).toBe("80,90 240,90 240,180 80,180");
  await pictured();
  expect(at("camera-outline")).toBeNull();
});

it("lights the outline up when the code is read, for a moment", async () => {
  await pictured([0, 0, 1, 0, 1, 1, 0, 1]);
  vi.useFakeTimers();
  sees({ kind: "scan", outcome: merchant, outline: null });
  expect(at("camera-outline")?.classList).toContain("lit");
  vi.advanceTimersByTime(1000);
  flushSync();
  expect(at("camera-outline")?.classList).not.toContain("lit");
  vi.useRealTimers();
});

it("says that the camera was pulled out and is looked for, and goes on when it is back", async () => {
  await pictured();
  sees(gone);
  expect(at("camera-failure")?.textContent).toContain("disconnected");
  expect(at("camera-waiting")).not.toBeNull();
  sees({ kind: "opened", has_lamp: false });
  await pictured();
  expect(at("camera-failure")).toBeNull();
  expect(at("camera-frame")).not.toBeNull();
  expect(spoken.polite).toContain("back");
});

it("lets go of the camera while the window is hidden, and takes it again after", async () => {
  await pictured();
  hide(true);
  await called("camera_start", "camera_stop");
  expect(at("camera-frame")).toBeNull();
  hide(false);
  await called("camera_start", "camera_stop", "camera_start");
});

it("starts the camera again only once its stop has come through", async () => {
  await pictured();
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
  await pictured();
  sees({ kind: "opened", has_lamp: true });
  const pressed = (): string | null | undefined => at("camera-lamp")?.getAttribute("aria-pressed");
  at("camera-lamp")?.click();
  await called("camera_start", "camera_light");
  expect(pressed()).toBe("false");
  sees({ kind: "light", on: true });
  expect(pressed()).toBe("true");
});

it("offers no light where the camera has none", async () => {
  await pictured();
  sees({ kind: "opened", has_lamp: false });
  expect(at("camera-lamp")).toBeNull();
});

/** The camera sees a single pixel. */
async function dotted(): Promise<void> {
  await vi.waitFor(() => expect(answer).toBeDefined());
  const bytes = new Uint8Array(17);
  bytes.set([1, 0, 0, 0, 1, 0, 0, 0, 1]);
  answer?.(bytes.buffer);
  answer = undefined;
}

it("has one picture on its way while another waits to be painted, and no more", async () => {
  const frames: FrameRequestCallback[] = [];
  vi.stubGlobal("requestAnimationFrame", (frame: FrameRequestCallback) => frames.push(frame));
  await dotted();
  await dotted();
  // A window that does not paint.
  await new Promise((done) => setTimeout(done, 20));
  expect([asked, frames.length]).toEqual([2, 1]);
  frames[0]?.(0);
  await vi.waitFor(() => expect([asked, frames.length]).toEqual([3, 2]));
  expect(put).toHaveBeenCalledTimes(1);
});

it("asks again where no picture came", async () => {
  await vi.waitFor(() => expect(answer).toBeDefined());
  answer?.(new ArrayBuffer(0));
  await vi.waitFor(() => expect(asked).toBe(2));
});

it("shows no picture that was on its way when the camera was lost", async () => {
  await pictured();
  sees(gone);
  await dotted();
  await vi.waitFor(() => expect(asked).toBe(3));
  expect(at("camera-frame")).toBeNull();
  expect(at("camera-failure")).not.toBeNull();
});

it("asks for no pictures of a camera that has stopped", async () => {
  await vi.waitFor(() => expect(asked).toBe(1));
  sees({ kind: "stopped" });
  answer?.(new ArrayBuffer(0));
  await new Promise((done) => setTimeout(done, 150));
  expect(asked).toBe(1);
});
