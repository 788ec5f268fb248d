// Before the trials: is the screen large and gray enough, and does the person see the colors of the plates?

import { button, element, pressed, turnTo } from "./document.js";
import { frameInterval } from "./frames.js";

const STEPS = 11;
const PHONE_SIDE = 600; // CSS pixels: a touch screen whose short side is below is a phone's

/** Whether this is a phone. */
export function isPhone() {
  return matchMedia("(pointer: coarse)").matches && Math.min(screen.width, screen.height) < PHONE_SIDE;
}

/** The screen check; resolves when the server has what was found. */
export async function checkScreen(server, study) {
  turnTo("screen");
  const steps = Array.from({ length: STEPS }, (_, index) => {
    const step = document.createElement("i");
    const level = Math.round((255 * index) / (STEPS - 1));
    step.style.background = `rgb(${level} ${level} ${level})`;
    return step;
  });
  element("gray-steps").replaceChildren(...steps);
  const [wide, high] = study.room;
  const note = () => {
    const small = innerWidth < wide || innerHeight < high;
    element("screen-note").textContent = small && !study.phones ? "Make this window larger, if you can." : "";
  };
  note();
  addEventListener("resize", note);
  const count = element("gray-count");
  count.addEventListener("change", () => (element("screen-done").disabled = count.value === ""));
  const measuring = frameInterval();
  await pressed("screen-done");
  removeEventListener("resize", note);
  await server.post("/screen", {
    width: innerWidth,
    height: innerHeight,
    pixel_ratio: devicePixelRatio,
    frame_ms: await measuring,
    gray_steps: Number(count.value),
    phone: isPhone(),
  });
}

/** The plates of color vision, one after the other; resolves when the server has the answers. */
export async function checkColorVision(server, plates) {
  turnTo("plates");
  const answers = [];
  for (const [index, plate] of plates.entries()) {
    const image = element("plate");
    const address = URL.createObjectURL(await server.picture(plate.address));
    image.src = address;
    await image.decode();
    element("plate-count").textContent = `Plate ${index + 1} of ${plates.length}`;
    answers.push(await chosen(plate.choices));
    URL.revokeObjectURL(address);
  }
  await server.post("/color-vision", { answers });
}

/** One choice; a second press belongs to no plate, so the buttons rest until the next one is there. */
function chosen(choices) {
  return new Promise((resolve) => {
    const choose = (text) => {
      for (const made of buttons) made.disabled = true;
      resolve(text);
    };
    const buttons = choices.map((text) => button(text, "choice", () => choose(text)));
    buttons.push(button("I see no number", "choice wide", () => choose("")));
    element("plate-choices").replaceChildren(...buttons);
  });
}
