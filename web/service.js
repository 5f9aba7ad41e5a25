/** The service's REST API (docs/api.md). Every call throws a Problem if it fails. */

import { Problem, problemOf } from "./problem.js";

//: Milliseconds after which a call is given up; the longest wait that the page requests is 10 s.
const PATIENCE = 25_000;

export class Service {
  #endpoint;
  #tags = new Map();

  /** @param {import("./endpoint.js").Endpoint} endpoint */
  constructor(endpoint) {
    this.#endpoint = endpoint;
  }

  /**
   * Submit a question and return its job.
   * @param {object} question  the body of POST /jobs
   */
  async ask(question) {
    return jsonOf(await this.#call("POST", "/jobs", { body: question }));
  }

  /** Return the whole job. @param {string} id */
  async job(id) {
    return jsonOf(await this.#call("GET", `/jobs/${encodeURIComponent(id)}`));
  }

  /**
   * Return the job if it has changed since the last call, else null. From the second call on, the
   * service holds the call for up to `wait` seconds until something changes.
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
    return jsonOf(response);
  }

  /** Return whether the service can hold the next call of `changed`. @param {string} id */
  canHold(id) {
    return Boolean(this.#tags.get(id));
  }

  /**
   * Return a page of the caller's jobs, newest first.
   * @param {string | null} cursor  the `next_cursor` of the previous page
   * @returns {Promise<{jobs: object[], next_cursor: string | null}>}
   */
  async list(cursor = null) {
    const query = new URLSearchParams({ limit: "20", ...(cursor && { cursor }) });
    return jsonOf(await this.#call("GET", `/jobs?${query}`));
  }

  /** Return a ticket that opens one WebSocket connection. @returns {Promise<string>} */
  async ticket() {
    return (await jsonOf(await this.#call("POST", "/tickets"))).ticket;
  }

  /** Cancel a job that has not ended. @param {string} id */
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

/** Return the JSON body. Throws a Problem if something else than the service has responded. */
function jsonOf(response) {
  return response.json().catch(() => {
    throw new Problem({ type: "unreadable", title: "The address does not belong to a Sluice service" });
  });
}
