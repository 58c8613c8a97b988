import { flushSync } from "svelte";
import { afterEach, beforeEach, expect, it } from "vitest";
import { beginOn } from "./form.svelte";

type Row = { id: string; name: string };
let row = $state<Row | null>(null);
let typed = "";
let stop = (): void => undefined;

function open(next: Row | null): void {
  row = next;
  flushSync();
}

beforeEach(() => {
  row = null;
  typed = "";
  stop = $effect.root(() =>
    beginOn(
      () => row?.id ?? null,
      () => (typed = row?.name ?? ""),
    ),
  );
  flushSync();
});
afterEach(() => stop());

it("begins with what it is opened on", () => {
  open({ id: "1", name: "Ana" });
  expect(typed).toBe("Ana");
});

it("keeps what was typed when the same thing is read again", () => {
  open({ id: "1", name: "Ana" });
  typed = "Ana María";
  open({ id: "1", name: "Ana" });
  expect(typed).toBe("Ana María");
});

it("begins again when it is opened on something else", () => {
  open({ id: "1", name: "Ana" });
  open({ id: "2", name: "Luis" });
  expect(typed).toBe("Luis");
});

it("begins again when it is closed and opened", () => {
  open({ id: "1", name: "Ana" });
  typed = "left behind";
  open(null);
  open({ id: "1", name: "Ana" });
  expect(typed).toBe("Ana");
});
