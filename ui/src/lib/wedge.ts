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

/** Marks keys that were held and given back, so that they are not held again. */
const given = new WeakSet<Event>();

/**
 * Listens on the window before anything else does. A scan's characters never stay in a field: the field
 * gets back what it held before the burst. Outside of fields, characters are held until it is certain that
 * a person typed them, so that a scan presses no shortcut and enters no PIN.
 */
export function watchWedge(onScan: (code: string) => void, target: Window = window): () => void {
  const wedge = new Wedge();
  let before: Before = { field: null, value: "" };
  let held: { target: EventTarget; event: KeyboardEvent }[] = [];
  let timer: number | undefined;

  function hold(event: KeyboardEvent): void {
    event.preventDefault();
    event.stopImmediatePropagation();
    held.push({ target: event.target ?? target, event });
    clearTimeout(timer);
    timer = target.setTimeout(giveBack, GAP_MAX_MS + 5);
  }
  function giveBack(): void {
    clearTimeout(timer);
    const keys = held;
    held = [];
    for (const { target, event } of keys) {
      const { key, code, shiftKey } = event;
      const again = new KeyboardEvent("keydown", {
        ...{ key, code, shiftKey },
        ...{ bubbles: true, cancelable: true },
      });
      given.add(again);
      target.dispatchEvent(again);
    }
  }

  function onKey(event: KeyboardEvent): void {
    if (event.isComposing || given.has(event)) return;
    const field = focusedField();
    const verdict = wedge.press({
      key: event.key,
      atMs: event.timeStamp,
      modified: event.ctrlKey || event.metaKey || event.altKey,
    });
    if (verdict.kind === "scan") {
      event.preventDefault();
      event.stopImmediatePropagation();
      clearTimeout(timer);
      held = [];
      restore(before, verdict.code);
      onScan(verdict.code);
      return;
    }
    // Shift belongs to the character that follows it.
    if (event.key === "Shift" || event.key === "CapsLock") return;
    if (verdict.kind === "typing") {
      before = { field, value: field?.value ?? "" };
      // What was held came before this key.
      if (held.length > 0) giveBack();
    }
    const character = [...event.key].length === 1;
    const combined = event.ctrlKey || event.metaKey || event.altKey;
    // A space alone presses the focused button; no code begins with one.
    if (!field && character && !combined && (event.key !== " " || verdict.kind === "burst")) {
      hold(event);
    } else if (verdict.kind === "burst") {
      event.stopImmediatePropagation();
    }
  }

  target.addEventListener("keydown", onKey, { capture: true });
  return () => {
    target.removeEventListener("keydown", onKey, { capture: true });
    clearTimeout(timer);
  };
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
