// All trials that are due, as one timeline of jsPsych.

import { element, pressed, turnTo } from "./document.js";
import { frameInterval } from "./frames.js";
import { Pictures } from "./pictures.js";
import { RealOrColored } from "./trial.js";

const { ParameterType } = jsPsychModule;

/** A sheet with a button between trials, as a plugin of jsPsych. */
class Pause {
  static info = {
    name: "photochrom-pause",
    version: "1.0.0",
    parameters: {
      title: { type: ParameterType.STRING, default: undefined },
      text: { type: ParameterType.STRING, default: "" },
      button: { type: ParameterType.STRING, default: "Start" },
    },
    data: {},
  };

  async trial(_, trial, onLoad) {
    element("pause-title").textContent = trial.title;
    element("pause-text").textContent = trial.text;
    element("pause-done").textContent = trial.button;
    element("progress").hidden = true;
    turnTo("pause");
    onLoad();
    await pressed("pause-done");
    turnTo("trials");
    element("progress").hidden = false;
    return {};
  }
}

/**
 * Bring the pictures here and run every trial that is due; resolves when the last answer is with the server.
 * @param {import("./server.js").Server} server
 * @param {object} study what the server says to everybody
 * @param {object} state where this participant stands
 * @param {boolean} returning whether the page was loaded in the middle of a session
 */
export async function runTrials(server, study, state, returning) {
  const pictures = new Pictures();
  turnTo("preloading");
  await pictures.load(server, state.trials.flatMap((trial) => trial.addresses), (done, all) => {
    element("preloading-bar").value = all ? done / all : 1;
    element("preloading-text").textContent = `${done} of ${all}`;
  });
  const interval = await frameInterval();
  const jsPsych = jsPsychModule.initJsPsych({
    display_element: element("trials"),
    on_trial_start: (trial) => {
      if (trial.type === RealOrColored) count(study, state, trial);
    },
  });
  await jsPsych.run(timeline(server, pictures, study, state, interval, returning && state.begun > 0));
  element("progress").hidden = true;
}

function timeline(server, pictures, study, state, interval, returning) {
  const shared = {
    type: RealOrColored,
    presentation: study.presentation,
    duration_ms: study.duration_ms,
    blank_ms: study.blank_ms,
    between_ms: study.between_ms,
    buttons_ms: study.buttons_ms,
    feedback_ms: study.feedback_ms,
    interval,
    server: () => server,
    pictures: () => pictures,
  };
  const of = (practice) =>
    state.trials.filter((trial) => trial.practice === practice).map((trial) => ({ ...shared, ...trial }));
  const [practice, test] = [of(true), of(false)];
  const back = { type: Pause, title: "Welcome back", text: "Your answers are all here. We go on with the next pictures.", button: "Go on" };
  const before = { type: Pause, title: "Practice", text: `${practice.length} to try it out. After each you are told the answer.` };
  const after = { type: Pause, title: study.practice ? "Practice is over" : "Ready?", text: `Now ${test.length}, without being told.` };
  return [
    ...(returning ? [back] : practice.length ? [before] : []),
    ...practice,
    ...(test.length && (practice.length || !returning) ? [after] : []),
    ...test,
  ];
}

/** How far it is, in the page's head. */
function count(study, state, trial) {
  const all = trial.practice ? study.practice : study.trials - study.practice;
  const left = state.trials.filter((due) => due.practice === trial.practice && due.number >= trial.number).length;
  element("progress").textContent = `${trial.practice ? "Practice " : ""}${all - left + 1} of ${all}`;
}
