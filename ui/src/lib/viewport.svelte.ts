/** Which of the three shapes the window has. */
import { MediaQuery } from "svelte/reactivity";

const phone = new MediaQuery("(max-width: 719px)");
const desktop = new MediaQuery("(min-width: 1200px)");

/** Whether the window is phone-sized: one column, tab bar, the cart a sheet. */
export function isPhone(): boolean {
  return phone.current;
}

/** Whether the window is desktop-sized: keyboard first, search always focused. */
export function isDesktop(): boolean {
  return desktop.current;
}
