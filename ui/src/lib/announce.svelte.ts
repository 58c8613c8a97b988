/** What a screen reader is told: one polite and one assertive voice for the whole window. */

export const spoken = $state({ polite: "", assertive: "" });

/** Says it when the reader is next free. */
export function announce(text: string): void {
  // The same words twice are only read again if the text changes.
  spoken.polite = spoken.polite === text ? `${text}\u00a0` : text;
}

/** Interrupts: for errors. */
export function announceNow(text: string): void {
  spoken.assertive = spoken.assertive === text ? `${text}\u00a0` : text;
}
