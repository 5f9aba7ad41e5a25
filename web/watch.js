/**
 * Watches the jobs that have not ended: over the WebSocket while it is open, otherwise by polling.
 * Whatever the network does, each job's state ends with the stored answer.
 */

import { isOver, NOTHING, read, readJob } from "./answer.js";
import { asProblem } from "./problem.js";

//: Job IDs in one subscription at most.
const SUBSCRIPTION = 100;
//: Milliseconds without an event after which a job is read; this also updates its queue position.
const QUIET = 12_000;
//: Seconds for which the service may hold a poll, and the number of jobs up to which it may:
//: browsers open only six connections at once.
const WAIT = 10;
const HELD = 3;
//: Milliseconds between polls: if the service holds them, if it does not, if it is unreachable.
const PAUSE = { held: 100, plain: 1_500, away: 3_000 };

export class Watch {
  #service;
  #live;
  #jobs = new Map();
  #isPolling = false;

  /**
   * @param {import("./service.js").Service} service
   * @param {import("./live.js").Live} live  passes its events to `hear` and its states to `turn`
   */
  constructor(service, live) {
    this.#service = service;
    this.#live = live;
    setInterval(() => this.#lookUpQuietOnes(), QUIET / 3);
  }

  /**
   * Follow a job until it ends. `show` gets every new state, and a Problem if reading it fails.
   * @param {string} id
   * @param {(reading: import("./answer.js").Reading, problem?: import("./problem.js").Problem) => void} show
   * @param {object} [job]  the job, if it is known already
   */
  follow(id, show, job) {
    const entry = { id, show, reading: NOTHING, heard: performance.now(), isAsked: false };
    this.#jobs.set(id, entry);
    if (job) this.#apply(entry, readJob(entry.reading, job));
    if (!this.#jobs.has(id)) return;
    this.#live.want(true);
    if (!this.#subscribe([id])) this.#pollIfNeeded();
  }

  /** Stop following a job. @param {string} id */
  leave(id) {
    if (!this.#jobs.delete(id)) return;
    this.#live.send({ action: "unsubscribe", job_ids: [id] });
    if (!this.#jobs.size) this.#live.want(false);
  }

  /** Apply an event of the WebSocket. @param {object} event */
  hear(event) {
    const entry = this.#jobs.get(event.job_id);
    if (!entry) return;
    entry.heard = performance.now();
    if (event.type === "error") this.#lookUp(entry);
    else this.#apply(entry, read(entry.reading, event));
  }

  /** React to a new state of the connection. @param {string} state */
  turn(state) {
    for (const entry of this.#jobs.values()) entry.isAsked = false;
    const ids = [...this.#jobs.keys()];
    if (state === "live") {
      for (let i = 0; i < ids.length; i += SUBSCRIPTION) this.#subscribe(ids.slice(i, i + SUBSCRIPTION));
    } else this.#pollIfNeeded();
  }

  #subscribe(ids) {
    return this.#live.send({ action: "subscribe", job_ids: ids });
  }

  #apply(entry, reading) {
    if (reading === entry.reading) return;
    entry.reading = { ...reading, missing: "" };
    if (reading.missing === "job") this.#lookUp(entry);
    else if (reading.missing === "snapshot") this.#askAgain(entry);
    else entry.isAsked = false;
    if (reading.ended) {
      // The job's last event has ended the subscription.
      this.#jobs.delete(entry.id);
      if (!this.#jobs.size) this.#live.want(false);
    }
    entry.show(entry.reading);
  }

  /** Request a snapshot, once, however many deltas arrive before it. */
  #askAgain(entry) {
    if (!entry.isAsked) entry.isAsked = this.#subscribe([entry.id]);
  }

  async #lookUp(entry, look = () => this.#service.job(entry.id)) {
    const { heard } = entry;
    try {
      const job = await look();
      if (!job || this.#jobs.get(entry.id) !== entry) return true;
      // An event that arrived meanwhile is newer than this response.
      if (entry.heard !== heard && !isOver(job.status)) return true;
      entry.heard = performance.now();
      this.#apply(entry, readJob(entry.reading, job));
      return true;
    } catch (error) {
      this.#fail(entry, asProblem(error));
      return false;
    }
  }

  #fail(entry, problem) {
    const isGone = problem.type === "job-not-found" || problem.type === "invalid-id";
    if (isGone || problem.isAboutTheKey) {
      this.#jobs.delete(entry.id);
      if (!this.#jobs.size) this.#live.want(false);
    }
    entry.show(entry.reading, problem);
  }

  #lookUpQuietOnes() {
    if (this.#live.state !== "live") return;
    const latest = performance.now() - QUIET;
    for (const entry of this.#jobs.values()) {
      if (entry.heard > latest) continue;
      entry.heard = performance.now();
      this.#lookUp(entry);
    }
  }

  get #mustPoll() {
    return this.#jobs.size > 0 && ["off", "away"].includes(this.#live.state);
  }

  async #pollIfNeeded() {
    if (this.#isPolling) return;
    this.#isPolling = true;
    while (this.#mustPoll) {
      const wait = this.#jobs.size <= HELD ? WAIT : 0;
      const looks = [...this.#jobs.values()].map((entry) =>
        this.#lookUp(entry, () => this.#service.changed(entry.id, wait)),
      );
      const isReached = (await Promise.all(looks)).some(Boolean);
      const isHeld = wait && [...this.#jobs.keys()].every((id) => this.#service.canHold(id));
      const pause = !isReached ? PAUSE.away : isHeld ? PAUSE.held : PAUSE.plain;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
    this.#isPolling = false;
  }
}
