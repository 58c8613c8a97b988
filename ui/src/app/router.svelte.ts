/** Where we are, kept in the hash: `#/customers/ID`. */

export type Route = { place: string; id: string | null };

function parse(hash: string): Route {
  const [place = "", id] = hash.replace(/^#\/?/, "").split("/");
  return { place: place || "counter", id: id ? decodeURIComponent(id) : null };
}

export const route = $state<Route>(parse(location.hash));

window.addEventListener("hashchange", () => {
  Object.assign(route, parse(location.hash));
});

/** The address of a place, for links. */
export function href(place: string, id?: string | null): string {
  return id ? `#/${place}/${encodeURIComponent(id)}` : `#/${place}`;
}

/** Goes to a place; the back button returns. */
export function go(place: string, id?: string | null): void {
  const next = href(place, id);
  if (location.hash !== next) location.hash = next;
  Object.assign(route, parse(next));
}

/** Goes there without leaving a step behind: for lock screens and redirects. */
export function replace(place: string, id?: string | null): void {
  history.replaceState(null, "", href(place, id));
  Object.assign(route, parse(location.hash));
}
