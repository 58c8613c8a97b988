/** Products' pictures, each asked for once. */
import { ask, commands } from "./api";

const pictures = new Map<string, Promise<string | null>>();

/** A product's picture as a data URI, or null when it has none. */
export function pictureOf(key: string): Promise<string | null> {
  let picture = pictures.get(key);
  if (!picture) {
    picture = ask(commands.picture(key));
    picture.catch(() => pictures.delete(key));
    pictures.set(key, picture);
  }
  return picture;
}
