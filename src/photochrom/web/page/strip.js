// The photographs at hand, as a row of small ones; there from the second on.

import { element, show } from "./elements.js";

const WORDS = { waiting: "waits", sending: "sending", coloring: "coloring", failed: "failed", ready: "" };

export class Strip {
  /** @param {(photograph: object) => void} onPick one was chosen */
  constructor(onPick) {
    this.row = element("strip");
    this.onPick = onPick;
    this.frames = new Map(); // photograph -> its button
    this.row.addEventListener("keydown", (event) => this.rove(event));
  }

  /** Show these photographs; one of them is the current one. */
  show(photographs, current) {
    for (const [photograph, frame] of this.frames) {
      if (!photographs.includes(photograph)) {
        frame.remove();
        this.frames.delete(photograph);
      }
    }
    for (const photograph of photographs) this.showOne(photograph, photograph === current);
    show(this.row, photographs.length > 1);
  }

  showOne(photograph, current) {
    const frame = this.frames.get(photograph) ?? this.add(photograph);
    const state = WORDS[photograph.state];
    frame.setAttribute("aria-current", String(current));
    frame.setAttribute("aria-label", state ? `${photograph.name}, ${state}` : photograph.name);
    const [image, badge] = frame.children;
    if (photograph.pictures.after && image.src !== photograph.pictures.after) image.src = photograph.pictures.after;
    show(image, Boolean(photograph.pictures.after));
    badge.textContent = state;
    show(badge, Boolean(state));
  }

  add(photograph) {
    const frame = document.createElement("button");
    frame.type = "button";
    frame.className = "frame";
    const image = document.createElement("img");
    image.alt = "";
    const badge = document.createElement("span");
    badge.className = "badge";
    badge.setAttribute("aria-hidden", "true");
    frame.append(image, badge);
    frame.addEventListener("click", () => this.onPick(photograph));
    this.frames.set(photograph, frame);
    this.row.append(frame);
    return frame;
  }

  rove(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const all = [...this.row.children];
    const next = all[all.indexOf(document.activeElement) + (step ?? NaN)];
    if (!next) return;
    event.preventDefault();
    next.focus();
  }
}
