// A participant's way: consent, instructions, checks, preloading, practice, trials, thanks; from wherever it was left.

import { checkColorVision, checkScreen, isPhone } from "./checks.js";
import { element, notice, paragraphs, pressed, turnTo } from "./document.js";
import { showThanks } from "./end.js";
import { Refusal, Server } from "./server.js";
import { runTrials } from "./timeline.js";
import { instructionsOf } from "./words.js";

const LOST = "The line is down. Your answers are kept, and sent as soon as it is back.";
const LARGER = "This study needs a larger screen than a phone's. Please open it on a computer or a tablet.";
const parameters = Object.fromEntries(new URLSearchParams(location.search));

takePart().catch(stop);

async function takePart() {
  const study = await new Server("photochrom-study", lineLost).get("");
  if (isPhone() && !study.phones) throw new Refusal(LARGER, 403);
  const given = study.parameters.filter((name) => name in parameters).map((name) => [name, parameters[name]]);
  const who = study.identity in parameters ? parameters[study.identity] : "";
  const server = new Server(`photochrom-study:${study.id}:${who}`, lineLost);
  const here = await resume(server);
  if (!here) await consent(server, study, Object.fromEntries(given));
  let state = here ?? (await server.get("/session"));
  if (!state.screen_checked) {
    await instruct(study);
    await checkScreen(server, study);
  }
  if (!state.color_vision_checked) await checkColorVision(server, state.plates);
  state = await server.get("/session");
  if (state.trials.length) await runTrials(server, study, state, Boolean(here));
  notice("");
  showThanks(study, await server.post("/finish", { parameters: Object.fromEntries(given) }), server);
}

/** The session that this browser was in, its kept answer delivered first; null for a new visitor. */
async function resume(server) {
  if (!server.token) return null;
  try {
    await server.get("/session"); // before the answer: a token that is not known has nothing to deliver
    await server.deliver().catch((error) => {
      if (error.status !== 409) throw error;
      localStorage.removeItem(`${server.place}:answer`); // its trial was closed meanwhile, by another page of this browser
    });
    return await server.get("/session");
  } catch (error) {
    if (error.status !== 401) throw error;
    server.leave();
    return null;
  }
}

async function consent(server, study, given) {
  element("consent-text").replaceChildren(...paragraphs(study.consent));
  const agree = element("agree");
  agree.checked = false;
  agree.addEventListener("change", () => (element("start").disabled = !agree.checked));
  turnTo("consent");
  await pressed("start");
  await server.join(given, study.consent_digest);
}

async function instruct(study) {
  const steps = instructionsOf(study).map((text) => {
    const step = document.createElement("li");
    for (const [index, piece] of text.split(/[[\]]/).entries()) {
      const node = document.createElement(index % 2 ? "kbd" : "span");
      node.textContent = piece;
      step.append(node);
    }
    return step;
  });
  element("instructions-text").replaceChildren(...steps);
  turnTo("instructions");
  await pressed("understood");
}

function lineLost(lost) {
  notice(lost ? LOST : "");
}

/** Nothing goes on: say why, and offer what may help. */
function stop(error) {
  if (!(error instanceof Refusal)) console.error(error);
  const refused = error instanceof Refusal;
  notice("");
  element("stop-title").textContent = refused && error.status === 403 ? "Not here, not now" : "This did not work";
  element("stop-text").textContent = refused ? error.message : "Something went wrong on this page. Your answers are kept.";
  const again = element("stop-button");
  again.hidden = refused && error.status === 403;
  again.textContent = "Load the page again";
  again.addEventListener("click", () => location.reload());
  turnTo("stop");
}
