// Draws the demo shop's product pictures: `node assets/demo/draw.mjs` rewrites products/*.svg.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { picture } from "./pen.mjs";
import { drinks } from "./drinks.mjs";
import { food } from "./food.mjs";

const here = new URL(".", import.meta.url);
const catalogue = JSON.parse(readFileSync(new URL("catalogue.json", here), "utf8"));
const tints = new Map(catalogue.categories.map(({ code, tint }) => [code, tint]));
const drawings = { ...drinks, ...food };

mkdirSync(new URL("products/", here), { recursive: true });
for (const { sku, category } of catalogue.products) {
  const [inner, options] = [drawings[sku]].flat();
  if (!inner) throw new Error(`nothing is drawn for ${sku}`);
  const svg = picture(tints.get(category), inner, options);
  if (svg.length >= 3072) throw new Error(`${sku} weighs ${svg.length} bytes`);
  writeFileSync(new URL(`products/${sku}.svg`, here), svg);
}
