// Cups, glasses and what is in them.
import { C, box, dots, flat, leaf, line, oval, place, shape, steam, stroke } from "./pen.mjs";

/** A cup on its saucer; `top` is drawn on the drink's surface. */
function cup({ body = C.white, drink = C.coffee, top = "", band, small = false, hot = 2, saucer = C.white }) {
  const inner =
    shape(oval(80, 124, 50, 10), saucer) + line("M50 127q30 8 60 0", 1.5) +
    shape("M115 84c22 -5 24 25 -8 24", "none") + line("M115 92c10 -2 11 9 -3 9", 2) +
    shape("M43 74c0 32 12 49 28 49h18c16 0 28 -17 28 -49z", body) +
    (band ? flat("M46 92q34 8 69 0q-2 9 -6 16q-28 6 -57 0q-4 -7 -6 -16z", band) : "") +
    shape(oval(80, 74, 37, 10), C.white) + flat(oval(81, 75, 31, 7), drink) + top;
  const art = inner + (hot ? steam(80, 57, hot) : "");
  return small ? place(14, 19, art, 0, 0.84) : art;
}

const fern = stroke("M60 75q20 -6 42 0M66 78q15 -4 30 0M67 71q14 -3 28 0", C.milk, 2.2);

/** A glass; `layers` are [height, colour] from the bottom up, within 70 units. */
function glass({ layers, top = "", wide = 26, foot = 20, high = 78, hot = false, straw, handle = false }) {
  const base = 128, rim = base - high;
  const at = (y) => foot + ((wide - foot) * (base - y)) / high - 3;
  let y = base - 4, fills = "";
  for (const [height, colour] of layers) {
    const [low, up] = [at(y), at(y - height)];
    fills += flat(`M${80 - low} ${y}h${2 * low}L${80 + up} ${y - height}h${-2 * up}z`, colour);
    y -= height;
  }
  return (
    (straw ? stroke(`M84 ${rim + 22}L98 ${rim - 20}l10 -3`, straw, 5) : "") +
    (handle ? shape(`M${79 + wide} ${rim + 20}c24 -4 22 34 -3 32`, "none") : "") +
    flat(`M${80 - wide} ${rim}h${2 * wide}L${80 + foot} ${base}h${-2 * foot}z`, C.white, { opacity: 0.7 }) +
    fills + top +
    `<path d="M${80 - wide} ${rim}L${80 - foot + 1} ${base - 2}q1 3 4 3h${2 * foot - 10}q3 0 4 -3L${80 + wide} ${rim}"/>` +
    `<path d="${oval(80, rim, wide, 5)}"/>` +
    stroke(`M${80 - wide + 7} ${rim + 14}l2 ${high / 3}`, C.white, 3) +
    (hot ? steam(80, rim - 9) : "")
  );
}

const ice = (x, y, turn) =>
  place(x, y, flat(box(-8, -8, 16, 16, 3), C.white, { opacity: 0.75 }) + `<path d="${box(-8, -8, 16, 16, 3)}" stroke-width="1.8"/>`, turn);

const tag = (colour) => line("M66 76q-16 6 -20 20", 1.5) + shape("M39 97h14v15l-7 5l-7 -5z", colour);

/** A clear mug of an infusion with what was infused in it. */
const infusion = (colour, sprig, hot = true) =>
  glass({ layers: [[56, colour]], top: sprig, wide: 31, foot: 27, high: 70, hot, handle: true });

const daisy = (x, y, turn) => {
  const petals = [0, 60, 120, 180, 240, 300].map((a) => {
    const [px, py] = [7 * Math.cos((a * Math.PI) / 180), 7 * Math.sin((a * Math.PI) / 180)];
    return oval(+px.toFixed(), +py.toFixed(), 4);
  });
  const outline = petals.join("");
  return place(x, y, `<path d="${outline}" stroke-width="3.6"/>` + flat(outline, C.white) + dots([[0, 0]], C.yellow, 4.6), turn);
};

const kernels = dots([[66, 99], [76, 112], [90, 96], [94, 114], [72, 84], [86, 82]], C.pink, 3);

