/** Tells the server how long which page was looked at: every few seconds, and when the page is left. */
import { csrfToken } from "./requests.js";

const EVERY = 10_000;

/** Starts counting; returns a function that says which page is in view now (0: none). */
export function startReading(address, access) {
  const spent = new Map();
  let page = 0;
  let since = performance.now();

  const settle = () => {
    const now = performance.now();
    if (page && document.visibilityState === "visible") spent.set(page, (spent.get(page) ?? 0) + (now - since) / 1000);
    since = now;
  };
  const send = () => {
    settle();
    const whole = [...spent].map(([number, seconds]) => [number, Math.round(seconds)]).filter(([, seconds]) => seconds > 0);
    if (!whole.length) return;
    for (const [number] of whole) spent.delete(number);
    const body = new FormData();
    body.set("csrf_token", csrfToken());
    body.set("access", access);
    body.set("pages", whole.map((pair) => pair.join(":")).join(","));
    navigator.sendBeacon(address, body);
  };
  setInterval(send, EVERY);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") send();
    since = performance.now();
  });
  addEventListener("pagehide", send);
  return (number) => {
    settle();
    page = number;
  };
}
