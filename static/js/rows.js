/** Tables whose rows people add, remove and move ([data-rows]), and the sums under them ([data-sum-of]). */
import { formatAmount, parseAmount, share } from "./money.js";
import { text } from "./texts.js";

const PLACE = "NEW";

/** Gives the rows consecutive numbers in every name, id and reference, as a WTForms FieldList reads them. */
function renumber(holder) {
  const prefix = holder.dataset.rows;
  const pattern = new RegExp(`^${prefix}-(\\d+|${PLACE})(?=-|$)`);
  const command = new RegExp(`^(${prefix}:\\w+:)(\\d+|${PLACE})$`);
  holder.querySelectorAll("[data-row]").forEach((row, index) => {
    for (const element of row.querySelectorAll("*")) {
      for (const name of ["name", "id", "for", "aria-describedby"]) {
        const value = element.getAttribute(name);
        if (value) element.setAttribute(name, value.replace(pattern, `${prefix}-${index}`));
      }
      if (element.name === "rows") element.value = element.value.replace(command, `$1${index}`);
    }
  });
}

function changed(holder, message) {
  renumber(holder);
  holder.querySelector("[data-rows-say]").textContent = text(message);
  holder.dispatchEvent(new Event("input", { bubbles: true }));
}

function addRow(holder) {
  const body = holder.querySelector("[data-rows-body]");
  body.append(holder.querySelector("[data-rows-template]").content.cloneNode(true));
  changed(holder, "row_added");
  body.lastElementChild.querySelector("input, select, textarea")?.focus();
}

function removeRow(holder, row) {
  const body = holder.querySelector("[data-rows-body]");
  if (body.children.length <= Number(holder.dataset.min)) return;
  const next = row.nextElementSibling ?? row.previousElementSibling;
  row.remove();
  changed(holder, "row_removed");
  (next?.querySelector("[data-row-remove]") ?? holder.querySelector("[data-rows-add]")).focus();
}

function bindRows(holder) {
  holder.addEventListener("click", (event) => {
    const row = event.target.closest("[data-row]");
    if (event.target.closest("[data-rows-add]")) addRow(holder);
    else if (event.target.closest("[data-row-remove]")) removeRow(holder, row);
    else if (event.target.closest("[data-row-up]")) {
      row.previousElementSibling?.before(row);
      changed(holder, "row_moved");
      row.querySelector("[data-row-up]").focus();
    } else return;
    event.preventDefault();
  });
}

/** The sum, what is left of the ask, and the share of ad spend; an unreadable amount says so instead of counting as nothing. */
function showSums(place) {
  const holder = document.querySelector(`[data-rows="${place.dataset.sumOf}"]`);
  if (!holder) return;
  let total = 0n;
  let ads = 0n;
  let unread = false;
  for (const row of holder.querySelectorAll("[data-row]")) {
    const typed = row.querySelector("[data-money]")?.value.trim() ?? "";
    const amount = typed ? parseAmount(typed) : 0n;
    if (amount === null) unread = true;
    else {
      total += amount;
      if (row.querySelector("select")?.value === place.dataset.adValue) ads += amount;
    }
  }
  place.querySelector("[data-sum]").textContent = unread ? text("unread") : formatAmount(total);
  const adShare = place.querySelector("[data-sum-ad]");
  if (adShare) adShare.textContent = share(ads, total);
  showLeft(place, total);
}

function showLeft(place, total) {
  const state = place.querySelector("[data-sum-state]");
  const input = document.getElementById(place.dataset.askInput);
  const ask = input ? parseAmount(input.value) : null;
  state.hidden = ask === null;
  if (ask === null) return;
  const left = ask - total;
  const figure = state.querySelector("[data-sum-left]");
  state.firstChild.textContent = `${text(left === 0n ? "even" : left > 0n ? "left" : "over")} `;
  figure.textContent = left === 0n ? "" : formatAmount(left < 0n ? -left : left);
  state.classList.toggle("is-even", left === 0n);
  state.classList.toggle("is-off", left !== 0n);
}

export function startRows(root) {
  root.querySelectorAll("[data-rows]").forEach(bindRows);
  for (const place of root.querySelectorAll("[data-sum-of]")) {
    const form = place.closest("form");
    form?.addEventListener("input", () => showSums(place));
    form?.addEventListener("change", () => showSums(place));
    showSums(place);
  }
}
