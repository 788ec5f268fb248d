// Pictures before they are needed: all bytes first, each trial's pictures decoded before it begins.

const AT_ONCE = 4; // requests

export class Pictures {
  #bytes = new Map();

  /**
   * Bring every picture here.
   * @param {import("./server.js").Server} server
   * @param {string[]} addresses
   * @param {(done: number, all: number) => void} progress
   */
  async load(server, addresses, progress) {
    const waiting = addresses.filter((address) => !this.#bytes.has(address));
    const all = waiting.length;
    let done = 0;
    progress(done, all);
    const work = async () => {
      for (let address = waiting.shift(); address; address = waiting.shift()) {
        this.#bytes.set(address, await server.picture(address));
        done += 1;
        progress(done, all);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }

  /** A canvas with the decoded picture on it, at its own size; the bytes are let go. */
  async draw(address, label) {
    const bitmap = await createImageBitmap(this.#bytes.get(address));
    this.#bytes.delete(address);
    const canvas = document.createElement("canvas");
    canvas.width = bitmap.width;
    canvas.height = bitmap.height;
    canvas.getContext("2d").drawImage(bitmap, 0, 0);
    bitmap.close();
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", label);
    return canvas;
  }
}
