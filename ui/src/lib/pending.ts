import { shop } from "$/app/session.svelte";

/** Whether to say that something is not on the hub yet; a till that works alone has nothing to wait for. */
export function onItsWay(thing: { pending: boolean }): boolean {
  return thing.pending && (shop()?.paired ?? false);
}
