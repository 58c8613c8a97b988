import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { GAP_MAX_MS, Wedge, watchWedge } from "./wedge";

function type(wedge: Wedge, text: string, gapMs: number, end: string | null = "Enter") {
  let atMs = 1000;
  for (const key of text) wedge.press({ key, atMs: (atMs += gapMs), modified: false });
  return end ? wedge.press({ key: end, atMs: atMs + gapMs, modified: false }) : null;
}

describe("a burst of keys", () => {
  it("is a scan when it is fast, long enough and ended by Enter", () => {
    expect(type(new Wedge(), "7751984011379", 10)).toEqual({ kind: "scan", code: "7751984011379" });
  });

  it("is a scan when it is ended by Tab", () => {
    expect(type(new Wedge(), "CF1:ABCD", 5, "Tab")).toEqual({ kind: "scan", code: "CF1:ABCD" });
  });

  it("is still a scan with exactly the longest gap", () => {
    expect(type(new Wedge(), "123456", GAP_MAX_MS)?.kind).toBe("scan");
  });

  it("is typing when the keys come slower", () => {
    expect(type(new Wedge(), "123456", GAP_MAX_MS + 1)?.kind).toBe("typing");
  });

  it("is typing when it is shorter than six characters", () => {
    expect(type(new Wedge(), "12345", 5)?.kind).toBe("typing");
  });

  it("begins anew after a pause", () => {
    const wedge = new Wedge();
    type(wedge, "abc", 5, null);
    expect(
      ["1", "2", "3", "4", "5", "6", "Enter"]
        .map((key, index) => wedge.press({ key, atMs: 5000 + index * 8, modified: false }))
        .at(-1),
    ).toEqual({ kind: "scan", code: "123456" });
  });

  it("keeps capitals that the scanner makes with Shift", () => {
    const wedge = new Wedge();
    let atMs = 0;
    const keys = ["Shift", "C", "Shift", "F", "1", "Shift", ":", "Shift", "A", "B", "Enter"];
    const last = keys
      .map((key) => wedge.press({ key, atMs: (atMs += 20), modified: false }))
      .at(-1);
    expect(last).toEqual({ kind: "scan", code: "CF1:AB" });
  });

  it("is given up when a combination or an arrow comes between", () => {
    const wedge = new Wedge();
    type(wedge, "12345", 5, null);
    wedge.press({ key: "v", atMs: 1030, modified: true });
    expect(wedge.press({ key: "Enter", atMs: 1035, modified: false }).kind).toBe("typing");
  });
});

describe("watching the window", () => {
  let now = 0;
  let stop: () => void;
  const scans: string[] = [];
  const pressed = vi.fn();

  function key(name: string, gapMs: number): void {
    now += gapMs;
    const event = new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true });
    Object.defineProperty(event, "timeStamp", { value: now });
    const target = document.activeElement ?? document.body;
    if (!target.dispatchEvent(event)) return;
    if (target instanceof HTMLInputElement && name.length === 1) target.value += name;
  }

  beforeEach(() => {
    document.body.innerHTML = `<input id="field" value="Ana" /><button id="button">x</button>`;
    vi.useFakeTimers();
    scans.length = 0;
    pressed.mockClear();
    now += 10_000;
    stop = watchWedge((code) => scans.push(code));
    window.addEventListener("keydown", pressed);
  });
  afterEach(() => {
    stop();
    vi.useRealTimers();
    window.removeEventListener("keydown", pressed);
  });

  it("leaves nothing of a scan in the focused field", () => {
    const field = document.querySelector<HTMLInputElement>("#field");
    field?.focus();
    for (const name of [..."7751984011379", "Enter"]) key(name, 8);
    expect(field?.value).toBe("Ana");
    expect(scans).toEqual(["7751984011379"]);
  });

  it("tells the field's owner that its value went back", () => {
    const field = document.querySelector<HTMLInputElement>("#field");
    const values: string[] = [];
    field?.addEventListener("input", () => values.push(field.value));
    field?.focus();
    for (const name of [..."123456", "Tab"]) key(name, 8);
    expect(values).toEqual(["Ana"]);
  });

  it("lets a person type as fast as people do", () => {
    const field = document.querySelector<HTMLInputElement>("#field");
    field?.focus();
    for (const name of [..." Quispe", "Enter"]) key(name, 90);
    expect(field?.value).toBe("Ana Quispe");
    expect(scans).toEqual([]);
  });

  it("keeps a scanner's keys from shortcuts and buttons", () => {
    document.querySelector<HTMLButtonElement>("#button")?.focus();
    for (const name of [..."12 /?6", "Enter"]) key(name, 8);
    vi.advanceTimersByTime(1000);
    expect(pressed).not.toHaveBeenCalled();
    expect(scans).toEqual(["12 /?6"]);
  });

  it("gives keys that were no scan back in their order", () => {
    document.querySelector<HTMLButtonElement>("#button")?.focus();
    for (const name of [..."2222"]) key(name, 8);
    expect(pressed).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1000);
    expect(pressed.mock.calls.map(([event]) => (event as KeyboardEvent).key).join("")).toBe("2222");
  });

  it("gives held keys back before the key that ends them", () => {
    document.querySelector<HTMLButtonElement>("#button")?.focus();
    for (const name of [..."12", "Backspace"]) key(name, 8);
    const names = pressed.mock.calls.map(([event]) => (event as KeyboardEvent).key);
    expect(names).toEqual(["1", "2", "Backspace"]);
  });

  it("cleans a field that took the focus during the scan", () => {
    const field = document.querySelector<HTMLInputElement>("#field");
    key("1", 8);
    field?.focus();
    if (field) field.value = "1";
    for (const name of [..."23456", "Enter"]) key(name, 8);
    expect(field?.value).toBe("");
    expect(scans).toEqual(["123456"]);
  });
});
