// Calls to the server: the token, its refusals in words, and patience when it is busy.

const ROOT = "/api/v1";
const TRIES = 6;
let token = sessionStorage.getItem("photochrom-token") ?? "";
let askForToken = async () => null;

/** What the server refused: its own line, and the status. */
export class Refusal extends Error {
  constructor(detail, status) {
    super(detail);
    this.status = status;
  }
}

/** Say how a person is asked for the token; the function answers the token, or null. */
export function onTokenNeeded(ask) {
  askForToken = ask;
}

/** The models and limits of the server. */
export async function limits() {
  return (await call("GET", "/models")).json();
}

/** A small picture for these choices, as a blob. */
export async function preview(id, look, side, signal) {
  return (await call("POST", `/photographs/${id}/preview`, { ...look, side }, signal)).blob();
}

/** A small picture that has no choices: "gray" or "uncertainty". */
export async function plain(id, kind, side) {
  return (await call("GET", `/photographs/${id}/${kind}?side=${side}`)).blob();
}

/** The full-size result: its blob and its name. */
export async function result(id, wish) {
  return named(await call("POST", `/photographs/${id}/result`, wish));
}

/** Several full-size results in a ZIP. */
export async function archive(photographs) {
  return named(await call("POST", "/archive", { photographs }));
}

/** Whether the server still keeps a photograph; asking keeps it for another while. */
export async function known(id) {
  await call("GET", `/photographs/${id}`);
}

/** Forget a photograph; that it is forgotten already is no error. */
export async function forget(id) {
  await call("DELETE", `/photographs/${id}`).catch((error) => {
    if (error.status !== 404) throw error;
  });
}

/**
 * Send a photograph. XMLHttpRequest, because fetch tells nothing of how far an upload is.
 * @param {File} file
 * @param {(share: number) => void} progress 0 to 1
 */
export async function send(file, progress) {
  for (let tried = 1; ; tried++) {
    const answer = await upload(file, progress);
    if (answer.status === 201) return JSON.parse(answer.text);
    if (!(await worthAnother(answer.status, answer.retryAfter, tried))) throw refusal(answer.status, answer.text);
  }
}

function upload(file, progress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `${ROOT}/photographs`);
    if (token) request.setRequestHeader("Authorization", `Bearer ${token}`);
    request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
    request.onload = () =>
      resolve({
        status: request.status,
        text: request.responseText,
        retryAfter: request.getResponseHeader("Retry-After"),
      });
    request.onerror = () => reject(new Refusal("The server cannot be reached. Is it still running?", 0));
    const form = new FormData();
    form.append("photo", file, file.name || "photograph");
    request.send(form);
  });
}

async function call(method, path, body, signal) {
  for (let tried = 1; ; tried++) {
    const headers = {};
    if (token) headers.Authorization = `Bearer ${token}`;
    if (body) headers["Content-Type"] = "application/json";
    let answer;
    try {
      answer = await fetch(ROOT + path, { method, headers, signal, body: body && JSON.stringify(body) });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Refusal("The server cannot be reached. Is it still running?", 0);
    }
    if (answer.ok) return answer;
    const text = await answer.text();
    if (!(await worthAnother(answer.status, answer.headers.get("Retry-After"), tried))) throw refusal(answer.status, text);
  }
}

/** Whether to try once more: with a token that was given now, or when the server has less to do. */
async function worthAnother(status, retryAfter, tried) {
  if (tried >= TRIES) return false;
  if (status === 401) {
    const given = await askForToken();
    if (given === null) return false;
    token = given;
    sessionStorage.setItem("photochrom-token", token);
    return true;
  }
  if (status !== 503) return false;
  await new Promise((resolve) => setTimeout(resolve, 1000 * Math.min(Number(retryAfter) || 1, 10)));
  return true;
}

function refusal(status, text) {
  let detail = `The server answered ${status}.`;
  try {
    detail = JSON.parse(text).detail ?? detail;
  } catch {
    // Not the server's own form of an error: a proxy's, perhaps.
  }
  return new Refusal(detail.charAt(0).toUpperCase() + detail.slice(1), status);
}

async function named(answer) {
  const header = answer.headers.get("Content-Disposition") ?? "";
  const name = /filename\*=UTF-8''([^;]+)/.exec(header)?.[1];
  return { blob: await answer.blob(), name: name ? decodeURIComponent(name) : "photograph" };
}
