/** What a phone brings along for scanning: the system's scanner, and the web view's camera. */
import { invoke } from "@tauri-apps/api/core";

/** The kinds that the counter understands, in the plugin's words. */
const FORMATS = ["QR_CODE", "EAN_13", "EAN_8", "UPC_A", "UPC_E", "CODE_128"];
/** The longer side of a frame for our own reader, in pixels: more reads no better. */
const SIDE_MAX = 1280;
const QUALITY = 0.8;
/** The system's scanner covers the screen and has no way out of its own: it is closed when nothing came for so long. */
const SCAN_MS_MAX = 30_000;

export type SystemScan =
  | { kind: "read"; code: string }
  | { kind: "cancelled" }
  /** There is no such scanner on this phone, as where Google's services are missing. */
  | { kind: "missing" }
  /** The camera was not allowed. */
  | { kind: "refused" };

type Permission = { camera: string };

/** Opens the system's scanner and waits until it has read something or was closed. */
export async function systemScan(): Promise<SystemScan> {
  let closing: ReturnType<typeof setTimeout> | undefined;
  try {
    let { camera } = await invoke<Permission>("plugin:barcode-scanner|check_permissions");
    if (camera !== "granted") {
      ({ camera } = await invoke<Permission>("plugin:barcode-scanner|request_permissions"));
    }
    if (camera !== "granted") return { kind: "refused" };
    closing = setTimeout(() => void cancelSystemScan(), SCAN_MS_MAX);
    const read = await invoke<{ content: string }>("plugin:barcode-scanner|scan", {
      formats: FORMATS,
      windowed: false,
      cameraDirection: "back",
    });
    return { kind: "read", code: read.content };
  } catch (thrown) {
    const text = thrown instanceof Error ? thrown.message : String(thrown);
    if (/cancel/i.test(text)) return { kind: "cancelled" };
    return /denied/i.test(text) ? { kind: "refused" } : { kind: "missing" };
  } finally {
    clearTimeout(closing);
  }
}

/** Closes the system's scanner, where it is open. */
export async function cancelSystemScan(): Promise<void> {
  await invoke("plugin:barcode-scanner|cancel").catch(() => undefined);
}

/** The camera at the phone's back, through the web view. */
export function openCamera(): Promise<MediaStream> {
  return navigator.mediaDevices.getUserMedia({
    audio: false,
    video: { facingMode: "environment", width: { ideal: SIDE_MAX } },
  });
}

/** The camera's lamp; null where it has none. */
export function lampOf(stream: MediaStream): MediaStreamTrack | null {
  // Chromium's word for it, which the standard's types do not have; other web views have no lamp to give.
  const hasLamp = (track: MediaStreamTrack): boolean =>
    (track.getCapabilities?.() as { torch?: boolean } | undefined)?.torch === true;
  return stream.getTracks().find(hasLamp) ?? null;
}

/** Lights the camera's lamp, or puts it out. It goes out by itself when the camera is let go of. */
export function light(lamp: MediaStreamTrack, on: boolean): Promise<void> {
  return lamp.applyConstraints({ advanced: [{ torch: on } as MediaTrackConstraintSet] });
}

let canvas: HTMLCanvasElement | null = null;

/** What the camera shows now, as JPEG in base 64; null before its first picture. */
export function takeFrame(video: HTMLVideoElement): string | null {
  const { videoWidth: width, videoHeight: height } = video;
  if (width === 0 || height === 0) return null;
  const scale = Math.min(1, SIDE_MAX / Math.max(width, height));
  canvas ??= document.createElement("canvas");
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.getContext("2d")?.drawImage(video, 0, 0, canvas.width, canvas.height);
  const uri = canvas.toDataURL("image/jpeg", QUALITY);
  return uri.slice(uri.indexOf(",") + 1);
}

/** Whether this is a phone or a tablet: their system scans, and no camera library of ours reaches their camera. */
export function isHandheld(): boolean {
  const { userAgent, maxTouchPoints } = navigator;
  // An iPad calls itself a Macintosh, of which none has a touch screen.
  return /android|iphone|ipad/i.test(userAgent) || (/mac/i.test(userAgent) && maxTouchPoints > 1);
}
