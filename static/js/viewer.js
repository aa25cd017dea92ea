/** Shows a PDF page by page. Pages come in small marked parts, so the first is there before the last is made. */
import { startReading } from "./reading.js";

const single = document.querySelector("[data-single]");
if (single) startReading(single.dataset.seen, single.dataset.access)(1);

const viewer = document.querySelector("[data-viewer]");
if (viewer) start(viewer);

async function start(root) {
  const given = root.dataset;
  const total = Number(given.pages);
  const atOnce = Number(given.atOnce);
  const state = root.querySelector("[data-viewer-state]");
  const say = (text) => (state.textContent = text);
  const named = (number) => given.pageLabel.replace("{n}", number).replace("{total}", total);
  const pdfjs = await import(given.library);
  pdfjs.GlobalWorkerOptions.workerSrc = given.worker;
  const worker = new pdfjs.PDFWorker();
  const look = given.seen ? startReading(given.seen, given.access) : () => {};
  const parts = new Map();
  let ended = false;

  /** The part that holds a page, fetched once; a part that failed may be asked for again. */
  const part = (number) => {
    const first = Math.floor((number - 1) / atOnce) * atOnce + 1;
    if (!parts.has(first)) {
      const loading = load(first);
      loading.catch(() => parts.delete(first));
      parts.set(first, loading);
    }
    return parts.get(first).then((found) => ({ found, index: number - first + 1 }));
  };
  const load = async (first) => {
    const address = given.part + first + (given.access ? `?access=${encodeURIComponent(given.access)}` : "");
    const answer = await fetch(address, { credentials: "same-origin", cache: "no-store" });
    if (answer.redirected || [401, 403, 404].includes(answer.status)) throw end();
    if (!answer.ok) throw new Error(String(answer.status));
    const data = new Uint8Array(await answer.arrayBuffer());
    return pdfjs.getDocument({
      data, worker, cMapUrl: given.cmaps, cMapPacked: true, standardFontDataUrl: given.fonts, wasmUrl: given.wasm,
      useWasm: false, enableXfa: false, isEvalSupported: false,
    }).promise;
  };
  const end = () => {
    ended = true;
    for (const canvas of root.querySelectorAll("canvas")) canvas.remove();
    say(given.ended);
    return new Error("ended");
  };

  const draw = async (box) => {
    const number = Number(box.dataset.page);
    try {
      const { found, index } = await part(number);
      const page = await found.getPage(index);
      const plain = page.getViewport({ scale: 1 });
      box.style.aspectRatio = `${plain.width} / ${plain.height}`;
      const density = Math.min(devicePixelRatio || 1, 2);
      const viewport = page.getViewport({ scale: (box.clientWidth / plain.width) * density });
      const canvas = document.createElement("canvas");
      canvas.width = Math.round(viewport.width);
      canvas.height = Math.round(viewport.height);
      canvas.setAttribute("aria-hidden", "true");
      await page.render({ canvas, canvasContext: canvas.getContext("2d"), viewport }).promise;
      if (ended) return;
      box.querySelector("canvas")?.remove();
      box.append(canvas);
      box.dataset.drawn = "";
      const content = await page.getTextContent();
      box.querySelector("p").textContent = content.items.map((item) => item.str + (item.hasEOL ? "\n" : "")).join("");
    } catch {
      if (!ended) say(given.failed);
    }
  };

  const boxes = [];
  const list = root.querySelector("[data-viewer-pages]");
  for (let number = 1; number <= total; number += 1) {
    const box = document.createElement("section");
    box.className = "viewer__page";
    box.dataset.page = number;
    box.setAttribute("aria-label", named(number));
    const text = document.createElement("p");
    text.className = "visually-hidden";
    box.append(text);
    list.append(box);
    boxes.push(box);
  }

  const near = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting && !("asked" in target.dataset) && !ended) {
          target.dataset.asked = "";
          draw(target);
        } else if (!isIntersecting && "drawn" in target.dataset) {
          // A long document would else fill the memory of a phone.
          target.querySelector("canvas")?.remove();
          delete target.dataset.drawn;
          delete target.dataset.asked;
        }
      }
    },
    { rootMargin: "150% 0px" },
  );
  const shares = new Map();
  const inView = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) shares.set(entry.target, entry.intersectionRect.height);
      const [box, height] = [...shares].reduce((most, each) => (each[1] > most[1] ? each : most), [null, 0]);
      if (ended) return;
      look(height > 0 ? Number(box.dataset.page) : 0);
      if (height > 0) say(named(box.dataset.page));
    },
    { threshold: [0, 0.25, 0.5, 0.75, 1] },
  );
  for (const box of boxes) {
    near.observe(box);
    inView.observe(box);
  }
}
