// One trial, as a plugin of jsPsych: pictures for a set number of frames, a question, an answer, and what was measured.

import { button } from "./document.js";
import { nextFrame, pauseFor, showFor, visible } from "./frames.js";
import { newSecret } from "./server.js";
import { feedbackOf, wordsOf } from "./words.js";

const { ParameterType } = jsPsychModule;

const info = {
  name: "photochrom-real-or-colored",
  version: "1.0.0",
  parameters: {
    number: { type: ParameterType.INT, default: undefined }, // of the trial, as the server counts
    addresses: { type: ParameterType.STRING, array: true, default: undefined }, // of its pictures
    practice: { type: ParameterType.BOOL, default: false },
    presentation: { type: ParameterType.STRING, default: "succession" },
    duration_ms: { type: ParameterType.INT, default: 1000 }, // of each picture; null: until the answer
    blank_ms: { type: ParameterType.INT, default: 900 },
    between_ms: { type: ParameterType.INT, default: 600 },
    buttons_ms: { type: ParameterType.INT, default: 100 },
    feedback_ms: { type: ParameterType.INT, default: 2400 },
    interval: { type: ParameterType.FLOAT, default: 1000 / 60 }, // milliseconds of a frame of this screen
    server: { type: ParameterType.FUNCTION, default: undefined }, // () => Server
    pictures: { type: ParameterType.FUNCTION, default: undefined }, // () => Pictures
  },
  data: {
    number: { type: ParameterType.INT },
    chosen_slot: { type: ParameterType.INT }, // which was called colored; single: 0 real, 1 colored
    response_ms: { type: ParameterType.FLOAT }, // from the moment at which an answer was possible
    shown_ms: { type: ParameterType.FLOAT, array: true }, // measured, of each picture; null: until the answer
    frames: { type: ParameterType.INT, array: true },
    frame_ms: { type: ParameterType.FLOAT },
    hidden: { type: ParameterType.BOOL }, // the page was in the background while a picture was shown
  },
};

export class RealOrColored {
  static info = info;

  /** Run the trial; resolves with its data once the server has them. */
  async trial(display, trial, onLoad) {
    const words = wordsOf(trial.presentation);
    const server = trial.server();
    const canvases = await Promise.all(
      trial.addresses.map((address, slot) => trial.pictures().draw(address, words.pictures[slot])),
    );
    const stage = setStage(display, trial.presentation, canvases);
    onLoad();
    await visible();
    const showing = newSecret();
    // From here on the server never lets this trial be shown again, whatever happens to this page.
    await server.post(`/trials/${trial.number}/begin`, { showing });
    await pauseFor(trial.blank_ms);
    const shown = await present(stage, canvases, trial, words);
    const chosen = await ask(stage, words);
    for (const canvas of canvases) canvas.classList.remove("shown");
    const answer = { ...chosen, ...shown, frame_ms: trial.interval };
    const said = await server.answer(trial.number, { showing, ...answer });
    if (said.truth_slot !== null) await tell(stage, trial, said.truth_slot, answer.chosen_slot);
    return { number: trial.number, ...answer };
  }
}

function setStage(display, presentation, canvases) {
  const kind = { succession: "succession", "side-by-side": "beside", single: "alone" }[presentation];
  display.innerHTML = `<div class="trial"><div class="pictures ${kind}"></div><div class="asking" aria-live="polite"></div></div>`;
  display.querySelector(".pictures").append(...canvases);
  return { asking: display.querySelector(".asking") };
}

/** Show the pictures. Those without a set time stay until the answer, and have no measured one. */
async function present(stage, canvases, trial, words) {
  const nothing = canvases.map(() => null);
  let hidden = false;
  const watch = () => (hidden ||= document.visibilityState !== "visible");
  document.addEventListener("visibilitychange", watch);
  const result = { shown_ms: nothing, frames: nothing };
  if (trial.duration_ms !== null) {
    const groups = trial.presentation === "succession" ? canvases.map((canvas) => [canvas]) : [canvases];
    const measured = await oneAfterTheOther(groups, trial);
    result.shown_ms = canvases.map((_, slot) => (measured[slot] ?? measured[0]).ms);
    result.frames = canvases.map((_, slot) => (measured[slot] ?? measured[0]).frames);
    await pauseFor(trial.buttons_ms);
  } else if (trial.presentation === "succession") {
    await untilNext(stage, canvases[0], words);
    await pauseFor(trial.between_ms);
    canvases[1].classList.add("shown");
  } else {
    for (const canvas of canvases) canvas.classList.add("shown");
  }
  document.removeEventListener("visibilitychange", watch);
  return { ...result, hidden };
}

async function oneAfterTheOther(groups, trial) {
  const measured = [];
  for (const group of groups) {
    if (measured.length) await pauseFor(trial.between_ms);
    const mark = (on) => () => group.forEach((canvas) => canvas.classList.toggle("shown", on));
    measured.push(await showFor(mark(true), mark(false), trial.duration_ms, trial.interval));
  }
  return measured;
}

async function untilNext(stage, canvas, words) {
  canvas.classList.add("shown");
  await new Promise((resolve) => {
    stage.asking.replaceChildren(button(`To the ${words.pictures[1].toLowerCase()}`, "primary", resolve));
  });
  stage.asking.replaceChildren();
  canvas.classList.remove("shown");
}

/** Ask; the answer is a click, a touch or a key. */
async function ask(stage, words) {
  const question = document.createElement("p");
  question.className = "question";
  question.textContent = words.question;
  const choices = document.createElement("div");
  choices.className = "choices";
  const possible = await nextFrame();
  return new Promise((resolve) => {
    const choose = (slot, time) => {
      document.removeEventListener("keydown", onKey);
      stage.asking.replaceChildren();
      resolve({ chosen_slot: slot, response_ms: Math.max(0, time - possible) });
    };
    const onKey = (event) => {
      const slot = words.keys.indexOf(event.key);
      if (slot < 0 || event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      choose(slot, event.timeStamp);
    };
    words.choices.forEach((text, slot) => {
      const made = button(text, "choice", (event) => choose(slot, event.timeStamp));
      const key = document.createElement("kbd");
      key.textContent = words.signs[slot];
      key.setAttribute("aria-hidden", "true");
      made.append(key);
      choices.append(made);
    });
    document.addEventListener("keydown", onKey);
    stage.asking.replaceChildren(question, choices);
  });
}

async function tell(stage, trial, truthSlot, chosenSlot) {
  const right = trial.presentation === "single" ? chosenSlot === truthSlot : chosenSlot === 1 - truthSlot;
  const [said, why] = feedbackOf(trial.presentation, truthSlot, right);
  const first = document.createElement("p");
  first.className = "feedback";
  first.textContent = said;
  const second = document.createElement("p");
  second.textContent = why;
  stage.asking.replaceChildren(first, second);
  await pauseFor(trial.feedback_ms);
}
