import { describe, expect, it } from "vitest";
import { countries, currencyOf, likelyCountry } from "./countries";

describe("countries", () => {
  it("begins with the system's country where a shop can be opened there", () => {
    expect(likelyCountry(["en-US", "es-CL"])).toBe("CL");
  });

  it("begins with Peru where the system's country is not in the list", () => {
    expect(likelyCountry(["de-DE"])).toBe("PE");
  });

  it("begins with Peru on a system without a language", () => {
    expect(likelyCountry(["C", ""])).toBe("PE");
  });

  it("names every country in the reader's language, with its currency", () => {
    expect(countries("es").find((one) => one.value === "ES")?.label).toBe("España (EUR)");
  });

  it("pays in soles in Peru", () => {
    expect(currencyOf("PE")).toBe("PEN");
  });
});
