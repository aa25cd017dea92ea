/** Page-wide helps: copying, shortcuts, filters that apply themselves, the place in a list, focus on the first error. */
import { text, toast } from "./texts.js";

function startCopy() {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      toast(text("copied"));
    } catch {
      toast(text("failed"));
    }
  });
}

/** "/" goes to the search box; data-shortcut="x" on a link or button presses it. Never while typing. */
function startShortcuts() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest("input, textarea, select, [contenteditable], dialog")) return;
    const target = document.querySelector(`[data-shortcut="${CSS.escape(event.key)}"]`);
    if (!target) return;
    event.preventDefault();
    if (target.matches("input")) target.focus();
    else target.click();
  });
}

function startFilters() {
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-autosubmit]");
    if (form && event.target.matches("select") && !event.target.closest(".menu__panel")) form.requestSubmit();
  });
}

/** After an action that leads back to the same address, the list stands where it stood. */
function startPlace() {
  const key = `place:${location.pathname}${location.search}`;
  const before = sessionStorage.getItem(key);
  if (before && !location.hash) scrollTo({ top: Number(before), behavior: "instant" });
  sessionStorage.removeItem(key);
  document.addEventListener("submit", (event) => {
    if (!event.defaultPrevented && event.target.getAttribute("method") === "post") sessionStorage.setItem(key, String(Math.round(scrollY)));
  });
}

/** In a row of tabs wider than the screen, the open one stands in view. */
function showOpenTab() {
  for (const open of document.querySelectorAll(".tabs [aria-current]")) {
    const row = open.closest(".tabs");
    row.scrollLeft = open.offsetLeft + open.offsetWidth - row.offsetLeft - row.clientWidth;
  }
}

export function startPage() {
  showOpenTab();
  startCopy();
  startShortcuts();
  startFilters();
  startPlace();
  document.querySelector("[data-focus]")?.focus();
}
