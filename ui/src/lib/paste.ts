/** A picture in a paste, where one is meant. */

/** Whether typing goes there: such a place keeps its pastes. */
export function inField(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLInputElement ||
    target instanceof HTMLTextAreaElement ||
    (target instanceof HTMLElement && target.isContentEditable)
  );
}

/**
 * The picture that a paste brings. Text that comes with one, as from a word processor, belongs to the field that has
 * the focus.
 */
export function pastedPicture(event: ClipboardEvent): File | null {
  const clipboard = event.clipboardData;
  if (!clipboard) return null;
  if (inField(event.target) && clipboard.types.includes("text/plain")) return null;
  // Some systems give a copied picture as an item only, others as a file only.
  const items = [...clipboard.items].map((item) => item.getAsFile());
  const files = [...items, ...clipboard.files];
  return files.find((file) => file?.type.startsWith("image/")) ?? null;
}
