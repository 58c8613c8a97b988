/** Changes and conflicts in words for people who know nothing of syncing. */
import type { ConflictView } from "$/lib/api";
import { wording } from "$/lib/errors";
import { m } from "$/paraglide/messages";

type Words = Record<string, ((values: Record<string, string>) => string) | undefined>;
const messages = m as unknown as Words;

/** What was done, e.g. "Sale". */
export function changeName(kind: string): string {
  return (messages[`sync_op_${kind}`] ?? m.sync_op_other)({});
}

/** Why a change is stuck: the code's own words, or the hub's. */
export function stuckWords(reason: string): string {
  return wording({ code: reason, message: reason, retry: false, field: null, params: {} });
}

/** Why the hub cannot be used. */
export function troubleWords(code: string): string {
  const own = messages[`sync_trouble_${code}`] ?? messages[`error_${code}`];
  return own ? own({}) : m.sync_trouble_other({ code });
}

/** A conflict's headline and what it means. */
export function conflictWords(conflict: ConflictView): { title: string; text: string } {
  const values = { subject: conflict.subject, installer: conflict.installer };
  const code = messages[`conflict_${conflict.code}_text`] ? conflict.code : "other";
  return {
    title: messages[`conflict_${code}`]?.(values) ?? "",
    text: messages[`conflict_${code}_text`]?.(values) ?? "",
  };
}
