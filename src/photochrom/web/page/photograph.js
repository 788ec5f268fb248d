// One photograph on the page: its file, what the server knows of it, and the choices made for it.

import * as api from "./api.js";

export const PREVIEW_SIDE = 1024; // pixels; the server keeps its small copy at one size

export const PLAIN_LOOK = Object.freeze({
  temperature: null, // the model's
  saturation: 1,
  white_balance: 0,
  hints: Object.freeze([]),
  sample: null,
  seed: 0,
});

export class Photograph extends EventTarget {
  /** @param {File} file */
  constructor(file) {
    super();
    this.file = file;
    this.name = file.name || "Photograph";
    this.look = PLAIN_LOOK;
    this.state = "waiting"; // waiting, sending, coloring, ready, failed
    this.sent = 0; // share of the upload, 0 to 1
    this.trouble = "";
    this.info = null; // the server's answer
    this.pictures = {}; // blob URLs: before, after, unsure
    this.wanted = null; // the look that is waiting to be shown
    this.painting = false;
  }

  get ready() {
    return this.state === "ready";
  }

  get ratio() {
    return this.info ? this.info.width / this.info.height : 1;
  }

  /** Send it, and show it in color for the first time. */
  async begin() {
    this.tell("sending");
    try {
      await this.sendAgain();
      this.picture("before", await api.plain(this.info.id, "gray", PREVIEW_SIDE));
      this.picture("after", await api.preview(this.info.id, this.look, PREVIEW_SIDE));
      this.tell("ready");
    } catch (error) {
      this.trouble = error.message;
      this.tell("failed");
    }
  }

  /** Change the choices; the picture follows as fast as the server answers, and skips what is out of date. */
  async choose(change) {
    this.look = Object.freeze({ ...this.look, ...change });
    this.wanted = this.look;
    this.dispatchEvent(new Event("look"));
    if (this.painting) return;
    this.painting = true;
    try {
      while (this.wanted) {
        const look = this.wanted;
        this.wanted = null;
        this.picture("after", await this.withId((id) => api.preview(id, look, PREVIEW_SIDE)));
        this.dispatchEvent(new Event("painted"));
      }
    } catch (error) {
      this.wanted = null;
      this.dispatchEvent(new CustomEvent("refused", { detail: error.message }));
    } finally {
      this.painting = false;
    }
  }

  /** A small picture of one alternative, as a blob. */
  alternative(sample, seed, side) {
    const look = { ...this.look, hints: [], sample, seed };
    return this.withId((id) => api.preview(id, look, side));
  }

  /** Fetch the map of uncertainty, once. */
  async showUnsure() {
    if (!this.pictures.unsure) {
      this.picture("unsure", await this.withId((id) => api.plain(id, "uncertainty", PREVIEW_SIDE)));
      this.dispatchEvent(new Event("painted"));
    }
  }

  /** The full-size result. */
  result(format) {
    return this.withId((id) => api.result(id, { ...this.look, format: format || null }));
  }

  /** Let go of everything, here and on the server. */
  async close() {
    for (const url of Object.values(this.pictures)) URL.revokeObjectURL(url);
    this.pictures = {};
    if (this.info) await api.forget(this.info.id);
  }

  /** Run a call; when the server has forgotten the photograph in the meantime, send it again first. */
  async withId(run) {
    try {
      return await run(this.info.id);
    } catch (error) {
      if (error.status !== 404) throw error;
      await this.sendAgain();
      return run(this.info.id);
    }
  }

  async sendAgain() {
    this.info = await api.send(this.file, (share) => {
      this.sent = share;
      this.tell(share < 1 ? "sending" : "coloring");
    });
    if (this.pictures.after) this.tell("ready");
  }

  picture(kind, blob) {
    if (this.pictures[kind]) URL.revokeObjectURL(this.pictures[kind]);
    this.pictures[kind] = URL.createObjectURL(blob);
  }

  tell(state) {
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }
}
