// What comes on a plate, and what stands on the shelf.
import { C, box, dots, flat, leaf, line, oval, place, plate, shape, stroke } from "./pen.mjs";

const sesame = (points) => dots(points, C.butter, 2);

/** A crescent with its folds; `tips` colours what peeks out. */
const croissant = (fill, more = "") =>
  plate() + flat(oval(80, 123, 40, 5), C.foam) + place(0, 9,
  shape("M28 108c-8 -6 2 -22 12 -28c8 -20 24 -28 41 -28c18 0 33 10 40 28c11 6 20 22 12 28c-8 5 -22 2 -28 -5c-6 -4 -16 -6 -25 -6s-18 2 -24 6c-6 7 -20 10 -28 5z", fill) +
  line("M40 80q10 4 17 22M60 58q4 14 7 38M100 58q-4 14 -6 38M120 80q-10 4 -16 22", 2.5) + more);

/** A half-moon pasty with its crimped edge. */
const empanada = (fill, mark) =>
  plate() +
  shape("M28 110c0 -34 22 -56 52 -56s52 22 52 56c0 6 -6 8 -10 4c-4 6 -10 6 -13 1c-4 6 -11 6 -14 1c-4 6 -11 6 -15 0c-3 6 -10 6 -14 0c-3 5 -10 5 -14 -1c-3 5 -9 5 -13 -1c-4 4 -11 2 -11 -4z", fill) +
  line("M40 104c0 -22 16 -38 40 -38s40 16 40 38", 2) + mark;

/** A round roll cut open: lid, what is inside, base. */
const roll = (bread, inside, lid = "") =>
  plate() +
  shape("M32 100h96v8q0 12 -14 12H46q-14 0 -14 -12z", bread) + inside +
  shape("M30 84c0 -22 20 -34 50 -34s50 12 50 34q0 3 -4 3H34q-4 0 -4 -3z", bread) + lid;

const lettuce = (y, colour = C.leaf) =>
  shape(`M28 ${y}q6 9 13 2q7 9 13 1q7 9 13 1q7 8 13 0q6 9 13 0q7 8 13 -1q7 8 13 -1q8 6 13 -2q-8 -8 -52 -8t-52 8z`, colour);
const onion = stroke("M40 92q10 -7 20 0t20 0t20 0t20 0", C.purple, 3.5);

/** A wedge of cake: `layers` from the bottom up as colours, `top` on its upper face. */
const slice = (layers, cover, top = "") => {
  const high = 40 / layers.length;
  return (
    plate() +
    flat("M30 76h92v40H30z", layers[0]) +
    layers.map((colour, i) => flat(`M30 ${116 - high * (i + 1)}h92v${high}h-92z`, colour, { transform: "translate(2.5 1)" })).join("") +
    `<path d="M28 76v36q0 4 4 4h88q4 0 4 -4V76"/>` + shape("M28 76L104 48q18 6 20 28z", cover) + top
  );
};

/** A square of cake seen a little from above. */
const square = (side, cover, top = "") =>
  plate() + shape("M38 84v28q0 4 4 4h76q4 0 4 -4V84z", side) + shape("M38 84L54 60h52l16 24z", cover) + top;

const bowl = (fill, inside) =>
  inside + shape("M28 82h104c0 28 -16 44 -38 46H66c-22 -2 -38 -18 -38 -46z", fill) + line("M40 96q6 16 20 24", 2);

/** A bag of beans, folded at the top, with its label. */
const bag = (fill, label, { high = 84, wide = 60, window } = {}) => {
  const [x, y] = [80 - wide / 2, 128 - high];
  return (
    shape(`M${x} ${y + 14}v${high - 18}q0 5 5 5h${wide - 10}q5 0 5 -5v${18 - high}z`, fill) +
    shape(box(x - 2, y, wide + 4, 15, 2), fill) + line(`M${x + 4} ${y + 20}v${high - 28}`, 1.5) +
    shape(box(x + 9, y + 30, wide - 18, 34, 3), window ?? C.milk) + label
  );
};
const bean = (x, y, turn, fill, size = 1) =>
  place(x, y, shape(oval(0, 0, 9, 6), fill) + line("M-8 1q5 -5 8 -1t8 -1", 1.6), turn, size);

