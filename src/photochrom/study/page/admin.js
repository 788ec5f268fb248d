// The administrator's page: counts of a running study, and new links.

import { element, notice } from "./document.js";

const EVERY = 5_000; // milliseconds between two readings
let token = sessionStorage.getItem("photochrom-study-admin") ?? "";

element("enter").addEventListener("submit", (event) => {
  event.preventDefault();
  token = element("token").value.trim();
  open();
});
element("linking").addEventListener("submit", (event) => {
  event.preventDefault();
  makeLinks().catch((error) => notice(error.message));
});
if (token) open();

async function open() {
  try {
    show(await ask("GET", "/progress"));
  } catch (error) {
    element("refused").textContent = error.message;
    sessionStorage.removeItem("photochrom-study-admin");
    return;
  }
  sessionStorage.setItem("photochrom-study-admin", token);
  element("entering").hidden = true;
  element("board").hidden = false;
  setInterval(refresh, EVERY);
}

async function refresh() {
  try {
    show(await ask("GET", "/progress"));
    notice("");
  } catch (error) {
    notice(error.message);
  }
}

function show(progress) {
  const figures = [
    ["Started", progress.started],
    ["Complete", progress.complete],
    ["Answers", progress.answers],
    ["Shown on time", progress.on_time === null ? "–" : `${(100 * progress.on_time).toFixed(1)} %`],
    ["Interrupted trials", progress.interrupted],
    ["Median duration", progress.minutes === null ? "–" : `${progress.minutes.toFixed(1)} min`],
    ["Forgotten", progress.forgotten],
    ["Last answer", progress.last === null ? "–" : new Date(1000 * progress.last).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })],
  ];
  if (progress.simulated) figures.splice(2, 0, ["Of these simulated", progress.simulated]);
  if (progress.mode === "link") figures.push(["Links made", progress.links]);
  element("figures").replaceChildren(...figures.map(([name, value]) => pair(name, value)));
  const rows = Object.entries(progress.by_system).map(([name, counts]) => row([name, ...counts]));
  element("systems").replaceChildren(...rows);
  element("linking").hidden = progress.mode !== "link";
  element("when").textContent = `study ${progress.study}, at ${new Date().toLocaleTimeString()}`;
}

function pair(name, value) {
  const made = document.createElement("div");
  const term = document.createElement("dt");
  const said = document.createElement("dd");
  term.textContent = name;
  said.textContent = value;
  made.append(term, said);
  return made;
}

function row(values) {
  const made = document.createElement("tr");
  for (const [place, value] of values.entries()) {
    const cell = document.createElement(place ? "td" : "th");
    if (!place) cell.scope = "row";
    cell.textContent = value;
    made.append(cell);
  }
  return made;
}

/** Make links and hand them to the browser's downloads, one address a line. */
async function makeLinks() {
  const { tokens } = await ask("POST", "/links", { count: Number(element("count").value) });
  const text = tokens.map((each) => `${location.origin}/?token=${each}\n`).join("");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  link.download = "links.txt";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  refresh();
}

async function ask(method, path, body) {
  const headers = { Authorization: `Bearer ${token}` };
  if (body) headers["Content-Type"] = "application/json";
  let reply;
  try {
    reply = await fetch(`/api/admin${path}`, { method, headers, body: body && JSON.stringify(body) });
  } catch {
    throw new Error("The server cannot be reached. Is it still running?");
  }
  const content = await reply.json();
  if (!reply.ok) throw new Error(reply.status === 401 ? "That is not the token of this server." : content.detail);
  return content;
}
