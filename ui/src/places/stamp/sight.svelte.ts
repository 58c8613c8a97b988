/** What a camera sees besides its picture: where codes lie, and why one can't be read. */
import { handle } from "$/app/scan.svelte";
import { announce } from "$/lib/announce.svelte";
import type { CameraEventView, CameraHint } from "$/lib/api";
import { m } from "$/paraglide/messages";

/** How long an outline is lit up once its code was read. */
const LIT_MS = 300;

export const HINTS: Record<CameraHint, () => string> = {
  too_dark: m.camera_hint_too_dark,
  too_blurred: m.camera_hint_too_blurred,
  too_far: m.camera_hint_too_far,
  glare: m.camera_hint_glare,
};

export class Sight {
  /** The corners of each code, 0 to 1 of the picture: x and y in turn. */
  outlines = $state.raw<number[][]>([]);
  /** A code was read just now. */
  lit = $state(false);
  hint = $state<CameraHint | null>(null);
  #dimming: ReturnType<typeof setTimeout> | undefined;

  take(event: CameraEventView): void {
    switch (event.kind) {
      case "outlines":
        this.outline(event.outlines);
        return;
      case "scan":
        this.#light();
        this.hint = null;
        handle(event.outcome);
        return;
      case "hint":
        this.hint = event.hint;
        if (event.hint) announce(HINTS[event.hint]());
        return;
      case "failed":
      case "stopped":
        this.blank();
    }
  }

  outline(outlines: number[][]): void {
    // Nothing in place of nothing, many times a second, is no change.
    if (outlines.length > 0 || this.outlines.length > 0) this.outlines = outlines;
  }

  blank(): void {
    clearTimeout(this.#dimming);
    this.outlines = [];
    this.lit = false;
    this.hint = null;
  }

  #light(): void {
    clearTimeout(this.#dimming);
    this.lit = true;
    this.#dimming = setTimeout(() => (this.lit = false), LIT_MS);
  }
}

let last: Promise<unknown> = Promise.resolve();

/** Starts and stops one after the other: the program carries out commands side by side, and a late stop would end the
    camera that was started after it. */
export function inTurn<T>(step: () => Promise<T>): Promise<T> {
  const next = last.then(step, step);
  last = next;
  return next;
}
