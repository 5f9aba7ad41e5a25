/**
 * The WebSocket connection. It is opened while any job is awaited, kept alive with pings, and opened
 * again if it is lost.
 *
 * Its states, passed to `onState`:
 * "idle"          no job is awaited, and the connection is closed
 * "connecting"    connecting, for the first time or after "idle"
 * "live"          open
 * "reconnecting"  lost while a job was awaited; connecting again
 * "away"          several tries failed; it keeps trying, and the page should poll meanwhile
 * "off"           this service has no WebSocket
 */

//: Milliseconds between pings while a job is awaited. Each must be answered before the next.
const HEARTBEAT = 30_000;
//: The pause before try n is random, up to SHORTEST * 2^n milliseconds and at most LONGEST.
const SHORTEST = 250;
const LONGEST = 30_000;
//: Milliseconds after which a connection that does not open is given up; browsers wait for minutes.
const OPENING = 10_000;
//: Failed tries after which the state is "away".
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
   * @param {string} parts.url  "" if there is no WebSocket
   * @param {() => Promise<string>} parts.ticket  gets a new ticket; throws a Problem
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

  /** Set whether any job is awaited. @param {boolean} isWanted */
  want(isWanted) {
    this.#isWanted = isWanted;
    if (isWanted && !this.#timer) this.#open();
    if (!isWanted && this.#state !== "live" && this.#state !== "off") this.#rest();
  }

  /** Connect in advance, so that the first words of the next answer arrive at once. */
  warm() {
    if (this.#state === "idle") this.#open();
  }

  /**
   * Send a message; return false if the connection is not open.
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
    if (this.#state === "idle") this.#enter("connecting");
    let ticket;
    try {
      ticket = await this.#ticket();
    } catch (error) {
      this.#opening = false;
      if (error.isUnknownRoute) this.#enter("off");
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
      this.#enter("live");
    };
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = () => {
      clearTimeout(impatience);
      this.#lost(socket);
    };
  }

  #receive(data) {
    this.#isAnswered = true;
    // Not when it opens: a connection that fails right after opening must not shorten the pauses.
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
    if (this.#failures > PATIENCE) this.#enter("away");
    else this.#enter(this.#wasLost ? "reconnecting" : "connecting");
    const longest = Math.min(LONGEST, SHORTEST * 2 ** this.#failures);
    this.#timer = setTimeout(() => this.#hurry(), longest * Math.random());
  }

  /** Connect now instead of after the pause. */
  #hurry() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    if (this.#isWanted) this.#open();
  }

  #rest() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#failures = 0;
    this.#enter("idle");
  }

  /** Send a ping. If the last one was not answered, the connection is dead: open another. */
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

  #enter(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.#onState(state);
  }
}
