/** What someone may do, in words. */
import type { Role } from "$/lib/api";
import { m } from "$/paraglide/messages";

const names: Record<Role, () => string> = {
  cashier: m.role_cashier,
  owner: m.role_owner,
  installer: m.role_installer,
};

/** A role's name in the language of the screen. */
export function roleName(role: Role): string {
  return names[role]();
}
