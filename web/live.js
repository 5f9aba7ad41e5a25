/**
 * The WebSocket connection: opened when something is awaited, kept alive, opened again when it
 * is lost, and left alone when nothing is awaited any more.
 *
 * Its states, told to `onState`:
 * "idle"          nothing is awaited and nothing is open
 * "connecting"    on the way, for the first time or after a rest
 * "live"          open
 * "reconnecting"  lost while something was awaited; on the way again
 * "away"          several tries failed; it goes on trying, and somebody should poll meanwhile
 * "off"           this service has no WebSocket
 */

//: Milliseconds between pings while something is awaited: one must be answered before the next.
const HEARTBEAT = 30_000;
//: The pause before the n-th try is a random part of SHORTEST * 2^n, at most LONGEST milliseconds.
const SHORTEST = 250;
const LONGEST = 30_000;
//: Milliseconds until a connection that does not open counts as lost; browsers wait for minutes.
const OPENING = 10_000;
//: Tries after which the connection counts as away.
const PATIENCE = 2;

export class Live {
  #url;
  #ticket;
  #onEvent;
  #onState;
  #socket = null;
  #opening = false;
  #timer = 0;
  #failures = 0;
  #wasLost = false;
  #isWanted = false;
  #isAnswered = true;
  #state = "idle";

  /**
   * @param {object} parts
   * @param {string} parts.url  "" where there is no WebSocket
   * @param {() => Promise<string>} parts.ticket  a fresh ticket; throws a Problem
   * @param {(event: object) => void} parts.onEvent
   * @param {(state: string) => void} parts.onState
   */
  constructor({ url, ticket, onEvent, onState }) {
    this.#url = url;
    this.#ticket = ticket;
    this.#onEvent = onEvent;
    this.#onState = onState;
    if (!URL.canParse(url)) this.#state = "off";
    setInterval(() => this.#beat(), HEARTBEAT);
    addEventListener("online", () => this.#hurry());
  }

  get state() {
    return this.#state;
  }

  /** Say whether something is awaited. @param {boolean} isWanted */
  want(isWanted) {
    this.#isWanted = isWanted;
    if (isWanted && !this.#timer) this.#open();
    if (!isWanted && this.#state !== "live" && this.#state !== "off") this.#rest();
  }

  /** Somebody may soon want it: open it now, and the first words of an answer are not missed. */
  warm() {
    if (this.#state === "idle") this.#open();
  }

  /**
   * Send a message; false if the connection is not open.
   * @param {object} message
   */
  send(message) {
    if (this.#state !== "live") return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  async #open() {
    if (this.#socket || this.#opening || this.#state === "off") return;
    this.#opening = true;
    if (this.#state === "idle") this.#tell("connecting");
    let ticket;
    try {
      ticket = await this.#ticket();
    } catch (error) {
      this.#opening = false;
      if (error.isUnknownRoute) this.#tell("off");
      else this.#lost(null);
      return;
    }
    this.#opening = false;
    this.#connect(ticket);
  }

  #connect(ticket) {
    const socket = new WebSocket(`${this.#url}?ticket=${encodeURIComponent(ticket)}`);
    this.#socket = socket;
    const impatience = setTimeout(() => this.#abandon(socket), OPENING);
    socket.onopen = () => {
      clearTimeout(impatience);
      this.#isAnswered = true;
      this.#wasLost = false;
      this.#tell("live");
    };
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = () => {
      clearTimeout(impatience);
      this.#lost(socket);
    };
  }

  #receive(data) {
    this.#isAnswered = true;
    // Only now: a connection that opens and falls at once must not be tried ever faster.
    this.#failures = 0;
    let event;
    try {
      event = JSON.parse(data);
    } catch {
      return;
    }
    if (typeof event?.type === "string") this.#onEvent(event);
  }

  #lost(socket) {
    if (socket !== this.#socket) return;
    this.#socket = null;
    if (!this.#isWanted) {
      this.#rest();
      return;
    }
    this.#wasLost ||= this.#state === "live";
    this.#failures += 1;
    if (this.#failures > PATIENCE) this.#tell("away");
    else this.#tell(this.#wasLost ? "reconnecting" : "connecting");
    const longest = Math.min(LONGEST, SHORTEST * 2 ** this.#failures);
    this.#timer = setTimeout(() => this.#hurry(), longest * Math.random());
  }

  /** Try again now, not at the end of the pause. */
  #hurry() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    if (this.#isWanted) this.#open();
  }

  #rest() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#failures = 0;
    this.#tell("idle");
  }

  /** A connection can be dead without a word; an unanswered ping says so. */
  #beat() {
    if (this.#state !== "live" || !this.#isWanted) return;
    if (this.#isAnswered) {
      this.#isAnswered = false;
      this.send({ action: "ping" });
      return;
    }
    this.#abandon(this.#socket);
  }

  #abandon(socket) {
    this.#lost(socket);
    socket.close();
  }

  #tell(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.#onState(state);
  }
}
