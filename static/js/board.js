/**
 * The board of deals: cards dragged with the mouse or a finger, or carried with the keyboard, from one stage to another.
 * Each move is a call of the API; what it refuses goes back to its place, and what a stage asks for is asked on the deal's page.
 */
import { csrfToken } from "./requests.js";
import { toast } from "./texts.js";

const form = document.querySelector("[data-deals]");
const board = form?.querySelector("[data-board]");
const words = JSON.parse(form?.dataset.texts ?? "{}");
const say = document.querySelector("[data-board-say]");
const PLACE = "board-left";

/** A sentence of the page with {name} filled in. */
function word(key, values = {}) {
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

const columnOf = (element) => element.closest(".column");
const titleOf = (card) => card.querySelector(".kcard__title").textContent;
const nameOf = (column) => column.dataset.name;

/** Whether a deal may go from one column to another at all; the server has the last word. */
function may(from, to) {
  return from === to || from.dataset.targets.split(" ").includes(to.dataset.stage);
}

async function call(path, method, body) {
  const headers = { "Accept-Language": document.documentElement.lang, "X-CSRFToken": csrfToken(), "Content-Type": "application/json" };
  return fetch(`/api/v1${path}`, { method, headers, body: body && JSON.stringify(body), credentials: "same-origin" });
}

/** Numbers and sums above the columns, after something moved. */
async function refreshSums() {
  const answer = await fetch(form.dataset.deals, { headers: { "Accept-Language": document.documentElement.lang }, credentials: "same-origin" });
  if (!answer.ok) return;
  for (const figures of (await answer.json()).columns) {
    const column = board.querySelector(`[data-stage="${figures.stage_id}"]`);
    if (!column) continue;
    column.querySelector("[data-count]").textContent = figures.count;
    column.querySelector("[data-sums]").textContent = figures.sums_text || "–";
  }
}

/** The card as it stands after its move: new version, and the targets of its new column. */
function settle(card, version) {
  card.dataset.version = version;
  const mark = `${card.dataset.id}:${version}`;
  card.querySelector("input[name=deal]").value = mark;
  const select = card.querySelector("select");
  const options = columnOf(card).querySelector("[data-options]");
  if (select && options) select.replaceChildren(options.content.cloneNode(true));
  const button = card.querySelector("button[name=one]");
  if (button) button.value = mark;
  const age = card.querySelector("[data-age]");
  age.textContent = word("now");
  age.className = "muted";
}

/** The line above the board that says what was done and takes it back. */
function offerUndo(moveId, message) {
  const place = document.querySelector("[data-done]");
  const template = document.querySelector("[data-undo]").content.cloneNode(true);
  template.querySelector(".banner__text").textContent = message;
  template.querySelector("form").action = `/deals/moves/${moveId}/undo`;
  place.replaceChildren(template);
}

/** What the server refused: put the card back and say why, or go where it can be answered. */
async function refused(card, home, target, answer) {
  home.list.insertBefore(card, home.next);
  if (answer.status === 422 || answer.status === 412) {
    const query = new URLSearchParams({ to: target.dataset.stage, seen: card.dataset.version, next: form.dataset.next });
    location.assign(`/deals/${card.dataset.id}?${query}#move`);
    return;
  }
  const problem = await answer.json();
  toast(problem.detail);
  say.textContent = problem.detail;
}

/** Moves a card that already lies in its new column; `home` is where it came from. */
async function move(card, home, target) {
  card.setAttribute("aria-busy", "true");
  try {
    const answer = await call(`/deals/${card.dataset.id}/transitions`, "POST", { stage_id: target.dataset.stage, version: Number(card.dataset.version) });
    if (!answer.ok) return await refused(card, home, target, answer);
    const deal = await answer.json();
    if (deal.approval) {
      home.list.insertBefore(card, home.next);
      toast(word("waits"));
      return;
    }
    settle(card, deal.version);
    const message = word("moved", { title: titleOf(card), stage: nameOf(target) });
    say.textContent = message;
    if (deal.move_id) offerUndo(deal.move_id, message);
    await refreshSums();
  } catch {
    home.list.insertBefore(card, home.next); // no network: nothing was moved
    toast(word("failed"));
  } finally {
    card.removeAttribute("aria-busy");
  }
}

function startDragging() {
  for (const list of board.querySelectorAll("[data-cards]")) {
    window.Sortable.create(list, {
      group: { name: "deals", put: (to, from) => may(columnOf(from.el), columnOf(to.el)) },
      sort: false, animation: 0, delay: 180, delayOnTouchOnly: true, draggable: ".kcard", ghostClass: "is-ghost",
      filter: "select, button:not([data-grip]), input", preventOnFilter: false,
      onEnd: (event) => {
        if (event.from === event.to) return;
        const home = { list: event.from, next: event.from.querySelectorAll(":scope > .kcard")[event.oldDraggableIndex] ?? null };
        move(event.item, home, columnOf(event.to));
      },
    });
  }
}

/** Carrying a card with the keyboard: Space lifts, the arrows choose a column, Space puts down, Escape goes back. */
let carried = null;

function lift(grip) {
  const card = grip.closest(".kcard");
  carried = { card, grip, home: { list: card.parentElement, next: card.nextElementSibling }, from: columnOf(card) };
  card.classList.add("is-carried");
  grip.setAttribute("aria-pressed", "true");
  say.textContent = word("lifted", { title: titleOf(card), stage: nameOf(carried.from) });
}

function carry(step) {
  const columns = [...board.querySelectorAll(".column")];
  let at = columns.indexOf(columnOf(carried.card)) + step;
  while (columns[at] && !may(carried.from, columns[at])) at += step;
  const target = columns[at];
  if (!target) return;
  if (target === carried.from) carried.home.list.insertBefore(carried.card, carried.home.next);
  else target.querySelector("[data-cards]").prepend(carried.card);
  carried.card.scrollIntoView({ block: "nearest", inline: "center" });
  carried.grip.focus();
  say.textContent = word("over", { stage: nameOf(target) });
}

function put(back) {
  const { card, grip, home, from } = carried;
  carried = null;
  card.classList.remove("is-carried");
  grip.setAttribute("aria-pressed", "false");
  const target = columnOf(card);
  if (back || target === from) {
    home.list.insertBefore(card, home.next);
    say.textContent = word("back", { title: titleOf(card) });
  } else move(card, home, target);
  grip.focus();
}

function startCarrying() {
  board.addEventListener("keydown", (event) => {
    const grip = event.target.closest("[data-grip]");
    if (!grip) return;
    if (event.key === " " || event.key === "Enter") carried ? put(false) : lift(grip);
    else if (carried && event.key === "Escape") put(true);
    else if (carried && event.key === "ArrowRight") carry(1);
    else if (carried && event.key === "ArrowLeft") carry(-1);
    else return;
    event.preventDefault();
  });
  board.addEventListener("focusout", (event) => {
    // Moving the card moves the focus with it; anything else puts it back.
    if (carried && event.relatedTarget && !carried.card.contains(event.relatedTarget)) put(true);
  });
}

/** The board stands where it stood, sideways too. */
function startPlace() {
  board.scrollLeft = Number(sessionStorage.getItem(PLACE) ?? 0);
  addEventListener("pagehide", () => sessionStorage.setItem(PLACE, String(board.scrollLeft)));
}

if (board) {
  startPlace();
  startCarrying();
  if (window.Sortable) startDragging();
  else addEventListener("load", startDragging);
}
