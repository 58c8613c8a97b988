import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { Painter, readPicture } from "./picture";

/** The one that the program's own test writes. */
const hex = readFileSync("src/places/stamp/picture.sample.hex", "utf8").trim();
const sample = Uint8Array.from(hex.match(/../g) ?? [], (byte) => parseInt(byte, 16));

/** A canvas that keeps what is put on it. */
function canvas(): { canvas: HTMLCanvasElement; put: ImageData[]; made: number } {
  const kept = { put: [] as ImageData[], made: 0, canvas: document.createElement("canvas") };
  const context = {
    createImageData: (width: number, height: number) => {
      kept.made += 1;
      return { width, height, data: new Uint8ClampedArray(width * height * 4) };
    },
    putImageData: (image: ImageData) => kept.put.push(structuredClone(image)),
  };
  kept.canvas.getContext = (() => context) as unknown as HTMLCanvasElement["getContext"];
  return kept;
}

it("reads what the program writes", () => {
  expect(readPicture(sample.buffer)).toEqual({
    number: 258,
    width: 3,
    height: 2,
    outlines: [[0.25, 0.5, 0.75, 0.5, 0.75, 1, 0.25, 1]],
    grey: Uint8Array.from([0, 50, 100, 150, 200, 255]),
  });
});

it("reads a list of numbers, as a web view without raw answers gets it", () => {
  expect(readPicture([...sample])).toEqual(readPicture(sample.buffer));
});

it("sees no picture in an answer without one, cut short or of another kind", () => {
  expect(readPicture(new ArrayBuffer(0))).toBeNull();
  for (let length = 0; length < sample.length; length += 1) {
    expect(readPicture(sample.slice(0, length).buffer)).toBeNull();
  }
  expect(readPicture(Uint8Array.from([...sample, 0]).buffer)).toBeNull();
  expect(readPicture(Uint8Array.from([2, ...sample.slice(1)]).buffer)).toBeNull();
});

it("paints every grey as it is, opaque", () => {
  const board = canvas();
  const picture = readPicture(sample.buffer);
  if (!picture) throw new Error("no picture");
  new Painter().paint(board.canvas, picture);
  expect([board.canvas.width, board.canvas.height]).toEqual([3, 2]);
  const painted = [0, 50, 100, 150, 200, 255].flatMap((grey) => [grey, grey, grey, 255]);
  expect([...(board.put[0]?.data ?? [])]).toEqual(painted);
});

it("needs one buffer for all pictures of a size", () => {
  const board = canvas();
  const painter = new Painter();
  const picture = { number: 1, width: 2, height: 1, outlines: [], grey: Uint8Array.from([1, 2]) };
  painter.paint(board.canvas, picture);
  painter.paint(board.canvas, { ...picture, grey: Uint8Array.from([3, 4]) });
  expect(board.made).toBe(1);
  expect(board.put[1]?.data[4]).toBe(4);
  painter.paint(board.canvas, { ...picture, width: 1, height: 2 });
  expect(board.made).toBe(2);
});
