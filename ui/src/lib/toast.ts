/** Short words at the edge of the screen, also spoken to a screen reader. */
import { toast } from "svelte-sonner";
import { m } from "$/paraglide/messages";
import { announce, announceNow } from "./announce.svelte";
import { explain } from "./errors";
import { refuseSound } from "./sound";

/** Says that something is done. */
export function say(text: string): void {
  announce(text);
  toast(text, { duration: 4000 });
}

/** Says that something is done and offers to take it back. */
export function sayUndo(text: string, undo: () => void): void {
  announce(text);
  toast(text, { duration: 7000, action: { label: m.undo(), onClick: undo } });
}

/** Says what went wrong and what to do. */
export function sayFailure(thrown: unknown): void {
  const text = explain(thrown);
  announceNow(text);
  refuseSound();
  // The same words are shown once, however often they are true.
  toast.error(text, { id: text, duration: 9000 });
}

/** Takes away offers to undo what can't be undone any more: after a sale, or with another cart. */
export function forgetOffers(): void {
  toast.dismiss();
}

/** Says that something takes a moment, for as long as it does. */
export async function sayWhile<T>(text: string, work: Promise<T>): Promise<T> {
  announce(text);
  const shown = toast.loading(text);
  try {
    return await work;
  } finally {
    toast.dismiss(shown);
  }
}
