// The house's hand: flat colour laid a hair off the ink line, as a small press would print it.
// Every function returns SVG text; `place` moves and scales what was drawn.

export const INK = "#2b2622";

/** Colours the pictures share, so that sixty of them read as one set. */
export const C = {
  milk: "#fbf3e4", foam: "#f3e2c6", crema: "#c98d4f", coffee: "#5f3d2a", dark: "#3d2820",
  crust: "#dd9f55", toast: "#b8743a", crumb: "#f4dcab", butter: "#f3cf7a", lucuma: "#f0a73a",
  chocolate: "#5b3426", leaf: "#86a95a", green: "#3f7d5a", pine: "#2f5d48", red: "#cc4b3c",
  brick: "#b9583c", pink: "#f0b4a8", purple: "#73345f", blue: "#5a83a6", sky: "#bcd3dc",
  yellow: "#f4c649", lemon: "#efe08a", orange: "#ee8f35", white: "#fffdf7", kraft: "#cfa673",
};

const attrs = (o) => Object.entries(o).map(([k, v]) => ` ${k}="${v}"`).join("");

/** Colour under an ink outline. */
export const shape = (d, fill) =>
  `<path d="${d}" fill="${fill}" stroke="none" transform="translate(2.5 2)"/><path d="${d}"/>`;
/** Colour without an outline. */
export const flat = (d, fill, more = {}) =>
  `<path d="${d}" fill="${fill}" stroke="none"${attrs(more)}/>`;
/** A thin ink line. */
export const line = (d, width = 2) => `<path d="${d}" stroke-width="${width}"/>`;
/** A line in a colour of its own. */
export const stroke = (d, colour, width = 3) =>
  `<path d="${d}" stroke="${colour}" stroke-width="${width}"/>`;
/** The path of an ellipse. */
export const oval = (cx, cy, rx, ry = rx) =>
  `M${cx - rx} ${cy}a${rx} ${ry} 0 1 0 ${2 * rx} 0a${rx} ${ry} 0 1 0 ${-2 * rx} 0z`;
/** The path of a box with round corners. */
export const box = (x, y, w, h, r = 4) =>
  `M${x + r} ${y}h${w - 2 * r}q${r} 0 ${r} ${r}v${h - 2 * r}q0 ${r} ${-r} ${r}h${2 * r - w}` +
  `q${-r} 0 ${-r} ${-r}v${2 * r - h}q0 ${-r} ${r} ${-r}z`;
/** Small round specks at [x, y, r?] in one colour. */
export const dots = (points, colour, r = 2) =>
  flat(points.map(([x, y, own]) => oval(x, y, own ?? r)).join(""), colour);
export const place = (x, y, inner, turn = 0, scale = 1) =>
  `<g transform="translate(${x} ${y})${turn ? ` rotate(${turn})` : ""}` +
  `${scale === 1 ? "" : ` scale(${scale})`}">${inner}</g>`;

/** Steam, for what is served hot. */
export const steam = (x = 80, y = 56, count = 2) =>
  Array.from({ length: count }, (_, i) => {
    const at = x + (i - (count - 1) / 2) * 16;
    return line(`M${at} ${y}c-7 -7 6 -11 0 -20`, 2.5);
  }).join("");
/** One leaf along the x axis, from the origin. */
export const leaf = (length, colour = C.leaf) =>
  shape(`M0 0q${length / 2} ${-length / 2} ${length} 0q${-length / 2} ${length / 2} ${-length} 0z`, colour) +
  line(`M0 0h${length * 0.7}`, 1.5);
/** A plate seen from the side of the table. */
export const plate = (fill = C.white, rx = 54) =>
  shape(oval(80, 122, rx, 13), fill) + line(`M${80 - rx * 0.66} 124q${rx * 0.66} 9 ${rx * 1.32} 0`, 1.5);

/** The finished picture: paper, a light disc behind, a shadow on the table, the drawing. */
export const picture = (tint, inner, { shadow = 46 } = {}) =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 160 160" fill="none" stroke="${INK}" ` +
  `stroke-width="3" stroke-linecap="round" stroke-linejoin="round">` +
  flat("M0 0h160v160H0z", tint) +
  flat(oval(80, 78, 62), "#fff", { opacity: 0.42 }) +
  flat(oval(82, 133, shadow, 6), INK, { opacity: 0.14 }) +
  `${inner}</svg>\n`;
