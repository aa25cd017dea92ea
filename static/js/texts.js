/** The sentences scripts say, given by the page in the reader's language. */
const source = document.querySelector('meta[name="dealflow-texts"]');
const texts = source ? JSON.parse(source.content) : {};

/** The text of `key` with {name} replaced by values.name. */
export function text(key, values = {}) {
  return (texts[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** The time of day as the reader's language writes it. */
export function clockTime(when = new Date()) {
  return new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hour12: false }).format(when);
}

/** A short message at the foot of the page, read out politely. */
export function toast(message) {
  let place = document.querySelector(".toasts");
  if (!place) {
    place = document.createElement("div");
    place.className = "toasts";
    place.setAttribute("role", "status");
    place.setAttribute("aria-live", "polite");
    document.body.append(place);
  }
  const item = document.createElement("div");
  item.className = "toast";
  item.textContent = message;
  place.append(item);
  setTimeout(() => item.remove(), 4000);
}
