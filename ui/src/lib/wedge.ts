/**
 * Tells a keyboard-wedge scanner from a person typing: a burst of keys, none more than 35 ms after the
 * one before, of 6 characters or more, ended by Enter or Tab. Pure: time is an argument.
 */

export const GAP_MAX_MS = 35;
export const LENGTH_MIN = 6;

export type Key = { key: string; atMs: number; modified: boolean };

/** What a key did to the burst: nothing special, part of one that may be a scan, or the end of a scan. */
export type Verdict =
  { kind: "typing" } | { kind: "burst"; length: number } | { kind: "scan"; code: string };

export class Wedge {
  #text = "";
  #lastMs = Number.NEGATIVE_INFINITY;

  /** Takes the next key and says what it means. */
  press({ key, atMs, modified }: Key): Verdict {
    // Scanners send Shift for capitals as a key of its own; it neither adds nor ends.
    if (key === "Shift" || key === "CapsLock") return { kind: "typing" };
    const inTime = atMs - this.#lastMs <= GAP_MAX_MS;
    if (!inTime) this.#text = "";
    if (modified) {
      this.#text = "";
      return { kind: "typing" };
    }
    if (key === "Enter" || key === "Tab") {
      const code = this.#text;
      this.#text = "";
      return inTime && code.length >= LENGTH_MIN ? { kind: "scan", code } : { kind: "typing" };
    }
    if ([...key].length !== 1) {
      this.#text = "";
      return { kind: "typing" };
    }
    this.#text += key;
    this.#lastMs = atMs;
    return this.#text.length > 1
      ? { kind: "burst", length: this.#text.length }
      : { kind: "typing" };
  }
}

type Field = HTMLInputElement | HTMLTextAreaElement;
type Before = { field: Field; value: string; start: number | null; end: number | null };

function focusedField(): Field | null {
  const active = document.activeElement;
  if (active instanceof HTMLTextAreaElement) return active;
  return active instanceof HTMLInputElement ? active : null;
}

/**
 * Listens on the window before anything else does. A scan's characters never stay in a field: the field
 * gets back what it held before the burst, and the ending Enter or Tab presses nothing.
 */
export function watchWedge(onScan: (code: string) => void, target: Window = window): () => void {
  const wedge = new Wedge();
  let before: Before | null = null;
  let lastMs = Number.NEGATIVE_INFINITY;

  function onKey(event: KeyboardEvent): void {
    if (event.isComposing) return;
    if (event.timeStamp - lastMs > GAP_MAX_MS) before = remember();
    if (event.key !== "Shift") lastMs = event.timeStamp;
    const verdict = wedge.press({
      key: event.key,
      atMs: event.timeStamp,
      modified: event.ctrlKey || event.metaKey || event.altKey,
    });
    if (verdict.kind !== "scan") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    restore(before);
    before = null;
    onScan(verdict.code);
  }

  target.addEventListener("keydown", onKey, { capture: true });
  return () => target.removeEventListener("keydown", onKey, { capture: true });
}

function remember(): Before | null {
  const field = focusedField();
  if (!field) return null;
  return { field, value: field.value, start: field.selectionStart, end: field.selectionEnd };
}

function restore(before: Before | null): void {
  if (!before || before.field.value === before.value) return;
  before.field.value = before.value;
  if (before.start !== null) before.field.setSelectionRange(before.start, before.end);
  before.field.dispatchEvent(new Event("input", { bubbles: true }));
}
