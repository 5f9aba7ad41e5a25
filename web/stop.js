/**
 * Whether this service can stop a job: it is asked once to stop one that nobody has. A service
 * that knows how says that there is no such job; any other says something else.
 */

//: No job has this id, but one could: the service must look for it to say no.
const NOBODY = "00000000-0000-7000-8000-000000000000";

export class StopProbe {
  #service;
  #live;
  #onYes;
  #isAsked = false;

  /**
   * @param {import("./service.js").Service} service
   * @param {import("./live.js").Live} live
   * @param {() => void} onYes
   */
  constructor(service, live, onYes) {
    this.#service = service;
    this.#live = live;
    this.#onYes = onYes;
  }

  /** The connection's new state. @param {string} state */
  async turn(state) {
    if (this.#isAsked || !["live", "off"].includes(state)) return;
    this.#isAsked = true;
    // The WebSocket first: a refused call over HTTP stands in the browser's console as an error.
    if (this.#live.send({ action: "cancel", job_id: NOBODY })) return;
    const problem = await this.#service.cancel(NOBODY).catch((error) => error);
    if (problem?.type === "job-not-found") this.#onYes();
  }

  /** An event of the WebSocket. @param {object} event */
  hear(event) {
    const isAnswer = event.type === "error" && event.job_id === NOBODY;
    if (isAnswer && event.problem?.type === "job-not-found") this.#onYes();
  }
}
