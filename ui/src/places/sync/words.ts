/** Changes and conflicts in words for people who know nothing of syncing. */
import type { ConflictView, FieldValue } from "$/lib/api";
import { wording } from "$/lib/errors";
import { money } from "$/lib/format";
import { m } from "$/paraglide/messages";

type Words = Record<string, ((values: Record<string, string>) => string) | undefined>;
const messages = m as unknown as Words;

/** What was done, e.g. "Sale". */
export function changeName(kind: string): string {
  return (messages[`sync_op_${kind}`] ?? m.sync_op_other)({});
}

/** Why a change is stuck: the code's own words; a hub's technical ones are for the file, not for the counter. */
export function stuckWords(reason: string): string {
  const own = messages[`error_${reason.toLowerCase()}`];
  if (own) return wording({ code: reason, message: reason, retry: false, field: null, params: {} });
  if (/newer than this program/.test(reason)) return m.sync_stuck_newer();
  return m.sync_stuck_unreadable();
}

/** A field in words, e.g. "Phone". */
export function fieldName(field: string): string {
  return (messages[`field_${field}`] ?? m.field_other)({});
}

/** A field's value in words. */
export function valueWords(value: FieldValue): string {
  switch (value.kind) {
    case "text":
      return value.text === "" ? m.value_empty() : value.text;
    case "amount":
      return money(value.amount.minor, value.amount.currency);
    case "flag":
      return value.on ? m.value_yes() : m.value_no();
    case "steps":
      return value.done.length === 0
        ? m.value_no_steps({ total: String(value.total) })
        : m.value_steps({
            done: String(value.done.length),
            total: String(value.total),
            names: value.done.join(", "),
          });
    default:
      return m.value_other();
  }
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
