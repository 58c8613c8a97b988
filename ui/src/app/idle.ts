/** Locks the till when nobody has touched it for a while. */

const SIGNS = ["pointerdown", "keydown", "wheel"] as const;

/** Calls `onIdle` after `minutes` without a sign of anybody; 0 never does. Answers how to stop. */
export function watchIdle(
  minutes: number,
  onIdle: () => void,
  target: Window = window,
): () => void {
  if (minutes <= 0) return () => undefined;
  let timer: number | undefined;
  const again = (): void => {
    target.clearTimeout(timer);
    timer = target.setTimeout(onIdle, minutes * 60_000);
  };
  for (const sign of SIGNS) target.addEventListener(sign, again, { capture: true, passive: true });
  again();
  return () => {
    target.clearTimeout(timer);
    for (const sign of SIGNS) target.removeEventListener(sign, again, { capture: true });
  };
}
