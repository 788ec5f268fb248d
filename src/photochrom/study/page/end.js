// The end: thanks, the completion code, and the way back to where the participant came from.

import { button, element, turnTo } from "./document.js";

/**
 * @param {object} study what the server says to everybody
 * @param {object} end {code, way, address, fields}: how this participant hands in
 * @param {import("./server.js").Server} server
 */
export function showThanks(study, end, server) {
  element("thanks-text").textContent = "That was the last one. Your answers are with us.";
  element("code").textContent = end.code;
  element("code-block").hidden = false;
  element("forgetting").textContent = study.contact
    ? `To have what is kept of you removed, write to ${study.contact} and give the code.`
    : "To have what is kept of you removed, give the code to the people who run this study.";
  const actions = element("thanks-actions");
  actions.replaceChildren();
  if (end.way === "link") actions.append(back(end));
  if (end.way === "form") actions.append(handIn(end));
  if (end.way === "next") {
    actions.append(
      button("Next participant", "quiet", () => {
        server.leave();
        location.reload();
      }),
    );
  }
  turnTo("thanks");
}

function back(end) {
  const link = document.createElement("a");
  link.className = "primary";
  link.href = end.address;
  link.textContent = "Hand in and return";
  return link;
}

/** Mechanical Turk takes the end of a task as a form from its own frame. */
function handIn(end) {
  const form = document.createElement("form");
  form.method = "post";
  form.action = end.address;
  for (const [name, value] of Object.entries(end.fields)) {
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = name;
    field.value = value;
    form.append(field);
  }
  const made = button("Hand in", "primary", () => {});
  made.type = "submit";
  form.append(made);
  return form;
}
