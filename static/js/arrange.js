/** Drags documents into another place or folder; the same can be done on each document's own page without scripts. */
const form = document.querySelector("[data-arrange]");
let dragged = null;

const clear = () => {
  for (const marked of document.querySelectorAll(".is-target, .is-before")) marked.classList.remove("is-target", "is-before");
};

document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("[data-document]");
  if (!dragged) return;
  dragged.classList.add("is-dragged");
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.dataset.document);
});
document.addEventListener("dragover", (event) => {
  const folder = dragged && event.target.closest("[data-folder]");
  if (!folder) return;
  event.preventDefault();
  clear();
  folder.classList.add("is-target");
  event.target.closest("[data-document]")?.classList.add("is-before");
});
document.addEventListener("drop", (event) => {
  const folder = dragged && event.target.closest("[data-folder]");
  if (!folder) return;
  event.preventDefault();
  const before = event.target.closest("[data-document]");
  if (before === dragged) return;
  form.action = `/documents/${dragged.dataset.document}/edit`;
  form.elements.version.value = dragged.dataset.version;
  form.elements.folder_id.value = folder.dataset.folder;
  form.elements.before.value = before?.dataset.document ?? "";
  form.requestSubmit();
});
document.addEventListener("dragend", () => {
  dragged?.classList.remove("is-dragged");
  dragged = null;
  clear();
});
