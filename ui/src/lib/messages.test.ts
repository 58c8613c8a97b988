import { expect, it } from "vitest";
import en from "../../messages/en.json";
import es from "../../messages/es.json";
import officeEn from "../../messages/office/en.json";
import officeEs from "../../messages/office/es.json";

it.each([
  ["counter", en, es],
  ["office", officeEn, officeEs],
])("every %s message is there in both languages", (_, english, spanish) => {
  expect(Object.keys(spanish).sort()).toEqual(Object.keys(english).sort());
});

it("no message is in two files", () => {
  const keys = Object.keys(officeEn).filter((key) => key !== "$schema");
  expect(keys.filter((key) => key in en)).toEqual([]);
});
