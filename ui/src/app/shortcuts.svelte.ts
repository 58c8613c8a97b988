/** Keys that do something wherever the focus is. Each place registers its own while it is shown. */
import { onDestroy } from "svelte";

export type Shortcut = {
  /** As `KeyboardEvent.key`, with `Ctrl+` before it where needed. */
  keys: string[];
  label: () => string;
  run: () => void;
  /** Also while someone types in a field: for F-keys and combinations. */
  inFields?: boolean;
};

const active = $state<Shortcut[]>([]);

/** The shortcuts that work now, for the help sheet. */
export function activeShortcuts(): readonly Shortcut[] {
  return active;
}

/** Registers shortcuts for as long as the calling component lives. */
export function useShortcuts(shortcuts: Shortcut[]): void {
  active.push(...shortcuts);
  onDestroy(() => {
    for (const shortcut of shortcuts) {
      const at = active.findIndex((one) => one.keys === shortcut.keys);
      if (at >= 0) active.splice(at, 1);
    }
  });
}

function nameOf(event: KeyboardEvent): string {
  const combined = event.ctrlKey || event.metaKey ? "Ctrl+" : event.altKey ? "Alt+" : "";
  return combined + event.key;
}

function typing(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.matches("input:not([type=checkbox]):not([type=radio]), textarea, select")
  );
}

/** Runs the shortcut of a key, the last registered first. */
export function onShortcut(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.repeat) return;
  const name = nameOf(event);
  const inField = typing(event.target);
  const inSheet = document.querySelector("[data-sheet]") !== null;
  const found = active.findLast(
    (one) => one.keys.includes(name) && (!inField || one.inFields) && !inSheet,
  );
  if (!found) return;
  event.preventDefault();
  found.run();
}
