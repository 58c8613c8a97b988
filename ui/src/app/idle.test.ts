import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { watchIdle } from "./idle";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("locks after the minutes have passed", () => {
  const lock = vi.fn();
  const stop = watchIdle(2, lock);
  vi.advanceTimersByTime(119_999);
  expect(lock).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(lock).toHaveBeenCalledOnce();
  stop();
});

it("waits anew after a touch", () => {
  const lock = vi.fn();
  const stop = watchIdle(2, lock);
  vi.advanceTimersByTime(100_000);
  window.dispatchEvent(new Event("pointerdown"));
  vi.advanceTimersByTime(100_000);
  expect(lock).not.toHaveBeenCalled();
  stop();
});

it("never locks when it is set to 0", () => {
  const lock = vi.fn();
  watchIdle(0, lock);
  vi.advanceTimersByTime(86_400_000);
  expect(lock).not.toHaveBeenCalled();
});
