/** How sheets of cards come out. */

/** As the printed sheet has them: two across, five down. */
export const CARDS_A_PAGE = 10;

/** How many pages that many cards fill. */
export function pagesOf(cards: number): number {
  return Math.ceil(cards / CARDS_A_PAGE);
}
