// What is said about the trials, by the way in which the pictures are presented.

const KEYS = { succession: ["1", "2"], "side-by-side": ["ArrowLeft", "ArrowRight"], single: ["1", "2"] };
const SIGNS = { succession: ["1", "2"], "side-by-side": ["←", "→"], single: ["1", "2"] };
const WHICH = "Which picture had its colors made by a computer?";

const FORMS = {
  succession: { question: WHICH, choices: ["The first", "The second"], pictures: ["First picture", "Second picture"] },
  "side-by-side": {
    question: "Which picture has its colors made by a computer?",
    choices: ["The left", "The right"],
    pictures: ["Left picture", "Right picture"],
  },
  single: {
    question: "Is this a real photograph, or were its colors made by a computer?",
    choices: ["Real", "Colored"],
    pictures: ["Picture"],
  },
};

/** Question, choices, keys and labels of a presentation. */
export function wordsOf(presentation) {
  return { ...FORMS[presentation], keys: KEYS[presentation], signs: SIGNS[presentation] };
}

/** The instructions, one sentence or two a step; `[x]` stands for a key. */
export function instructionsOf(study) {
  const { choices, signs } = wordsOf(study.presentation);
  const seconds = study.duration_ms === null ? null : study.duration_ms / 1000;
  const time = seconds === null ? "as long as you like" : `for ${seconds} ${seconds === 1 ? "second" : "seconds"}`;
  const shown = {
    succession: `You see two pictures of the same scene, one after the other, each ${time}.`,
    "side-by-side": `You see two pictures of the same scene, side by side, ${time}.`,
    single: `You see one picture at a time, ${time}.`,
  }[study.presentation];
  const what =
    study.presentation === "single"
      ? "It is a photograph as the camera took it, or its colors were made by a computer."
      : "One is a photograph as the camera took it. In the other, the colors were made by a computer.";
  const answer =
    study.presentation === "single"
      ? `Say which: “${choices[0]}” [${signs[0]}] or “${choices[1]}” [${signs[1]}].`
      : `Say in which the colors were made: “${choices[0]}” [${signs[0]}] or “${choices[1]}” [${signs[1]}].`;
  const practice = study.practice
    ? `First come ${study.practice} for practice, in which you are told the answer. Then come ${study.trials - study.practice} in which you are not.`
    : `There are ${study.trials} of them.`;
  return [`${shown} ${what}`, `${answer} Take the time you need; if you cannot tell, guess.`, practice];
}

/** What is said after a practice trial. */
export function feedbackOf(presentation, truthSlot, right) {
  const which =
    presentation === "single"
      ? `This was ${truthSlot === 0 ? "a real photograph" : "colored by a computer"}.`
      : `${wordsOf(presentation).choices[1 - truthSlot]} was colored by a computer.`;
  return [right ? "Right." : "No.", which];
}
