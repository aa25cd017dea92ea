/** Ctrl+K: search over the whole house. Keys of lists: j and k choose, Enter opens, s saves, x marks for comparison. "?" tells them. */
const typing = (event) => event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.target.closest("input, textarea, select, [contenteditable], dialog");

function openPalette(palette) {
  const input = palette.querySelector("input");
  palette.showModal();
  input.select();
}

function bindPalette(palette) {
  const input = palette.querySelector("input");
  const places = palette.querySelector("[data-palette-places]");
  const hits = palette.querySelector("#palette-hits");
  input.addEventListener("input", () => {
    places.hidden = input.value.trim() !== "";
    if (!places.hidden) hits.replaceChildren();
  });
  palette.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const links = [...palette.querySelectorAll("a.hit")].filter((link) => link.offsetParent);
    if (!links.length) return;
    event.preventDefault();
    const at = links.indexOf(document.activeElement);
    const next = event.key === "ArrowDown" ? at + 1 : at - 1;
    if (next < 0) input.focus();
    else links[Math.min(next, links.length - 1)].focus();
  });
  palette.querySelector("form").addEventListener("submit", (event) => {
    // Enter opens the first hit; before any stands there, the search page answers.
    const first = palette.querySelector("#palette-hits a.hit");
    if (!first) return;
    event.preventDefault();
    first.click();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-palette]") || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    openPalette(palette);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    if (palette.open) palette.close();
    else openPalette(palette);
  });
}

/** The items of the list on this page: matches, cards, rows of a table; each with the link that opens it. */
const items = () => [...document.querySelectorAll("main article.match, main .pitch-card, main .mandate-cards > article, main table tbody tr:has(a.row-link)")];
const opener = (item) => item.querySelector(".match__title a, a.card-link, a.row-link, .card__foot a");

function choose(step) {
  const list = items();
  if (!list.length) return false;
  const at = list.findIndex((item) => item.classList.contains("is-chosen"));
  const next = list[Math.max(0, Math.min(list.length - 1, at < 0 ? 0 : at + step))];
  list[at]?.classList.remove("is-chosen");
  next.classList.add("is-chosen");
  opener(next)?.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
  return true;
}

function press(selector) {
  const target = document.querySelector(`.is-chosen ${selector}`);
  target?.click();
  return Boolean(target);
}

const KEYS = {
  j: () => choose(1),
  k: () => choose(-1),
  s: () => press('button[name="action"][value="save"], button[name="action"][value="undo"]'),
  x: () => press('input[type="checkbox"][form]'),
  "?": () => {
    document.getElementById("shortcuts").showModal();
    return true;
  },
};

/** "g" and then a digit or "h" goes to a place of the navigation. */
function startGoing(palette) {
  let going = 0;
  return (event) => {
    const now = event.timeStamp;
    if (event.key === "g") {
      going = now;
      return true;
    }
    if (now - going > 1500) return false;
    going = 0;
    const places = palette.querySelectorAll("[data-palette-places] a");
    const target = event.key === "h" ? document.querySelector("a.brand") : places[Number(event.key) - 1];
    target?.click();
    return Boolean(target);
  };
}

export function startPalette() {
  const palette = document.getElementById("palette");
  if (!palette) return;
  bindPalette(palette);
  const go = startGoing(palette);
  document.addEventListener("keydown", (event) => {
    if (typing(event)) return;
    if (go(event) || KEYS[event.key]?.()) event.preventDefault();
  });
}
