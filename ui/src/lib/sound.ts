/** The sounds of the counter, and on a phone a buzz with each. Each can be missing or unplayable: a till without a sound card sells all the same. */
import errorWave from "../../../assets/sounds/error.wav?inline";
import scanWave from "../../../assets/sounds/scan.wav?inline";
import stampWave from "../../../assets/sounds/stamp.wav?inline";

let context: AudioContext | null = null;
let enabled = true;
const decoded = new Map<string, Promise<AudioBuffer>>();

/** Turns every sound on or off. */
export function setSounds(on: boolean): void {
  enabled = on;
}

function bytes(dataUrl: string): ArrayBuffer {
  const text = atob(dataUrl.slice(dataUrl.indexOf(",") + 1));
  return Uint8Array.from(text, (character) => character.charCodeAt(0)).buffer;
}

async function play(wave: string): Promise<void> {
  if (!enabled || typeof AudioContext === "undefined") return;
  try {
    context ??= new AudioContext();
    await context.resume();
    let buffer = decoded.get(wave);
    if (!buffer) decoded.set(wave, (buffer = context.decodeAudioData(bytes(wave))));
    const source = context.createBufferSource();
    source.buffer = await buffer;
    source.connect(context.destination);
    source.start();
  } catch {
    decoded.delete(wave);
  }
}

/** How long a phone buzzes, in milliseconds: once for what was done, twice for what was refused. */
const DONE = [60];
const REFUSED = [60, 80, 60];

function buzz(pattern: number[]): void {
  // Not every web view has it, and a till on a desk has nothing that moves.
  if ("vibrate" in navigator) navigator.vibrate(pattern);
}

/** A rubber stamp meeting paper. */
export function stampSound(): void {
  buzz(DONE);
  void play(stampWave);
}

/** A code was read. */
export function scanSound(): void {
  buzz(DONE);
  void play(scanWave);
}

/** Something was refused. */
export function refuseSound(): void {
  buzz(REFUSED);
  void play(errorWave);
}
