/**
 * The places of the app. One appears as soon as its component exists: `places/<folder>/<Name>Place.svelte`,
 * which gets the id of the address as its `id` property.
 */
import type { Component } from "svelte";
import CalendarDays from "@lucide/svelte/icons/calendar-days";
import ChartColumn from "@lucide/svelte/icons/chart-column";
import Clock from "@lucide/svelte/icons/clock";
import ReceiptText from "@lucide/svelte/icons/receipt-text";
import RefreshCw from "@lucide/svelte/icons/refresh-cw";
import Settings from "@lucide/svelte/icons/settings";
import ShoppingBag from "@lucide/svelte/icons/shopping-bag";
import Stamp from "@lucide/svelte/icons/stamp";
import Store from "@lucide/svelte/icons/store";
import Users from "@lucide/svelte/icons/users";
import { m } from "$/paraglide/messages";

type Loader = () => Promise<{ default: Component<{ id: string | null }> }>;

export type Place = {
  name: string;
  label: () => string;
  icon: Component | null;
  file: string;
  /** In the phone's tab bar; the others stand behind "More". */
  tab: boolean;
};

const all: Place[] = [
  {
    name: "counter",
    label: m.place_counter,
    icon: ShoppingBag,
    file: "counter/Counter",
    tab: true,
  },
  { name: "stamp", label: m.place_stamp, icon: Stamp, file: "stamp/Stamp", tab: true },
  {
    name: "customers",
    label: m.place_customers,
    icon: Users,
    file: "customers/Customers",
    tab: true,
  },
  { name: "owner", label: m.place_owner, icon: ChartColumn, file: "owner/Owner", tab: true },
  { name: "sales", label: m.place_sales, icon: ReceiptText, file: "sales/Sales", tab: false },
  { name: "shift", label: m.place_shift, icon: Clock, file: "shift/Shift", tab: false },
  { name: "visits", label: m.place_visits, icon: CalendarDays, file: "visits/Visits", tab: false },
  {
    name: "merchants",
    label: m.place_merchants,
    icon: Store,
    file: "visits/Merchants",
    tab: false,
  },
  { name: "sync", label: m.place_sync, icon: RefreshCw, file: "sync/Sync", tab: false },
  {
    name: "settings",
    label: m.place_settings,
    icon: Settings,
    file: "settings/Settings",
    tab: false,
  },
  { name: "pay", label: m.place_pay, icon: null, file: "pay/Pay", tab: false },
  { name: "lock", label: m.place_lock, icon: null, file: "lock/Lock", tab: false },
  { name: "welcome", label: m.place_welcome, icon: null, file: "lock/Welcome", tab: false },
];

const loaders = import.meta.glob<{ default: Component<{ id: string | null }> }>(
  "../places/*/*Place.svelte",
);

function loaderOf(place: Place): Loader | undefined {
  return loaders[`../places/${place.file}Place.svelte`];
}

/** Every place that is built, in the order of the rail. */
export const places: Place[] = all.filter((place) => loaderOf(place) !== undefined);

/** Those that the rail and the tab bar show. */
export const navigable: Place[] = places.filter((place) => place.icon !== null);

/** The place of a name, or null when there is none. */
export function placeNamed(name: string): Place | null {
  return places.find((place) => place.name === name) ?? null;
}

/** Loads a place's component. */
export async function load(place: Place): Promise<Component<{ id: string | null }>> {
  const loader = loaderOf(place);
  if (!loader) throw new Error(`no component for ${place.name}`);
  return (await loader()).default;
}
