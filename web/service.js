/** The service's REST interface (docs/api.md). Every call throws a Problem when it is refused. */

import { Problem, problemOf } from "./problem.js";

//: Milliseconds until a call is given up; the longest wait we ask for is 10 s.
const PATIENCE = 25_000;

export class Service {
  #endpoint;
  #tags = new Map();

  /** @param {import("./endpoint.js").Endpoint} endpoint */
  constructor(endpoint) {
    this.#endpoint = endpoint;
  }

  /**
   * Submit a question; gives the job.
   * @param {object} question  the body of POST /jobs
   */
  async ask(question) {
    return told(await this.#call("POST", "/jobs", { body: question }));
  }

  /** The job, whole. @param {string} id */
  async job(id) {
    return told(await this.#call("GET", `/jobs/${encodeURIComponent(id)}`));
  }

  /**
   * The job if it has changed since the last look, else null. The service holds the call for up
   * to `wait` seconds, once it can tell what changed.
   * @param {string} id
   * @param {number} wait
   */
  async changed(id, wait) {
    const tag = this.#tags.get(id);
    const query = tag && wait ? `?wait=${wait}` : "";
    const headers = tag ? { "If-None-Match": tag } : {};
    const response = await this.#call("GET", `/jobs/${encodeURIComponent(id)}${query}`, { headers });
    if (response.status === 304) return null;
    this.#tags.set(id, response.headers.get("ETag"));
    return told(response);
  }

  /** Whether `changed` can hold its next call for this job. @param {string} id */
  canHold(id) {
    return Boolean(this.#tags.get(id));
  }

  /**
   * A page of one's jobs, newest first.
   * @param {string | null} cursor  the `next_cursor` of the page before
   * @returns {Promise<{jobs: object[], next_cursor: string | null}>}
   */
  async list(cursor = null) {
    const query = new URLSearchParams({ limit: "20", ...(cursor && { cursor }) });
    return told(await this.#call("GET", `/jobs?${query}`));
  }

  /** A ticket that opens one WebSocket connection. @returns {Promise<string>} */
  async ticket() {
    return (await told(await this.#call("POST", "/tickets"))).ticket;
  }

  /** Stop a job that has not ended. @param {string} id */
  async cancel(id) {
    await this.#call("POST", `/jobs/${encodeURIComponent(id)}/cancel`);
  }

  async #call(method, path, { body, headers = {} } = {}) {
    const url = `${this.#endpoint.api_url}${path}`;
    const request = {
      method,
      headers: { "x-api-key": this.#endpoint.api_key, ...headers },
      cache: "no-store",
      credentials: "omit",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(PATIENCE),
    };
    if (body) {
      request.headers["Content-Type"] = "application/json";
      request.body = JSON.stringify(body);
    }
    const response = await fetch(url, request).catch(() => {
      throw new Problem({ type: "unreachable", title: "The service does not answer" });
    });
    if (response.ok || response.status === 304) return response;
    throw await problemOf(response);
  }
}

/** The body, which is the service's JSON unless something else answers at its address. */
function told(response) {
  return response.json().catch(() => {
    throw new Problem({ type: "unreadable", title: "The address does not belong to a Sluice service" });
  });
}
