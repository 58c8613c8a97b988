/** The words for a till that gets its shop's data. */
import type { SyncProgressView } from "$/lib/api";
import { m } from "$/paraglide/messages";

/** What is going on, and how many hundredths of it are done; none while that is not known. */
export function shopData(progress: SyncProgressView): { words: string; percent: number | null } {
  const percent =
    progress.total_kib > 0
      ? Math.min(100, Math.floor((progress.done_kib * 100) / progress.total_kib))
      : null;
  const words = {
    preparing: m.sync_data_preparing,
    downloading: m.sync_data_downloading,
    unpacking: m.sync_data_unpacking,
    installing: m.sync_data_installing,
  }[progress.phase]();
  const counted = percent !== null && progress.phase !== "installing";
  return {
    words: counted ? m.sync_data_percent({ words, percent }) : words,
    percent,
  };
}
