/**
 * Tells a keyboard-wedge scanner from a person typing: a burst of keys, none more than 35 ms after the
 * one before, of 6 characters or more, ended by Enter or Tab. Pure: time is an argument.
 */

export const GAP_MAX_MS = 35;
export const LENGTH_MIN = 6;

export type Key = { key: string; atMs: number; modified: boolean };

/** What a key did: nothing special, one more of a burst that may be a scan, or the end of a scan. */
export type Verdict = { kind: "typing" } | { kind: "burst" } | { kind: "scan"; code: string };

export class Wedge {
  #text = "";
  #lastMs = Number.NEGATIVE_INFINITY;

  /** Takes the next key and says what it means. */
  press({ key, atMs, modified }: Key): Verdict {
    const inTime = atMs - this.#lastMs <= GAP_MAX_MS;
    if (!inTime) this.#text = "";
    // Scanners send Shift for capitals as a key of its own; it keeps the burst alive and adds nothing.
    if (key === "Shift" || key === "CapsLock") {
      if (this.#text) this.#lastMs = atMs;
      return { kind: "typing" };
    }
    if (modified) {
      this.#text = "";
      return { kind: "typing" };
    }
    if (key === "Enter" || key === "Tab") {
      const code = this.#text;
      this.#text = "";
      return code.length >= LENGTH_MIN ? { kind: "scan", code } : { kind: "typing" };
    }
    if ([...key].length !== 1) {
      this.#text = "";
      return { kind: "typing" };
    }
    this.#text += key;
    this.#lastMs = atMs;
    return { kind: this.#text.length > 1 ? "burst" : "typing" };
  }
}

type TextField = HTMLInputElement | HTMLTextAreaElement;
type Before = { field: TextField | null; value: string };

function focusedField(): TextField | null {
  const active = document.activeElement;
  return active instanceof HTMLInputElement || active instanceof HTMLTextAreaElement
    ? active
    : null;
}

/**
 * Listens on the window before anything else does. A scan's characters never stay in a field: the field
 * gets back what it held before the burst, and neither the keys nor the ending Enter press anything.
 */
export function watchWedge(onScan: (code: string) => void, target: Window = window): () => void {
  const wedge = new Wedge();
  let before: Before = { field: null, value: "" };

  function onKey(event: KeyboardEvent): void {
    if (event.isComposing) return;
    const field = focusedField();
    const verdict = wedge.press({
      key: event.key,
      atMs: event.timeStamp,
      modified: event.ctrlKey || event.metaKey || event.altKey,
    });
    if (verdict.kind === "typing") {
      // Shift belongs to the character that follows it, or came before it.
      if (event.key !== "Shift") before = { field, value: field?.value ?? "" };
      return;
    }
    // Shortcuts and buttons must not act on a scanner's keys; a field still takes a fast typist's.
    event.stopImmediatePropagation();
    if (!field) event.preventDefault();
    if (verdict.kind === "burst") return;
    event.preventDefault();
    restore(before, verdict.code);
    onScan(verdict.code);
  }

  target.addEventListener("keydown", onKey, { capture: true });
  return () => target.removeEventListener("keydown", onKey, { capture: true });
}

function restore(before: Before, code: string): void {
  const field = focusedField();
  if (!field) return;
  // A field that took the focus during the burst only holds what the scanner typed.
  const value = field === before.field ? before.value : field.value.replace(code, "");
  if (field.value === value) return;
  field.value = value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}
