/** The tray that collects up to four items: counts them, stops at the limit, stays away while nothing is chosen. */
import { text } from "./texts.js";

export function startCompare(root) {
  for (const tray of root.querySelectorAll("[data-compare]")) {
    // getAttribute, because a checkbox named "id" hides form.id
    const id = tray.getAttribute("id");
    const most = Number(tray.dataset.compare);
    const words = tray.querySelector("[data-compare-text]");
    const button = tray.querySelector("button");
    const show = () => {
      const boxes = [...document.querySelectorAll(`input[type="checkbox"][form="${id}"]`)];
      const chosen = boxes.filter((box) => box.checked).length;
      for (const box of boxes) box.disabled = !box.checked && chosen >= most;
      tray.hidden = chosen === 0;
      button.disabled = chosen < 2;
      words.textContent = chosen >= most ? text("compare_full", { n: most }) : chosen ? text("compare_some", { n: chosen }) : text("compare_none");
    };
    document.addEventListener("change", (event) => {
      if (event.target.getAttribute?.("form") === id) show();
    });
    document.addEventListener("htmx:afterSwap", show);
    show();
  }
}
