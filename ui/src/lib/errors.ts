/** What went wrong, in the user's words: what happened, what it means for the money, what to do. */
import { m } from "$/paraglide/messages";
import { failureOf, type Failure } from "./api";

type Wording = (params: Record<string, string>) => string;

/** The words for a failure; one that has none of its own says the program's English text. */
export function wording(failure: Failure): string {
  const messages = m as unknown as Record<string, Wording | undefined>;
  const worded = messages[`error_${failure.code.toLowerCase()}`];
  if (worded) return worded(failure.params as Record<string, string>);
  return failure.message || m.error_unknown();
}

/** The words for anything thrown. */
export function explain(thrown: unknown): string {
  return wording(failureOf(thrown));
}
