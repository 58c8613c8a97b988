import { afterEach, expect, it } from "vitest";
import { pastedPicture } from "./paste";

const picture = new File(["..."], "code.png", { type: "image/png" });

function paste(target: HTMLElement, held: { items?: File[]; files?: File[]; text?: boolean }) {
  const clipboardData = {
    types: [...(held.text ? ["text/plain"] : []), "Files"],
    items: (held.items ?? []).map((file) => ({ getAsFile: () => file })),
    files: held.files ?? [],
  };
  const event = Object.assign(new Event("paste", { bubbles: true }), { clipboardData });
  document.body.append(target);
  target.dispatchEvent(event);
  return pastedPicture(event as unknown as ClipboardEvent);
}

afterEach(() => document.body.replaceChildren());

it("takes a picture wherever it is pasted", () => {
  const button = document.createElement("button");
  expect(paste(button, { items: [picture] })).toBe(picture);
  expect(paste(document.createElement("input"), { items: [picture] })).toBe(picture);
});

it("takes a picture that comes as a file alone", () => {
  expect(paste(document.createElement("div"), { files: [picture] })).toBe(picture);
});

it("leaves text to the field that has the focus, even with a picture of it beside", () => {
  const held = { items: [picture], text: true };
  expect(paste(document.createElement("textarea"), held)).toBeNull();
  expect(paste(document.createElement("div"), held)).toBe(picture);
});

it("leaves other files and plain text alone", () => {
  const sheet = new File(["..."], "list.pdf", { type: "application/pdf" });
  expect(paste(document.createElement("div"), { files: [sheet] })).toBeNull();
  expect(paste(document.createElement("div"), { text: true })).toBeNull();
});
