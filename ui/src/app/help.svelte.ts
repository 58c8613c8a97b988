/** Whether the sheet of keys is open. */
export const help = $state({ open: false });