export const drinks = {
  // An enamel mug, as the drip coffee comes at home.
  "CAF-01":
    shape("M111 78c28 -6 28 38 -2 34", "none") + line("M112 87c14 -2 14 19 -1 17") +
    shape("M47 66v56q0 6 6 6h52q6 0 6 -6v-56z", C.blue) +
    dots([[60, 92], [72, 104], [66, 116], [88, 96], [97, 110], [102, 88], [82, 118], [58, 106], [79, 88]], C.white, 1.6) +
    shape(oval(79, 66, 32, 9), C.white) + flat(oval(80, 67, 26, 6), C.dark) + steam(79, 50, 3),
  "CAF-02": cup({ drink: C.crema, body: C.brick, small: true, hot: 1, top: stroke("M66 75q8 -4 14 0t14 -1", C.coffee, 2) }),
  "CAF-03": cup({ drink: C.crema, body: C.dark, small: true, hot: 2, top: stroke("M64 75q8 -4 16 0t16 -1", C.coffee, 2) + line("M58 98q22 6 45 0M60 106q20 5 41 0") }),
  "CAF-04": glass({ layers: [[22, C.coffee], [14, C.crema], [10, C.foam]], wide: 25, foot: 19, high: 58, hot: true }),
  "CAF-05": cup({ drink: C.dark, body: C.white, band: C.green, hot: 3 }),
  "CAF-06": cup({ drink: C.foam, body: C.green, hot: 1, top: dots([[68, 73], [74, 78], [82, 72], [90, 77], [94, 73], [78, 75], [86, 80], [63, 77], [101, 76]], C.coffee, 1.4) }),
  "CAF-07": cup({ drink: C.crema, body: C.sky, hot: 2, top: fern }),
  "CAF-08":
    glass({ layers: [[14, C.chocolate], [30, C.crema], [12, C.foam]], wide: 27, foot: 21, high: 74, handle: true,
      top: shape("M56 56c-5 -12 8 -15 11 -10c2 -12 24 -12 26 -1c8 -4 16 4 10 11z", C.milk) + stroke("M66 50l8 -6M80 47l8 -6M90 52l6 -5", C.chocolate, 2.5) }),
  "CAF-09":
    glass({ layers: [[22, C.lucuma], [22, C.foam], [18, C.crema], [9, C.milk]], wide: 24, foot: 18, high: 88 }) +
    place(122, 112, shape("M0 -16c16 2 18 28 0 32c-18 -4 -16 -30 0 -32z", C.orange) + shape(oval(0, 1, 5.5, 8), C.toast)),
  "CAF-10": glass({ layers: [[66, C.dark]], wide: 25, foot: 21, high: 84, straw: C.red, top: ice(72, 72, 12) + ice(88, 86, -18) + ice(75, 98, 30) }),
  "CAF-11":
    shape("M56 90q-12 10 -12 24q0 14 12 14h48q12 0 12 -14q0 -14 -12 -24z", C.white) +
    flat("M47 106h68q3 20 -11 20H58q-14 0 -11 -20z", C.coffee) + shape(box(54, 84, 52, 7, 3), C.crust) +
    shape("M46 42h68l-20 42H66z", C.red) + line("M60 50l14 28M80 50v28M100 50l-14 28") + shape(oval(80, 42, 35, 8), C.white) +
    flat(oval(81, 43, 28, 5), C.coffee) + line("M114 52c16 0 16 18 -4 16", 3),
  "CAF-12":
    shape("M80 96v26M58 127q22 -9 44 0z", C.white) + shape(oval(80, 60, 24, 22), C.milk) + line("M66 50q8 -8 18 -6", 1.8) +
    flat("M59 54c4 -18 38 -20 43 0c-3 8 -8 2 -11 8c-4 9 -9 2 -12 0c-5 -4 -8 6 -13 4c-4 -2 -3 -8 -7 -12z", C.coffee) +
    shape("M48 66h64c0 20 -12 31 -32 31s-32 -11 -32 -31z", C.sky) + flat("M56 80h51c-5 10 -13 15 -26 15s-20 -5 -25 -15z", C.coffee),

  "TEC-01": cup({ drink: C.brick, body: C.white, band: C.red, hot: 1, top: tag(C.red) }),
  "TEC-02": cup({ drink: C.leaf, body: C.pine, hot: 1, top: tag(C.leaf) }),
  "TEC-03": infusion(C.lemon, daisy(68, 84, 0) + daisy(91, 97, 20) + daisy(71, 111, 40)),
  "TEC-04": infusion("#c9d59a", place(80, 120, line("M0 0q-4 -24 2 -44", 2) + place(-2, -12, leaf(18), -30) + place(-2, -16, leaf(18), 210) + place(-1, -28, leaf(15), -35) + place(0, -32, leaf(15), 215))),
  "TEC-05": infusion("#e3dc8e", stroke("M66 120L90 48M78 121L98 44M90 121L74 40", C.green, 4.5) + stroke("M66 120l4 -12M78 121l3 -12M90 121l-2 -12", C.lemon, 4.5), false),
  "TEC-06": infusion("#dfe0a6", place(62, 90, leaf(24, C.green), 12) + place(98, 104, leaf(24, C.green), 195) + place(68, 116, leaf(22, C.green), -12)),
  "TEC-07": glass({ layers: [[64, "#c98b4a"]], wide: 25, foot: 20, high: 84, hot: true,
    top: dots([[68, 112], [76, 118], [88, 114], [93, 120], [82, 108], [71, 103]], C.foam, 2.6) }) +
    place(106, 44, shape(oval(0, 0, 14), C.lemon) + flat(oval(1, 1, 9), C.white) + line("M0 -9v18M-8 -4l16 8M-8 4l16 -8", 1.5)),
  "TEC-08": cup({ drink: C.chocolate, body: C.red, saucer: C.butter, hot: 1, top: shape(box(62, 62, 15, 13, 3), C.white) + shape(box(80, 64, 14, 12, 3), C.pink) }),
  "TEC-09": glass({ layers: [[64, C.purple]], wide: 25, foot: 21, high: 82, top: kernels + ice(84, 70, 15) }) +
    place(104, 44, shape("M-14 0a14 14 0 0 1 28 0z", C.green) + flat("M-9 0a10 10 0 0 1 20 0z", C.lemon), 60),
  "TEC-10": glass({ layers: [[66, C.orange]], wide: 27, foot: 21, high: 80, straw: C.green,
    top: stroke("M64 74q16 8 34 0", C.yellow, 4) }) +
    place(118, 112, shape(oval(0, 0, 18), C.orange) + flat(oval(1, 1, 12.5), C.yellow) + line("M0 -12v24M-11 -6l22 12M-11 6l22 -12", 1.8)),
};
