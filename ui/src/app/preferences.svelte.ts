/** What this device looks and sounds like. Kept on the device, read before the first paint. */
import { setSounds } from "$/lib/sound";

export type Theme = "system" | "light" | "dark";
export type Motion = "system" | "still";
type Preferences = { theme: Theme; sounds: boolean; motion: Motion };

const KEY = "counterfoil.preferences";
const defaults: Preferences = { theme: "system", sounds: true, motion: "system" };

function read(): Preferences {
  try {
    return { ...defaults, ...(JSON.parse(localStorage.getItem(KEY) ?? "{}") as object) };
  } catch {
    // A damaged note of a preference is no reason not to start.
    return defaults;
  }
}

export const preferences = $state<Preferences>(read());
const dark = window.matchMedia("(prefers-color-scheme: dark)");

/** Puts the preferences on the document. */
export function applyPreferences(): void {
  const { theme, motion, sounds } = preferences;
  const isDark = theme === "dark" || (theme === "system" && dark.matches);
  document.documentElement.dataset.theme = isDark ? "dark" : "light";
  document.documentElement.dataset.motion = motion;
  setSounds(sounds);
}

/** Changes some of them, at once and for the next start. */
export function prefer(change: Partial<Preferences>): void {
  Object.assign(preferences, change);
  localStorage.setItem(KEY, JSON.stringify(preferences));
  applyPreferences();
}

dark.addEventListener("change", applyPreferences);