export const food = {
  "PAN-01": croissant(C.crust),
  "PAN-02": croissant(C.toast, stroke("M36 92l28 -24M52 92l30 -36M76 92l26 -36M98 92l20 -18", C.chocolate, 4)),
  "PAN-03":
    shape("M24 108c0 -34 24 -56 56 -56s56 22 56 56c0 14 -12 20 -26 20H50c-14 0 -26 -6 -26 -20z", C.toast) +
    stroke("M58 66c-8 16 -8 34 -2 48M80 60v56M102 66c8 16 8 34 2 48", C.crumb, 5) + line("M70 78l-8 8M70 94l-9 8M90 78l9 8M90 94l9 8", 2),
  "PAN-04":
    shape("M20 112c0 -22 26 -34 60 -34s60 12 60 34c0 12 -16 16 -26 16H46c-10 0 -26 -4 -26 -16z", C.crust) +
    line("M80 84l10 14l-10 14l-10 -14zM52 92l7 10l-7 10l-7 -10zM108 92l7 10l-7 10l-7 -10z", 2) + dots([[66, 88], [94, 88], [66, 116], [94, 116], [36, 106], [124, 106]], C.toast, 2.6),
  "PAN-05": empanada(C.crust, stroke("M68 84h24M80 74v20", C.toast, 4)),
  "PAN-06": empanada(C.butter, dots([[80, 78], [68, 90], [92, 90]], C.crust, 4.5) + place(96, 62, leaf(16, C.green), -30)),
  "PAN-07":
    plate() + shape(oval(80, 88, 44, 32), C.crust) +
    line("M116 90c0 18 -18 24 -36 24s-30 -12 -30 -26s14 -24 30 -24s26 8 26 22s-12 18 -24 18s-18 -8 -18 -16s8 -12 16 -12s12 4 12 10s-6 8 -10 6", 3) +
    stroke("M52 74q10 -14 26 -16M60 106q10 8 24 8M98 66q12 8 14 18", C.white, 5),
  "PAN-08":
    shape("M48 90h64l-9 34q-1 4 -5 4H62q-4 0 -5 -4z", C.sky) + line("M60 94l5 30M73 94l2 30M87 94l-2 30M100 94l-5 30", 2) +
    shape("M42 90c-6 -12 4 -22 12 -22c2 -14 16 -20 26 -20s24 6 26 20c8 0 18 10 12 22c-2 5 -8 4 -12 4H54c-4 0 -10 1 -12 -4z", C.crust) +
    dots([[64, 72], [82, 60], [98, 74], [80, 82], [56, 84], [106, 86]], C.purple, 5),
  "PAN-09":
    plate() + shape("M42 114V76c-8 -6 -4 -20 12 -20h52c16 0 20 14 12 20v38q0 4 -4 4H46q-4 0 -4 -4z", C.toast) +
    flat("M48 112V76c-4 -6 -2 -14 8 -14h50c8 0 10 8 6 14v36z", C.butter) +
    [[66, 82], [94, 80], [80, 100]].map(([x, y]) => shape(oval(x, y, 9), C.lemon) + dots([[x - 2, y - 1], [x + 3, y], [x, y + 4]], C.toast, 1.3)).join(""),
  "PAN-10":
    plate() + shape("M40 116c-5 -8 -4 -16 2 -20c-4 -5 -3 -10 2 -13c-2 -16 14 -25 36 -25s38 9 36 25c5 3 6 8 2 13c6 4 7 12 2 20z", C.crumb) +
    flat("M46 82c-2 -14 14 -22 34 -22s38 8 36 22q-8 6 -18 1q-8 6 -18 0q-8 6 -18 0q-8 4 -16 -1z", C.crust) + line("M42 97q18 6 36 1M90 96q14 4 28 1M52 108q10 3 18 1", 2) +
    dots([[62, 72], [74, 66], [86, 72], [98, 68], [106, 78], [56, 80], [80, 79], [94, 80]], C.white, 2.2),

  "SAN-01": roll(C.crust, shape("M34 96q4 -8 14 -6h66q10 -2 12 6q-2 8 -12 8H46q-10 0 -12 -8z", C.orange) +
    stroke("M42 98h20M70 98h22M100 98h16", C.crumb, 4) + onion, line("M58 64l10 -6M84 60l12 4M104 70l8 6", 2)),
  "SAN-02": roll(C.crumb, lettuce(104) + shape("M30 94q12 -8 24 0t26 0t26 0t24 0v6q-12 8 -24 0t-26 0t-26 0t-24 0z", C.pink) + onion, line("M50 72q14 -10 30 -10", 2)),
  "SAN-03":
    plate() +
    [[110, C.white], [101, C.red], [92, C.white], [83, C.leaf], [74, C.white], [65, C.yellow], [56, C.white]]
      .map(([y, colour]) => shape(box(40, y, 80, 9, 3), colour)).join("") + line("M80 34v22", 3) + shape(oval(80, 28, 6), C.green),
  "SAN-04":
    plate() + shape("M34 110V82c-10 -8 -2 -24 14 -24h64c16 0 24 16 14 24v28q0 6 -6 6H40q-6 0 -6 -6z", C.crust) +
    flat("M42 108V82c-8 -6 -2 -18 8 -18h62c10 0 16 12 8 18v26z", C.crumb) +
    shape("M50 102c-8 -16 4 -34 28 -34s42 12 34 30c-4 10 -20 8 -32 10s-26 4 -30 -6z", C.leaf) + stroke("M58 92q10 -14 24 -14M74 100q16 -2 24 -12", C.lemon, 3) +
    dots([[66, 84], [92, 80], [84, 96], [102, 92], [70, 98]], C.red, 2.4),
  "SAN-05": roll(C.toast, lettuce(103) + shape(box(36, 90, 24, 12, 5), C.chocolate) + shape(box(66, 91, 26, 12, 5), C.chocolate) + shape(box(98, 90, 24, 12, 5), C.chocolate) +
    stroke("M48 90l12 8M88 90l12 10", C.red, 4) + stroke("M62 92l8 8", C.purple, 3.5), sesame([[60, 66], [74, 60], [90, 62], [104, 70], [80, 72], [50, 76]])),
  "SAN-06": roll(C.butter, lettuce(103) + shape("M22 96c16 -12 42 -12 62 -6l14 4l14 -8q-2 8 0 16l-14 -6c-20 12 -56 12 -76 0z", C.crust) + dots([[38, 94]], C.dark, 2) + onion.replace("M40", "M52")),
  "SAN-07":
    plate() + shape("M28 102h104v8q0 8 -10 8H38q-10 0 -10 -8z", C.crumb) + lettuce(103, C.green) + shape(box(34, 90, 40, 9, 4), C.white) + shape(box(86, 90, 40, 9, 4), C.white) + shape(box(58, 88, 44, 9, 4), C.red) +
    shape("M26 84c-4 -14 6 -24 20 -24h68c14 0 24 10 20 24q-1 4 -6 4H32q-5 0 -6 -4z", C.crumb) + line("M46 72l14 -6M70 72l14 -6M94 72l14 -6", 2) + dots([[52, 78], [88, 79], [108, 75]], C.crust, 3),
  "SAN-08": bowl(C.brick, shape("M34 84q2 -22 22 -22q10 -14 28 -10q20 -6 26 10q14 4 16 22z", C.crumb) +
    dots([[48, 76], [58, 68], [70, 62], [80, 72], [92, 62], [104, 70], [114, 78], [64, 78], [96, 78], [84, 60]], C.toast, 2.2) +
    shape(oval(66, 70, 8), C.red) + shape(oval(98, 70, 8), C.red) + place(76, 66, leaf(26, C.green), -50) + place(82, 62, leaf(22), -120)),
  "SAN-09": bowl(C.green, shape("M30 84c-6 -16 8 -26 20 -20c2 -16 22 -20 30 -8c10 -12 30 -6 30 8c14 -6 26 6 20 20z", C.leaf) + stroke("M50 80q4 -10 0 -14M80 80V60M110 80q-4 -10 0 -14", C.lemon, 2.5) +
    shape(box(56, 64, 14, 13, 3), C.crust) + shape(box(90, 66, 14, 13, 3), C.crust) + shape("M74 50l22 6l-16 10z", C.crumb)),
  "SAN-10":
    plate() + shape("M46 92h68v20q0 5 -5 5H51q-5 0 -5 -5z", C.yellow) + shape("M46 82q8 -5 17 0t17 0t17 0t17 0v10H46z", C.leaf) + shape("M46 66q0 -5 5 -5h58q5 0 5 5v17q-8 5 -17 0t-17 0t-17 0t-17 0z", C.yellow) +
    shape(oval(72, 54, 13, 8), C.white) + flat(oval(73, 55, 6, 4), C.orange) + shape(oval(96, 56, 5, 4), C.purple) + place(84, 52, leaf(18, C.green), -50),

  "DUL-01": slice([C.toast, C.lucuma, C.butter, C.butter], C.lucuma, shape(oval(98, 62, 7, 5), C.orange) + place(100, 58, leaf(16, C.green), -30)),
  "DUL-02":
    plate() + shape(box(38, 96, 84, 18, 9), C.crumb) + shape("M40 94q0 -10 8 -10h64q8 0 8 10q-4 6 -10 3q-8 6 -14 0q-8 6 -16 0q-8 6 -16 0q-8 5 -14 0q-6 2 -10 -3z", C.toast) + shape(box(38, 66, 84, 18, 9), C.crumb) +
    flat("M46 66q34 -10 68 0l-4 6q-30 -4 -60 0z", C.white) + dots([[52, 104], [70, 107], [92, 104], [108, 106]], C.crust, 1.8),
  "DUL-03":
    shape("M80 104v18M58 127q22 -10 44 0z", C.white) + shape("M46 70h68c0 24 -12 36 -34 36s-34 -12 -34 -36z", C.butter) + flat("M50 82h62c-5 16 -14 22 -30 22s-27 -6 -32 -22z", C.toast) +
    shape("M44 70q-2 -10 10 -10q-2 -12 12 -12q2 -16 14 -18q10 4 12 18q14 0 12 12q14 0 12 10z", C.white) + line("M58 62q22 6 44 0M68 50q12 4 24 0", 2) + dots([[76, 44], [84, 56], [66, 56], [94, 64], [74, 66]], C.toast, 1.8),
  "DUL-04": slice([C.chocolate, C.pink, C.chocolate, C.pink, C.chocolate], C.dark, shape(oval(104, 48, 8), C.red) + line("M104 40q2 -10 10 -12", 2)),
  "DUL-05":
    square(C.butter, C.white, flat("M41 98h82v6H41z", C.milk) + dots([[60, 76], [72, 68], [90, 74], [104, 70], [80, 80], [98, 80], [66, 80]], C.toast, 2) + shape("M70 66c0 -14 12 -8 10 -20c12 6 12 22 2 24q-12 2 -12 -4z", C.white)),
  "DUL-06":
    plate() + shape("M58 56h52q22 4 22 31t-22 31H58z", C.crumb) + shape(oval(58, 87, 28, 31), C.butter) +
    stroke("M80 88c0 14 -10 22 -22 22s-20 -10 -20 -22s8 -20 20 -20s14 8 14 18s-6 14 -13 14s-10 -5 -10 -12s5 -9 9 -9", C.toast, 5) + dots([[98, 66], [110, 78], [118, 96], [100, 104], [96, 86]], C.white, 2.4),
  "DUL-07": plate() + [[58, 102], [102, 102], [80, 74]].map(([x, y]) => shape(oval(x, y, 25, 19), C.crust) + shape(oval(x, y - 1, 9, 6), C.white)).join("") +
    stroke("M62 66q8 -8 18 -7t16 6M40 100q-2 6 4 12M112 90q8 4 8 12", C.chocolate, 4.5),
  "DUL-08":
    plate() + shape(oval(80, 84, 42, 36), C.crust) + dots([[62, 70], [84, 62], [104, 76], [72, 92], [94, 98], [54, 90], [84, 80], [112, 92], [74, 110]], C.chocolate, 5.5) + line("M98 56q8 4 10 10M56 104q4 6 10 8", 2),
  "DUL-09": square(C.chocolate, C.dark, [[64, 72, 10], [86, 68, -25], [100, 78, 30], [76, 80, 80]].map(([x, y, t]) => place(x, y, shape(oval(0, 0, 8, 4.5), C.crust) + line("M-6 0h12", 1.4), t)).join("") + line("M50 98h10M76 104h12M100 96h10", 2)),
  "DUL-10":
    square(C.crumb, C.crust, stroke("M42 94h76M42 108h76", C.toast, 5) + [[58, 80, C.red], [66, 68, C.green], [78, 76, C.blue], [88, 66, C.yellow], [98, 78, C.pink], [108, 74, C.purple], [74, 64, C.white], [88, 81, C.white], [102, 66, C.red]]
      .map(([x, y, colour]) => dots([[x, y]], colour, 3.6)).join("")),

  "TIE-01": [bag(C.kraft, bean(72, 90, -20, C.toast) + bean(88, 94, 25, C.toast) + line("M66 104h28")), { shadow: 40 }],
  "TIE-02": [bag(C.green, place(80, 100, leaf(26), -80) + bean(72, 96, 10, C.red) + bean(90, 100, -15, C.red)), { shadow: 40 }],
  "TIE-03": [bag(C.dark, shape("M58 86l12 -19l9 12l6 -7l15 14z", C.leaf) + stroke("M52 104h56M52 111h56", C.red, 3), { high: 100, wide: 72 }), { shadow: 46 }],
  "TIE-04": [bag(C.sky, [[68, 70, 10], [86, 72, -20], [74, 84, 40], [92, 86, 5]].map(([x, y, t]) => bean(x, y + 2, t, C.leaf)).join(""), { high: 100, wide: 72, window: C.white }), { shadow: 46 }],
  "TIE-05": [
    shape("M78 40c24 6 38 30 34 56c-2 16 -14 28 -26 30c-22 -4 -38 -24 -38 -46c0 -20 12 -38 30 -40z", C.orange) + line("M78 42c-14 24 -12 58 6 82M80 42c14 20 20 52 8 82M80 42q4 -10 0 -16", 2) +
    bean(116, 122, -15, C.chocolate, 1.3) + bean(46, 122, 20, C.chocolate, 1.3) + bean(98, 126, 10, C.chocolate, 1.2), { shadow: 54 }],
  "TIE-06": [
    shape(box(52, 34, 56, 60, 3), C.chocolate) + line("M71 36v56M90 36v56M54 54h52M54 74h52", 2) +
    shape("M48 70l8 5l8 -5l8 5l8 -5l8 5l8 -5l8 5l8 -5v56q0 3 -3 3H51q-3 0 -3 -3z", C.red) + shape(box(60, 88, 40, 26, 3), C.milk) + line("M67 97h26M72 105h16"), { shadow: 40 }],
  "TIE-07": [
    shape("M106 70c32 -6 32 44 -2 40", "none") + line("M107 79c18 -3 18 24 0 22") + shape("M44 54v64q0 10 10 10h44q10 0 10 -10V54z", C.white) + shape(oval(76, 54, 32, 8), C.crumb) +
    `<path d="${oval(76, 94, 19)}" stroke="${C.green}" stroke-width="3.5"/>` + stroke("M66 92h18q0 12 -9 12t-9 -12zM84 94q6 0 4 6M71 86q-2 -3 0 -6M79 86q-2 -3 0 -6", C.green, 2.4)],
  "TIE-08": [
    shape("M46 36h62q6 0 6 6v80q0 6 -6 6H46z", C.brick) + shape("M46 36q-8 0 -8 8v76q0 8 8 8z", C.dark) + flat(box(54, 46, 52, 74, 3), C.butter) +
    shape(oval(80, 66, 11), C.red) + shape("M54 112V92l12 -10l10 10l12 -14l18 18v16q0 3 -3 3H57q-3 0 -3 -3z", C.blue) + stroke("M60 104q6 -4 11 0t11 0t11 0t9 0", C.white, 2.5), { shadow: 44 }],
};
