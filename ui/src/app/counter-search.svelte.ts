/** What is being looked for at the counter; a scan's sheet can fill it. */
export const counterSearch = $state({ text: "" });
