// Calls to the server: a session's token, patience when the line is down, and answers that outlive the page.

const FIRST_WAIT = 500; // milliseconds before the second try; doubled each time
const LONGEST_WAIT = 8_000;

/** What the server refused: its own line, and the status. */
export class Refusal extends Error {
  constructor(detail, status) {
    super(detail);
    this.status = status;
  }
}

/** A random name of 32 letters and digits, not to be guessed. */
export function newSecret() {
  const bytes = crypto.getRandomValues(new Uint8Array(24));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_");
}

/** One participant's line to the server. */
export class Server {
  /**
   * @param {string} place under which the browser keeps what must outlive the page
   * @param {(lost: boolean) => void} onLine is told when the line is lost, and when it is back
   */
  constructor(place, onLine) {
    this.place = place;
    this.onLine = onLine;
    this.token = localStorage.getItem(`${place}:token`);
  }

  /** Take part: the same token again asks for the same session, so that a lost reply makes no second one. */
  async join(parameters, consent) {
    this.token ??= newSecret();
    localStorage.setItem(`${this.place}:token`, this.token);
    return this.post("/session", { token: this.token, parameters, consent });
  }

  /** Forget the session in this browser. */
  leave() {
    localStorage.removeItem(`${this.place}:token`);
    localStorage.removeItem(`${this.place}:answer`);
    this.token = null;
  }

  /** Send an answer; it is kept here until the server has said that it has it. */
  async answer(number, answer) {
    localStorage.setItem(`${this.place}:answer`, JSON.stringify({ number, answer }));
    return this.deliver();
  }

  /** Send the answer that is kept here, if there is one. */
  async deliver() {
    const kept = localStorage.getItem(`${this.place}:answer`);
    if (kept === null) return null;
    const { number, answer } = JSON.parse(kept);
    const said = await this.post(`/trials/${number}/answer`, answer);
    localStorage.removeItem(`${this.place}:answer`);
    return said;
  }

  get(path) {
    return this.call("GET", path);
  }

  post(path, body) {
    return this.call("POST", path, body);
  }

  /** Bytes of a picture. */
  async picture(address) {
    return (await this.#patiently(address, { headers: this.#headers() })).blob();
  }

  async call(method, path, body) {
    const headers = this.#headers();
    if (body) headers["Content-Type"] = "application/json";
    return (await this.#patiently(`/api/study${path}`, { method, headers, body: body && JSON.stringify(body) })).json();
  }

  #headers() {
    return this.token ? { Authorization: `Bearer ${this.token}` } : {};
  }

  /** Ask until there is an answer: a lost line or a busy server is waited out, a refusal is not. */
  async #patiently(address, request) {
    let lost = false;
    for (let wait = FIRST_WAIT; ; wait = Math.min(2 * wait, LONGEST_WAIT)) {
      try {
        const reply = await fetch(address, request);
        if (reply.ok) {
          if (lost) this.onLine(false);
          return reply;
        }
        if (reply.status < 500 && reply.status !== 408) throw await refusal(reply);
      } catch (error) {
        if (error instanceof Refusal) {
          if (lost) this.onLine(false);
          throw error;
        }
      }
      lost = true;
      this.onLine(true);
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}

async function refusal(reply) {
  let detail = `the server answered ${reply.status}`;
  try {
    detail = (await reply.json()).detail ?? detail;
  } catch {
    // Not the server's own form of an error: a proxy's, perhaps.
  }
  return new Refusal(detail.charAt(0).toUpperCase() + detail.slice(1) + ".", reply.status);
}
