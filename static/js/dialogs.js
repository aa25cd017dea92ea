/** Opens <dialog>s, and asks before a form or link with data-confirm goes on. */
import { text } from "./texts.js";

/** Resolves true when the person agrees. */
export function ask(question) {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  const body = document.createElement("div");
  body.className = "dialog__body";
  body.id = "confirm-question";
  body.textContent = question;
  dialog.setAttribute("aria-labelledby", body.id);
  const foot = document.createElement("div");
  foot.className = "dialog__foot";
  const make = (label, kind, value) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = `btn ${kind}`.trim();
    button.textContent = label;
    button.addEventListener("click", () => dialog.close(value));
    foot.append(button);
    return button;
  };
  make(text("cancel"), "", "no").autofocus = true;
  make(text("confirm"), "btn--primary", "yes");
  dialog.append(body, foot);
  document.body.append(dialog);
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    dialog.showModal();
  });
}

export function startDialogs() {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    const dialog = opener && document.getElementById(opener.dataset.dialog);
    if (dialog) {
      event.preventDefault();
      dialog.showModal();
      return;
    }
    const closer = event.target.closest("[data-dialog-close]");
    if (closer) {
      const owner = closer.closest("dialog");
      if (owner?.open) {
        event.preventDefault();
        owner.close();
      }
    } else if (event.target instanceof HTMLDialogElement && event.target.matches(".dialog")) {
      event.target.close(); // the backdrop
    }
  });
  const agreed = new WeakSet();
  document.addEventListener(
    "submit",
    async (event) => {
      const form = event.target;
      const question = event.submitter?.dataset.confirm ?? form.dataset.confirm;
      if (!question || agreed.has(form)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      if (!(await ask(question))) return;
      agreed.add(form);
      form.requestSubmit(event.submitter ?? undefined);
      agreed.delete(form);
    },
    true,
  );
}
