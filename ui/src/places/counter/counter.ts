/** What the counter shows of the catalogue and the cart. Amounts are never computed here. */
import type { CartView, ProductTile } from "$/lib/api";
import { formatLocale } from "$/lib/i18n.svelte";
import { plain } from "$/lib/format";

/** Thousandths in one piece. */
export const PIECE = 1000;

/** A quantity as people write it: "2", "1.5". */
export function quantityText(quantity: number): string {
  return new Intl.NumberFormat(formatLocale(), { maximumFractionDigits: 3 }).format(
    quantity / PIECE,
  );
}

/** How many things lie in the cart; a weighed line counts as one. */
export function pieces(cart: CartView | null): number {
  return (cart?.lines ?? []).reduce(
    (sum, line) => sum + (line.quantity % PIECE === 0 ? line.quantity / PIECE : 1),
    0,
  );
}

/**
 * The products of a category that match what is typed: by the beginning of any word of the name, by SKU or
 * barcode. A search looks through every category; names that begin with the text come first.
 */
export function searchProducts(
  products: readonly ProductTile[],
  text: string,
  category: string,
): ProductTile[] {
  const wanted = plain(text.trim());
  if (!wanted) {
    return products.filter((one) => category === "all" || one.category_id === category);
  }
  const words = wanted.split(/\s+/);
  const ranked = products.flatMap((product) => {
    const name = plain(product.name);
    const code = product.sku.toLowerCase();
    if (product.barcode === wanted || code === wanted) return [{ product, rank: 0 }];
    const parts = name.split(/\s+/);
    if (words.every((word) => parts.some((part) => part.startsWith(word)))) {
      return [{ product, rank: name.startsWith(wanted) ? 1 : 2 }];
    }
    return code.startsWith(wanted) ? [{ product, rank: 3 }] : [];
  });
  return ranked.sort((a, b) => a.rank - b.rank).map(({ product }) => product);
}
