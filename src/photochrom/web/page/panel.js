// The choices beside the photograph: dials, alternatives, hints. They show the photograph's look, and change it.

import { button, element, show } from "./elements.js";

const ALTERNATIVES = 4;
const THUMB_SIDE = 160; // pixels

export class Panel {
  /** @param {(on: boolean) => void} onHinting the placing of hints begins or ends */
  constructor(onHinting) {
    this.photograph = null;
    this.thumbs = new WeakMap(); // photograph -> { seed, urls }
    this.onHinting = onHinting;
    dial("temperature", (value) => this.change({ temperature: value }));
    dial("saturation", (value) => this.change({ saturation: value }));
    dial("warmth", (value) => this.change({ white_balance: value }));
    element("auto").addEventListener("change", (event) => this.change({ white_balance: event.target.checked ? "auto" : 0 }));
    element("others").addEventListener("click", () => this.others());
    element("hinting").addEventListener("click", () => this.hinting(!this.isHinting));
    element("clear-hints").addEventListener("click", () => this.change({ hints: [] }));
    element("alternatives").addEventListener("keydown", (event) => this.rove(event));
  }

  get isHinting() {
    return element("hinting").getAttribute("aria-pressed") === "true";
  }

  /** Show the choices of this photograph. */
  show(photograph) {
    const changed = this.photograph !== photograph;
    this.photograph = photograph;
    element("controls").disabled = !photograph?.ready;
    if (changed && this.isHinting) this.hinting(false);
    if (!photograph?.info) {
      element("alternatives").replaceChildren();
      return;
    }
    const { look, info } = photograph;
    set("temperature", look.temperature ?? info.default_temperature, (value) => value.toFixed(2));
    set("saturation", look.saturation, (value) => `${Math.round(value * 100)} %`);
    const auto = look.white_balance === "auto";
    set("warmth", auto ? 0 : look.white_balance, (value) => (auto ? "automatic" : signed(value)));
    element("auto").checked = auto;
    element("warmth").disabled = auto;
    this.showHints(look.hints);
    if (photograph.ready) this.showAlternatives();
  }

  hinting(on) {
    element("hinting").setAttribute("aria-pressed", String(on));
    element("hinting").textContent = on ? "Now choose the place" : "Set it in the photograph";
    this.onHinting(on);
  }

  /** A hint at a place, in the color of the color field. */
  place(x, y) {
    const hint = { x: round(x), y: round(y), unit: "share", color: element("hint-color").value };
    this.change({ hints: [...this.photograph.look.hints, hint] });
    this.hinting(false);
    element("hinting").focus();
  }

  change(change) {
    this.photograph?.choose(change);
  }

  showHints(hints) {
    show(element("clear-hints"), hints.length > 0);
    element("hints").replaceChildren(
      ...hints.map((hint, index) => {
        const line = document.createElement("li");
        const swatch = document.createElement("span");
        swatch.className = "swatch";
        swatch.style.setProperty("--color", hint.color);
        const text = document.createElement("span");
        text.textContent = `${hint.color} at ${Math.round(hint.x * 100)} %, ${Math.round(hint.y * 100)} %`;
        const remove = button("Remove", "link", () => {
          this.change({ hints: hints.filter((_, other) => other !== index) });
          element("hinting").focus();
        });
        remove.setAttribute("aria-label", `Remove ${text.textContent}`);
        line.append(swatch, text, remove);
        return line;
      }),
    );
  }

  /** The mean and some coherent alternatives, as small pictures; fetched once for each photograph and seed. */
  async showAlternatives() {
    const photograph = this.photograph;
    let kept = this.thumbs.get(photograph);
    if (kept?.seed !== photograph.look.seed) {
      kept = { seed: photograph.look.seed, urls: [] };
      this.thumbs.set(photograph, kept);
      this.fetchThumbs(photograph, kept);
    }
    const samples = [null, ...Array(ALTERNATIVES).keys()];
    const chosen = photograph.look.sample;
    const group = element("alternatives");
    const focused = group.contains(document.activeElement);
    group.replaceChildren(
      ...samples.map((sample, index) => {
        const text = sample === null ? "The most likely colors" : `Alternative ${index}`;
        const made = button("", "alternative", () => this.change({ sample }));
        made.setAttribute("role", "radio");
        made.setAttribute("aria-label", text);
        made.setAttribute("aria-checked", String(sample === chosen));
        made.tabIndex = sample === chosen ? 0 : -1;
        if (kept.urls[index]) {
          const image = document.createElement("img");
          image.src = kept.urls[index];
          image.alt = "";
          made.append(image);
        }
        return made;
      }),
    );
    if (focused) group.querySelector('[aria-checked="true"]').focus();
  }

  async fetchThumbs(photograph, kept) {
    try {
      for (const [index, sample] of [null, ...Array(ALTERNATIVES).keys()].entries()) {
        kept.urls[index] = URL.createObjectURL(await photograph.alternative(sample, kept.seed, THUMB_SIDE));
        if (this.photograph === photograph && this.thumbs.get(photograph) === kept) this.showAlternatives();
      }
      show(element("alternatives-block"), true);
    } catch {
      // A regression system has no alternatives: the block would stay empty.
      if (this.photograph === photograph) show(element("alternatives-block"), false);
    }
  }

  others() {
    const { seed, sample } = this.photograph.look;
    this.change({ seed: seed + 1, sample: sample ?? null });
  }

  /** Arrow keys move among the alternatives, as in any group of radio buttons. */
  rove(event) {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const all = [...element("alternatives").children];
    const next = all[(all.indexOf(document.activeElement) + step + all.length) % all.length];
    next.focus();
    next.click();
  }
}

function dial(id, change) {
  element(id).addEventListener("input", (event) => change(Number(event.target.value)));
}

function set(id, value, words) {
  const input = element(id);
  if (Number(input.value) !== value) input.value = value;
  element(`${id}-out`).textContent = words(value);
  input.setAttribute("aria-valuetext", words(value));
}

function signed(value) {
  if (value === 0) return "neutral";
  return `${Math.round(Math.abs(value) * 100)} % ${value < 0 ? "cool" : "warm"}`;
}

function round(share) {
  return Math.round(Math.min(Math.max(share, 0), 1) * 10000) / 10000;
}
