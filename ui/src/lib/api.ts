/**
 * The one way to the program behind the screen. Every command answers its data or throws a `Refusal`,
 * whose code the screen words in its own language.
 */
import type { Failure } from "$/generated/bindings";

export { commands, events } from "$/generated/bindings";
export type * from "$/generated/bindings";

type Answer<T> = { status: "ok"; data: T } | { status: "error"; error: Failure };

/** A command said no. */
export class Refusal extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** What is told when the database turns out to be damaged in the middle of the work. */
let damaged: ((failure: Failure) => void) | null = null;

/** Calls `tell` when any command finds the database damaged: whatever the screen was at, that comes first. */
export function onDamaged(tell: (failure: Failure) => void): void {
  damaged = tell;
}

/** The answer's data; throws a `Refusal` when there is none. */
export async function ask<T>(answer: Promise<Answer<T>>): Promise<T> {
  const result = await answer;
  if (result.status === "ok") return result.data;
  // The window itself may refuse too, and does so with a bare sentence.
  const failure = failureOf(result.error);
  if (failure.code === "database_damaged") damaged?.(failure);
  throw new Refusal(failure);
}

/** The failure within anything that was thrown. */
export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof Refusal) return thrown.failure;
  if (thrown && typeof thrown === "object" && "code" in thrown) return thrown as Failure;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: "unknown", message, retry: false, field: null, params: {} };
}
