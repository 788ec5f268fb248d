// Time as the screen keeps it: in frames. What is measured here is stored with each trial.

const SAMPLES = 60; // frames by which the screen's interval is measured: a second at 60 Hz
const LIKELY = [3, 50]; // milliseconds a frame may take: 333 Hz to 20 Hz

/** The time of the next frame, in milliseconds; what is drawn before the caller waits again is in that frame. */
export function nextFrame() {
  return new Promise((resolve) => requestAnimationFrame(resolve));
}

/** The screen's interval in milliseconds: the median of a second's frames, which single late frames do not move. */
export async function frameInterval(samples = SAMPLES) {
  const intervals = [];
  let before = await nextFrame();
  while (intervals.length < samples) {
    const now = await nextFrame();
    intervals.push(now - before);
    before = now;
  }
  intervals.sort((a, b) => a - b);
  const median = intervals[Math.floor(samples / 2)];
  return Math.min(Math.max(median, LIKELY[0]), LIKELY[1]);
}

/**
 * Show something for a set number of frames.
 *
 * A late frame shortens what is left, so that the display ends with the frame that is nearest to its time.
 * @param {() => void} show
 * @param {() => void} hide
 * @param {number} milliseconds
 * @param {number} interval of the screen
 * @returns {Promise<{ms: number, frames: number}>} from the frame that showed it to the frame that did not any more
 */
export async function showFor(show, hide, milliseconds, interval) {
  const wanted = Math.max(1, Math.round(milliseconds / interval));
  const began = await nextFrame();
  show();
  let now = began;
  let frames = 0;
  do {
    now = await nextFrame();
    frames += 1;
  } while (now - began < (wanted - 0.5) * interval);
  hide();
  return { ms: now - began, frames };
}

/** Wait for a time, by frames: none pass while the page is in the background. */
export async function pauseFor(milliseconds) {
  const began = await nextFrame();
  while ((await nextFrame()) - began < milliseconds);
}

/** Wait until the page is in the foreground. */
export async function visible() {
  while (document.visibilityState !== "visible") {
    await new Promise((resolve) => document.addEventListener("visibilitychange", resolve, { once: true }));
  }
}
