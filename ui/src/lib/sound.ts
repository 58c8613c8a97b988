/** The sounds of the counter, made on the spot so that nothing has to be loaded. */

let context: AudioContext | null = null;
let enabled = true;

/** Turns every sound on or off. */
export function setSounds(on: boolean): void {
  enabled = on;
}

function audio(): AudioContext | null {
  if (!enabled || typeof AudioContext === "undefined") return null;
  try {
    context ??= new AudioContext();
    void context.resume();
    return context;
  } catch {
    // A till without a sound card sells all the same.
    return null;
  }
}

function thud(at: AudioContext, hz: number, seconds: number, loudness: number): void {
  const tone = at.createOscillator();
  const gain = at.createGain();
  tone.type = "sine";
  tone.frequency.setValueAtTime(hz, at.currentTime);
  tone.frequency.exponentialRampToValueAtTime(hz / 2.5, at.currentTime + seconds);
  gain.gain.setValueAtTime(loudness, at.currentTime);
  gain.gain.exponentialRampToValueAtTime(0.001, at.currentTime + seconds);
  tone.connect(gain).connect(at.destination);
  tone.start();
  tone.stop(at.currentTime + seconds);
}

/** A rubber stamp meeting paper. */
export function stampSound(): void {
  const at = audio();
  if (at) thud(at, 190, 0.14, 0.5);
}

/** A code was read. */
export function scanSound(): void {
  const at = audio();
  if (at) thud(at, 1400, 0.06, 0.12);
}

/** Something was refused. */
export function refuseSound(): void {
  const at = audio();
  if (at) thud(at, 110, 0.28, 0.4);
}
