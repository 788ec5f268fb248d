// The large view: before and after under one divider, or how far an upload is, or what went wrong.

import { element, show } from "./elements.js";

const STEP = 0.02; // of the picture's side, for each press of an arrow key

export class Stage {
  /**
   * @param {(x: number, y: number) => void} onPlace a place in shares of the picture, for a hint
   * @param {() => void} onLeave the person has left the placing of hints
   */
  constructor(onPlace, onLeave) {
    this.view = element("stage");
    this.picture = element("picture");
    this.compare = element("compare");
    this.markers = element("markers");
    this.crosshair = element("crosshair");
    this.onPlace = onPlace;
    this.onLeave = onLeave;
    this.place = { x: 0.5, y: 0.5 };
    this.compare.addEventListener("input", () => this.split());
    this.markers.addEventListener("pointerdown", (event) => this.pointed(event));
    this.crosshair.addEventListener("keydown", (event) => this.pressed(event));
  }

  /** Show one photograph in its present state. */
  show(photograph, unsure) {
    const { pictures, state } = photograph;
    const seen = Boolean(pictures.after);
    show(this.picture, seen && state !== "failed");
    show(element("waiting"), !seen && state !== "failed");
    show(element("trouble"), state === "failed");
    this.view.style.setProperty("--ratio", photograph.ratio);
    if (state === "failed") element("trouble-text").textContent = photograph.trouble;
    if (!seen) this.wait(photograph);
    else this.paint(photograph, unsure);
  }

  wait({ name, state, sent }) {
    const words = { waiting: `${name} waits for its turn`, sending: `Sending ${name}` };
    const text = words[state] ?? `Coloring ${name}`;
    if (element("waiting-text").textContent !== text) element("waiting-text").textContent = text;
    const bar = element("waiting-bar");
    if (state === "sending") bar.value = Math.round(sent * 100);
    else bar.removeAttribute("value"); // how long it takes is not known
  }

  paint({ pictures, name, look }, unsure) {
    source("before", pictures.before, `${name}, as it was`);
    source("after", pictures.after, `${name}, in color`);
    if (pictures.unsure) source("unsure", pictures.unsure, `Where the network is unsure about ${name}`);
    show(element("unsure"), unsure && Boolean(pictures.unsure));
    this.markers.replaceChildren(...look.hints.map(marker));
    this.split();
  }

  /** Move the divider to where the range input says. */
  split() {
    const value = Number(this.compare.value);
    this.picture.style.setProperty("--split", `${value}%`);
    this.picture.classList.toggle("all-after", value < 8);
    this.picture.classList.toggle("all-before", value > 92);
    const colored = Math.round(100 - value);
    const words = { 0: "all as it was", 50: "half in color", 100: "all in color" };
    this.compare.setAttribute("aria-valuetext", words[colored] ?? `${colored} percent in color`);
  }

  /** Begin or end the placing of hints. */
  hinting(on) {
    this.picture.classList.toggle("hinting", on);
    show(this.crosshair, on);
    if (on) {
      this.move(0.5, 0.5);
      this.crosshair.focus();
    }
  }

  pointed(event) {
    const box = this.picture.getBoundingClientRect();
    event.preventDefault();
    this.onPlace((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  }

  pressed(event) {
    const { x, y } = this.place;
    const moves = {
      ArrowLeft: [x - STEP, y],
      ArrowRight: [x + STEP, y],
      ArrowUp: [x, y - STEP],
      ArrowDown: [x, y + STEP],
    };
    if (moves[event.key]) this.move(...moves[event.key]);
    else if (event.key === "Enter" || event.key === " ") this.onPlace(x, y);
    else if (event.key === "Escape") this.onLeave();
    else return;
    event.preventDefault();
  }

  move(x, y) {
    this.place = { x: Math.min(Math.max(x, 0), 1), y: Math.min(Math.max(y, 0), 1) };
    this.crosshair.style.setProperty("--x", `${this.place.x * 100}%`);
    this.crosshair.style.setProperty("--y", `${this.place.y * 100}%`);
  }
}

function source(id, url, text) {
  const image = element(id);
  if (image.src !== url) image.src = url;
  image.alt = text;
}

function marker(hint) {
  const dot = document.createElement("span");
  dot.className = "marker";
  dot.style.setProperty("--x", `${hint.x * 100}%`);
  dot.style.setProperty("--y", `${hint.y * 100}%`);
  dot.style.setProperty("--color", hint.color);
  return dot;
}
