import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import en from "../../messages/en.json";
import officeEn from "../../messages/office/en.json";

const ROOMS = ["app", "store", "sync", "scan"].map((room) => `../crates/${room}/src`);

/** Where Rust names the code of a failure: made from a word, or answered by `code()` and the like. */
const MADE = /(?:Failure::new|refuse|refused)\(\s*"([a-z_]+)"/g;
const CODE_OF = /fn (?:code|picture_failure|from|failure)\([^{]*\{([\s\S]*?)\n {4}\}/g;
const ANSWERED = /=>\s*\{?\s*"([a-z_]+)"/g;
const INVALID = /Invalid\s*\{\s*code:\s*"([a-z_]+)"|\binvalid\(\s*"([a-z_]+)"/g;

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".rs"))
    .map((name) => readFileSync(join(folder, name), "utf8"));
}

function codesIn(source: string): string[] {
  const answered = [...source.matchAll(CODE_OF)].flatMap(([, body]) => [
    ...(body ?? "").matchAll(ANSWERED),
  ]);
  return [...source.matchAll(MADE), ...source.matchAll(INVALID), ...answered].map(
    (found) => found[1] ?? found[2] ?? "",
  );
}

const codes = new Set(ROOMS.flatMap(sources).flatMap(codesIn));

it("the failures' codes are found in the program", () => {
  for (const code of ["pin_wrong", "disk_full", "hub_unreachable", "camera_busy", "slot_taken"]) {
    expect(codes).toContain(code);
  }
});

it("every failure has words of its own", () => {
  const worded = { ...en, ...officeEn };
  expect([...codes].filter((code) => !(`error_${code}` in worded))).toEqual([]);
});
