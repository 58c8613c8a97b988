import { expect, it } from "vitest";
import type { ProductTile } from "$/lib/api";
import { searchProducts } from "./counter";

function product(sku: string, name: string, category_id: string, barcode = ""): ProductTile {
  return {
    product_id: sku,
    sku,
    barcode,
    name,
    category_id,
    price: { minor: 700, currency: "PEN" },
    picture: "",
    stock: null,
    low: false,
  };
}
const products = [
  product("CAF-01", "Café pasado", "cafe", "7751984011379"),
  product("CAF-02", "Latte de vainilla", "cafe"),
  product("DUL-01", "Torta de café", "dulces"),
];
const skus = (text: string, category = "all") =>
  searchProducts(products, text, category).map((one) => one.sku);

it("a category shows its own products when nothing is typed", () => {
  expect(skus("", "dulces")).toEqual(["DUL-01"]);
});

it("accents and capitals don't matter", () => {
  expect(skus("CAFE")).toEqual(["CAF-01", "DUL-01"]);
});

it("every typed word must begin a word of the name", () => {
  expect(skus("vai lat")).toEqual(["CAF-02"]);
});

it("a search looks beyond the chosen category", () => {
  expect(skus("torta", "cafe")).toEqual(["DUL-01"]);
});

it("a whole barcode finds its product first", () => {
  expect(skus("7751984011379")).toEqual(["CAF-01"]);
});
