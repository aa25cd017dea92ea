/**
 * Forms marked data-autosave="URL" save as one goes: a POST of the whole form a moment after the last key.
 * What was typed also lies in localStorage until the server has it, so a crash, a lost network or a lost session loses nothing.
 * The server answers 2xx with {version?, message?, errors?} as JSON (errors: kept as typed, not taken over), 422 with {errors: [{field, message}]}, 409 or 412 when somebody else was faster.
 */
import { csrfToken } from "./requests.js";
import { clockTime, text } from "./texts.js";

const WAIT_MS = 900;
const SKIPPED = new Set(["csrf_token", "version"]);

/** The form's text values by name, each a list; files and secrets are never kept in the browser. */
function valuesOf(form) {
  const values = {};
  for (const [name, value] of new FormData(form)) {
    const input = form.elements[name];
    if (typeof value !== "string" || SKIPPED.has(name) || input?.type === "password") continue;
    (values[name] ??= []).push(value);
  }
  return values;
}

/** Puts kept values back into the controls that exist. */
function restore(form, values) {
  for (const holder of form.querySelectorAll("[data-rows]")) {
    const wanted = Object.keys(values).filter((name) => name.startsWith(`${holder.dataset.rows}-`)).map((name) => Number(name.slice(holder.dataset.rows.length + 1).split("-")[0]));
    const missing = Math.max(-1, ...wanted) + 1 - holder.querySelectorAll("[data-row]").length;
    for (let n = 0; n < missing; n += 1) holder.querySelector("[data-rows-add]").click();
  }
  for (const input of form.elements) {
    if (!input.name || SKIPPED.has(input.name) || input.type === "file" || input.type === "submit") continue;
    const kept = values[input.name];
    if (input.type === "checkbox" || input.type === "radio") input.checked = Boolean(kept?.includes(input.value));
    else if (kept && input instanceof HTMLSelectElement && input.multiple) for (const option of input.options) option.selected = kept.includes(option.value);
    else if (kept && input.type !== "hidden") input.value = kept[0];
  }
  form.dispatchEvent(new Event("input", { bubbles: true }));
}

class Autosave {
  constructor(form) {
    this.form = form;
    this.url = form.dataset.autosave;
    this.key = `draft:${this.url}`;
    this.status = form.querySelector("[data-save-status]");
    this.saved = JSON.stringify(valuesOf(form));
    this.timer = 0;
    this.busy = false;
    this.leaving = false;
    this.stopped = false;
    form.addEventListener("input", () => this.touched());
    form.addEventListener("change", () => this.touched());
    form.addEventListener("submit", (event) => this.submitted(event));
    addEventListener("online", () => this.dirty() && this.save());
    addEventListener("beforeunload", (event) => {
      if (this.dirty() && !this.leaving) event.preventDefault();
    });
    this.offerDraft();
  }

  /** A save under way raises the version; the form goes once it has the new one, or it would conflict with itself. */
  async submitted(event) {
    if (event.defaultPrevented) return;
    clearTimeout(this.timer);
    this.leaving = true;
    if (!this.busy) return;
    event.preventDefault();
    await this.running;
    this.form.requestSubmit(event.submitter);
  }

  dirty() {
    return JSON.stringify(valuesOf(this.form)) !== this.saved;
  }

  say(key, state = "", values = {}) {
    if (!this.status) return;
    this.status.textContent = text(key, values);
    this.status.dataset.state = state;
  }

  touched() {
    if (!this.dirty()) return;
    try {
      localStorage.setItem(this.key, JSON.stringify({ at: Date.now(), values: valuesOf(this.form) }));
    } catch {
      // A full or forbidden store must not stop typing; the server copy follows in a moment.
    }
    if (this.stopped) return;
    this.say("unsaved");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), WAIT_MS);
  }

  save() {
    if (this.busy || this.stopped) return;
    this.busy = true;
    this.running = this.send();
  }

  async send() {
    const sent = JSON.stringify(valuesOf(this.form));
    this.say("saving");
    try {
      const answer = await fetch(this.url, { method: "POST", body: this.body(), headers: { "X-CSRFToken": csrfToken(), Accept: "application/json" }, credentials: "same-origin" });
      await this.take(answer, sent);
    } catch {
      this.say("save_failed", "error"); // no network: the draft stays, `online` tries again
    }
    this.busy = false;
    if (!this.stopped && !this.leaving && this.status?.dataset.state !== "error" && this.dirty()) this.touched();
  }

  /** The form without its files: those go with the form's own submit. */
  body() {
    const data = new FormData(this.form);
    for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
    return data;
  }

  async take(answer, sent) {
    if (answer.status === 409 || answer.status === 412) {
      this.stopped = true; // saving on would overwrite the other person's work
      this.say("conflict", "conflict");
      return;
    }
    const json = answer.headers.get("Content-Type")?.includes("json") ? await answer.json() : {};
    if (!answer.ok || answer.redirected) {
      const first = this.mark(json.errors);
      this.say("save_failed", "error");
      if (first && this.status) this.status.textContent = first;
      return;
    }
    const version = this.form.elements.version;
    if (json.version !== undefined && version) version.value = json.version;
    this.saved = sent;
    if (!this.dirty()) localStorage.removeItem(this.key);
    this.say("saved", "saved", { time: clockTime() });
    // Kept as typed, but not taken over as it stands: the server says why.
    const note = this.mark(json.errors) ?? json.message;
    if (note && this.status) {
      this.status.textContent = note;
      if (json.errors?.length) this.status.dataset.state = "error";
    }
  }

  /** Marks the fields that were refused, and no others; what the first of them is told, with its name. */
  mark(errors = []) {
    for (const input of this.form.querySelectorAll("[data-refused]")) {
      input.removeAttribute("aria-invalid");
      delete input.dataset.refused;
    }
    const notes = [];
    for (const { field = "", message } of errors ?? []) {
      const found = this.form.elements[field] ?? this.form.elements[field.replaceAll(".", "-")];
      const input = found instanceof RadioNodeList ? found[0] : found;
      const name = input?.labels?.[0]?.textContent.trim();
      notes.push(name ? `${name}${text("colon")}${message}` : message);
      if (!input?.matches("input:not([type=checkbox]), select, textarea")) continue;
      input.setAttribute("aria-invalid", "true");
      input.dataset.refused = "";
    }
    return notes[0];
  }

  /** A draft left from before: offered, never put in unasked. */
  offerDraft() {
    const kept = JSON.parse(localStorage.getItem(this.key) ?? "null");
    if (!kept || JSON.stringify(kept.values) === this.saved) return localStorage.removeItem(this.key);
    const bar = document.createElement("div");
    bar.className = "banner banner--warning";
    bar.setAttribute("role", "status");
    const words = document.createElement("div");
    words.className = "banner__text";
    words.textContent = text("draft_found", { time: clockTime(new Date(kept.at)) });
    bar.append(words);
    for (const [label, act] of [["restore", () => restore(this.form, kept.values)], ["discard", () => localStorage.removeItem(this.key)]]) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "btn btn--small";
      button.textContent = text(label);
      button.addEventListener("click", () => {
        bar.remove();
        act();
      });
      bar.append(button);
    }
    this.form.prepend(bar);
  }
}

export function startAutosave(root) {
  for (const form of root.querySelectorAll("form[data-autosave]")) new Autosave(form);
}
