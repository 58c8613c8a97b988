/** When a form begins. What lies behind it is read anew with every piece of news, and that takes nothing typed away. */
import { untrack } from "svelte";

/**
 * Begins a form when it opens, or opens on something else: `subject` says what it is about by an id or a flag, and
 * answers null or false while it is closed. Nothing else that `begin` reads begins it again.
 */
export function beginOn(subject: () => string | boolean | null, begin: () => void): void {
  const about = $derived(subject());
  $effect(() => {
    if (about !== null && about !== false) untrack(begin);
  });
}
