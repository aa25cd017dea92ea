/** Small helps inside fields: character counts, narrowing chips, dropping files. */

/** Counts characters as people see them, so that one hanzi or one emoji is one. */
function bindCount(output) {
  const input = document.getElementById(output.dataset.countFor);
  if (!input) return;
  const most = Number(output.dataset.max);
  const show = () => {
    const now = [...input.value].length;
    output.textContent = `${now} / ${most}`;
    output.classList.toggle("is-over", now > most);
  };
  input.addEventListener("input", show);
  show();
}

function bindChips(group) {
  const search = group.querySelector("[data-chips-search]");
  if (!search) return;
  search.addEventListener("input", () => {
    const wanted = search.value.trim().toLowerCase();
    for (const chip of group.querySelectorAll(".chip")) {
      chip.hidden = !chip.textContent.toLowerCase().includes(wanted) && !chip.querySelector("input").checked;
    }
  });
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
}

function bindDrop(zone) {
  const input = zone.querySelector('input[type="file"]');
  const words = zone.querySelector("[data-drop-text]");
  if (!input) return;
  input.addEventListener("change", () => {
    const names = [...input.files].map((file) => file.name);
    if (names.length) {
      words.textContent = names.join(", ");
      words.classList.add("drop__name");
    }
  });
  for (const name of ["dragenter", "dragover"]) zone.addEventListener(name, () => zone.classList.add("is-over"));
  for (const name of ["dragleave", "drop"]) zone.addEventListener(name, () => zone.classList.remove("is-over"));
}

export function startFields(root) {
  root.querySelectorAll("[data-count-for]").forEach(bindCount);
  root.querySelectorAll("[data-chips]").forEach(bindChips);
  root.querySelectorAll("[data-drop]").forEach(bindDrop);
}
