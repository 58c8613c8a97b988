import { expect, it } from "vitest";
import { pagesOf } from "./pages";

it.each([
  [0, 0],
  [1, 1],
  [10, 1],
  [11, 2],
  [500, 50],
])("%i cards fill %i pages", (cards, pages) => {
  expect(pagesOf(cards)).toBe(pages);
});
