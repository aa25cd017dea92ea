/** Entry of all scripts. Every page works without them; each module takes the elements it knows and leaves the rest. */
import { startAutosave } from "./autosave.js";
import { startCompare } from "./compare.js";
import { startDialogs } from "./dialogs.js";
import { startFields } from "./fields.js";
import { startHtmx } from "./requests.js";
import { startMenus } from "./menus.js";
import { startPage } from "./page.js";
import { startPalette } from "./palette.js";
import { startRows } from "./rows.js";
import { startTheme } from "./theme.js";

document.documentElement.classList.add("js");

// Parts that listen on the document once.
startTheme();
startMenus();
startDialogs();
startHtmx();
startPage();
startPalette();

/** Parts bound to elements: run for the page, and again for what htmx puts in. */
function bind(root) {
  startFields(root);
  startRows(root);
  startCompare(root);
  startAutosave(root);
}
bind(document);
document.addEventListener("htmx:load", (event) => {
  if (event.detail.elt !== document.body) bind(event.detail.elt);
});
