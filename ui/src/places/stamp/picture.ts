/** A picture of the camera, from the program's bytes to the screen. `crates/app/src/view/picture.rs` tells how they lie. */

const GREY = 1;
const HEADER_BYTES = 16;
const OUTLINE_BYTES = 32;

export type Picture = {
  /** Counts the camera's pictures: a gap tells how many were missed. */
  number: number;
  width: number;
  height: number;
  /** The corners of each code, 0 to 1 of the picture and beyond: x and y in turn. */
  outlines: number[][];
  /** A byte a pixel, row by row. */
  grey: Uint8Array;
};

/** The picture in the program's answer; null where there is none. Where the web view has no raw answers they come as a list
    of numbers. */
export function readPicture(answer: ArrayBuffer | number[]): Picture | null {
  const bytes = new Uint8Array(answer);
  if (bytes.length < HEADER_BYTES || bytes[0] !== GREY) return null;
  const view = new DataView(bytes.buffer);
  const [width, height] = [view.getUint32(4, true), view.getUint32(8, true)];
  const count = bytes[1] ?? 0;
  const pixels = HEADER_BYTES + count * OUTLINE_BYTES;
  if (width * height === 0 || bytes.length !== pixels + width * height) return null;
  const outlines = Array.from({ length: count }, (_, outline) =>
    Array.from({ length: OUTLINE_BYTES / 4 }, (_, at) =>
      view.getFloat32(HEADER_BYTES + outline * OUTLINE_BYTES + at * 4, true),
    ),
  );
  return {
    number: view.getUint32(12, true),
    width,
    height,
    outlines,
    grey: bytes.subarray(pixels),
  };
}

/** Paints pictures on a canvas, with one buffer for all that have the same size. */
export class Painter {
  #image: ImageData | null = null;
  #pixels = new Uint32Array();

  paint(canvas: HTMLCanvasElement, { width, height, grey }: Picture): void {
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    const context = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
    if (!context) return;
    if (this.#image?.width !== width || this.#image.height !== height) {
      this.#image = context.createImageData(width, height);
      this.#pixels = new Uint32Array(this.#image.data.buffer);
    }
    const pixels = this.#pixels;
    for (let at = 0; at < pixels.length; at += 1) {
      // Opaque, and the same in red, green and blue.
      pixels[at] = 0xff000000 | ((grey[at] ?? 0) * 0x010101);
    }
    context.putImageData(this.#image, 0, 0);
  }
}
