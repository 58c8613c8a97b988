/** Reads a place's data, and reads it again when rows of its areas change under it. */
import { changes } from "$/app/session.svelte";
import { failureOf, type Failure } from "./api";

export type Reading<T> = {
  /** What was read last; stays on the screen while it is read again. */
  readonly data: T | null;
  /** Why the last reading failed, or null. */
  readonly failure: Failure | null;
  /** Whether nothing has been read yet. */
  readonly first: boolean;
  /** Reads again. */
  again: () => Promise<void>;
  /** Takes over an answer that a command gave. */
  take: (data: T) => void;
};

/**
 * Reads at once and whenever `areas` change or anything that `read` depends on does.
 * An answer that comes after a later question is dropped.
 */
export function reading<T>(read: () => Promise<T>, areas: string[]): Reading<T> {
  let data = $state.raw<T | null>(null);
  let failure = $state.raw<Failure | null>(null);
  let asked = 0;

  async function again(): Promise<void> {
    const mine = ++asked;
    try {
      const answer = await read();
      if (mine !== asked) return;
      data = answer;
      failure = null;
    } catch (thrown) {
      if (mine === asked) failure = failureOf(thrown);
    }
  }
  $effect(() => {
    for (const area of areas) changes(area);
    void again();
  });

  return {
    get data() {
      return data;
    },
    get failure() {
      return failure;
    },
    get first() {
      return data === null && failure === null;
    },
    again,
    take(next) {
      asked += 1;
      data = next;
      failure = null;
    },
  };
}
