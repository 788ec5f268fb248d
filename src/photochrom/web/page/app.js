// photochrom's page: photographs come in, are shown before and after, take choices, and go out again.

import * as api from "./api.js";
import { element, save, say, show } from "./elements.js";
import { Panel } from "./panel.js";
import { PLAIN_LOOK, Photograph } from "./photograph.js";
import { Stage } from "./stage.js";
import { Strip } from "./strip.js";

const AT_A_TIME = 2; // uploads

const photographs = [];
let current = null;
let limits = null;

const panel = new Panel((on) => stage.hinting(on));
const stage = new Stage(
  (x, y) => panel.place(x, y),
  () => {
    panel.hinting(false);
    element("hinting").focus();
  },
);
const strip = new Strip(pick);

function render() {
  show(element("welcome"), photographs.length === 0);
  for (const id of ["work", "add"]) show(element(id), photographs.length > 0);
  show(element("download-all"), photographs.filter((photograph) => photograph.ready).length > 1);
  strip.show(photographs, current);
  panel.show(current);
  if (!current) return;
  stage.show(current, element("show-unsure").checked);
  const note = element("note");
  show(note, current.ready && current.info.already_colored);
  note.textContent = "This photograph has colors already. They are left aside: it is colored anew from its lightness.";
}

function pick(photograph) {
  current = photograph;
  if (element("show-unsure").checked) unsure();
  render();
}

/** Take files in, whichever way they came. */
function take(files) {
  const fresh = [...files].filter((file) => file.type.startsWith("image/") || /\.(tiff?|heic|avif)$/i.test(file.name));
  if (files.length > 0 && fresh.length === 0) say("These are no photographs.");
  const added = fresh.map((file) => new Photograph(file));
  for (const photograph of added) watch(photograph);
  photographs.push(...added);
  if (added.length > 0 && !current?.ready) current = added[0];
  render();
  if (added.length > 0) element("main").focus({ preventScroll: true });
  startNext();
}

function watch(photograph) {
  photograph.addEventListener("state", () => {
    render();
    if (photograph.state === "ready") say(`${photograph.name} is in color.`);
    if (photograph.state === "failed") say(`${photograph.name}: ${photograph.trouble}`);
  });
  photograph.addEventListener("look", () => photograph === current && panel.show(photograph));
  photograph.addEventListener("painted", render);
  photograph.addEventListener("refused", (event) => say(event.detail));
}

/** A few uploads at a time, in their order. */
function startNext() {
  const running = photographs.filter(({ state }) => state === "sending" || state === "coloring").length;
  const next = photographs.find(({ state }) => state === "waiting");
  if (!next || running >= AT_A_TIME) return;
  const most = limits?.max_upload_megabytes ?? Infinity;
  if (next.file.size > most * 1e6) {
    next.trouble = `The file has ${(next.file.size / 1e6).toFixed(0)} MB; this server takes up to ${most} MB.`;
    next.tell("failed");
  } else {
    next.begin().finally(startNext);
  }
  startNext();
}

async function remove(photograph) {
  const index = photographs.indexOf(photograph);
  photographs.splice(index, 1);
  current = photographs[Math.min(index, photographs.length - 1)] ?? null;
  render();
  (current ? element("main") : element("choose")).focus();
  say(`${photograph.name} was removed.`);
  await attempt(() => photograph.close());
}

async function unsure() {
  if (current?.ready) await attempt(() => current.showUnsure());
}

async function download() {
  const photograph = current;
  await busy("download", "Making the full-size picture", async () => {
    save(await photograph.result(element("format").value));
    say(`${photograph.name} is saved.`);
  });
}

async function downloadAll() {
  await busy("download-all", "Making the ZIP", async () => {
    const ready = photographs.filter((photograph) => photograph.ready);
    const format = element("format").value || null;
    for (const photograph of ready) await photograph.withId((id) => api.known(id));
    save(await api.archive(ready.map(({ info, look }) => ({ ...look, id: info.id, format }))));
    say(`${ready.length} photographs are saved.`);
  });
}

/** Do something that takes a while: its button waits, and an error is told. */
async function busy(id, words, work) {
  const pressed = element(id);
  const text = pressed.textContent;
  pressed.setAttribute("aria-disabled", "true");
  pressed.textContent = "One moment…";
  say(`${words}…`);
  await attempt(work);
  pressed.textContent = text;
  pressed.removeAttribute("aria-disabled");
}

async function attempt(work) {
  try {
    await work();
  } catch (error) {
    say(error.message);
  }
}

function askForToken() {
  const dialog = element("token-dialog");
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "ok" ? element("token").value : null), {
      once: true,
    });
    dialog.returnValue = "cancel";
    dialog.showModal();
  });
}

function listen() {
  const files = element("files");
  for (const id of ["add", "choose"]) element(id).addEventListener("click", () => files.click());
  files.addEventListener("change", () => {
    take(files.files);
    files.value = "";
  });
  document.addEventListener("paste", (event) => take(event.clipboardData?.files ?? []));
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    show(element("dropping"), event.dataTransfer.types.includes("Files"));
  });
  document.addEventListener("dragleave", (event) => event.relatedTarget === null && show(element("dropping"), false));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    show(element("dropping"), false);
    take(event.dataTransfer.files);
  });
  element("panel").addEventListener("submit", (event) => event.preventDefault());
  element("again").addEventListener("click", () => current.begin());
  element("remove").addEventListener("click", () => remove(current));
  element("remove-failed").addEventListener("click", () => remove(current));
  element("reset").addEventListener("click", () => current.choose(PLAIN_LOOK));
  element("download").addEventListener("click", () => attempt(download));
  element("download-all").addEventListener("click", () => attempt(downloadAll));
  element("show-unsure").addEventListener("change", (event) => {
    show(element("legend"), event.target.checked);
    if (event.target.checked) unsure();
    render();
  });
}

api.onTokenNeeded(askForToken);
listen();
render();
attempt(async () => {
  limits = await api.limits();
});
