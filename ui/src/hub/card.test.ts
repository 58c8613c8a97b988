/** The hub's page for a customer's phone, which is served as it lies in `crates/hub/src/rooms/codes/page`. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import page from "../../../crates/hub/src/rooms/codes/page/card.html?raw";
import script from "../../../crates/hub/src/rooms/codes/page/card.js?raw";

const MADE = {
  code: "CF1:NEW",
  qr_svg: "<svg/>",
  made_at: "2026-01-05T17:00:00.000Z",
  expires_at: "2026-01-05T17:01:00.000Z",
  shop: "Café Lima",
  stamps_count: 3,
  stamps_required: 5,
  rewards: 0,
  reward: "Café gratis",
};
const asked = vi.fn();
let answer: () => Promise<Response>;
let leave = new AbortController();

function json(body: unknown, status = 200, headers = {}): Promise<Response> {
  return Promise.resolve(new Response(JSON.stringify(body), { status, headers }));
}
function at(id: string): HTMLElement {
  return document.getElementById(id) as HTMLElement;
}
function codeIsShown(): boolean {
  return !at("code").hidden && !at("card").hidden;
}

/** Opens the page with this behind the "#". */
async function open(hash: string): Promise<void> {
  history.replaceState(null, "", `#${hash}`);
  document.documentElement.innerHTML = page.replace(/<script.*<\/script>/, "");
  const listen = (target: EventTarget) => (kind: string, then: () => void) =>
    target.addEventListener(kind, then, { signal: leave.signal });
  document.addEventListener = listen(new EventTarget()) as typeof document.addEventListener;
  new Function("addEventListener", script)(listen(window));
  await vi.advanceTimersByTimeAsync(0);
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "performance"] });
  leave = new AbortController();
  asked.mockReset();
  answer = () => json({ data: MADE }, 201);
  vi.stubGlobal("fetch", (where: string, how: RequestInit) => {
    asked(where, JSON.parse(String(how.body)));
    return answer();
  });
  HTMLElement.prototype.getAnimations = () => [];
  HTMLElement.prototype.animate = vi.fn();
});
afterEach(() => {
  leave.abort();
  Reflect.deleteProperty(document, "addEventListener");
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

it("shows a code for the card behind the hash, and how the card stands", async () => {
  await open("CF1:A%20B%25");
  expect(asked).toHaveBeenCalledWith("api/v1/codes", { card: "CF1:A B%" });
  expect(codeIsShown()).toBe(true);
  expect(at("shop").textContent).toBe("Café Lima");
  expect(at("count").textContent).toBe("3 of 5 stamps");
  expect(document.querySelectorAll("#stamps .stamped")).toHaveLength(3);
});

it("asks for the next code before the one that is shown is over", async () => {
  await open("CF1:A");
  await vi.advanceTimersByTimeAsync(49_000);
  expect(asked).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(asked).toHaveBeenCalledTimes(2);
});

it("takes a code away once it is over, and shows the next one when the hub is there again", async () => {
  await open("CF1:A");
  answer = () => Promise.reject(new TypeError("no network"));
  await vi.advanceTimersByTimeAsync(55_000);
  expect(codeIsShown()).toBe(true);
  await vi.advanceTimersByTimeAsync(6_000);
  expect(codeIsShown()).toBe(false);
  expect(at("trouble").textContent).toContain("No connection");
  answer = () => json({ data: MADE }, 201);
  await vi.advanceTimersByTimeAsync(4_000);
  expect(codeIsShown()).toBe(true);
  expect(at("trouble").hidden).toBe(true);
});

it("waits as long as a hub says that is asked too often", async () => {
  answer = () => json({}, 429, { "retry-after": "20" });
  await open("CF1:A");
  await vi.advanceTimersByTimeAsync(19_000);
  expect(asked).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(asked).toHaveBeenCalledTimes(2);
});

it("says why a card gets no code, and does not ask again", async () => {
  const details = [{ field: "card", code: "card_lost", message: "Reported lost." }];
  answer = () => json({ error: { code: "INVALID_TOKEN", message: "No.", details } }, 401);
  await open("CF1:A");
  expect(at("trouble").textContent).toBe("Reported lost.");
  expect(at("card").hidden).toBe(true);
  await vi.advanceTimersByTimeAsync(300_000);
  expect(asked).toHaveBeenCalledTimes(1);
});

it("asks for the link where there is no card behind the hash", async () => {
  await open("");
  expect(asked).not.toHaveBeenCalled();
  expect(at("trouble").textContent).toContain("Open the link");
});
