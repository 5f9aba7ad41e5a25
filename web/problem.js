/**
 * What can go wrong when the service is asked, in words for people.
 *
 * `type` is the service's own (docs/api.md), or one of ours: "unreachable" (no answer at all),
 * "unreadable" (an answer that is not the service's).
 */

const WHAT_TO_DO = {
  unreachable: "Check your connection and the service's address, then try again.",
  unreadable: "Check the service's address.",
  unauthorized: "The key is not accepted. Enter it again.",
  "job-not-found": "The job was not found: it has expired, or it was submitted with another key.",
  "invalid-id": "The address contains an invalid job ID.",
  "too-many-requests": "Too many requests at once. Wait a moment, then try again.",
  "queue-unavailable": "Nothing was accepted. Try again in a few seconds.",
  "store-unavailable": "Nothing was accepted. Try again in a few seconds.",
  "too-large": "The question is too long.",
};

export class Problem extends Error {
  /**
   * @param {{type?: string, title?: string, detail?: string, status?: number,
   *   errors?: {field: string, message: string}[]}} told
   */
  constructor(told) {
    super(told.title ?? "The service refused the request");
    this.name = "Problem";
    this.type = told.type ?? "unreadable";
    this.status = told.status ?? 0;
    this.detail = told.detail ?? "";
    this.errors = Array.isArray(told.errors) ? told.errors : [];
  }

  /** The address is not part of this service, perhaps not yet. */
  get isUnknownRoute() {
    return this.type === "route-not-found";
  }

  /** The key has to be entered again. */
  get isAboutTheKey() {
    return this.type === "unauthorized";
  }

  /** What happened and what to do, for the person in front of the page. */
  get words() {
    const faults = this.errors.map(({ field, message }) => `${field}: ${message}`);
    const what = faults.join("; ") || this.detail || this.message;
    return [end(what), WHAT_TO_DO[this.type]].filter(Boolean).join(" ");
  }
}

/**
 * The problem that a refused response tells of.
 * @param {Response} response
 * @returns {Promise<Problem>}
 */
export async function problemOf(response) {
  const told = await response.json().catch(() => ({}));
  const { status } = response;
  if (typeof told?.type === "string") return new Problem({ ...told, status });
  // API Gateway's own refusals carry a message and no type.
  if (status === 401 || status === 403) {
    return new Problem({ type: "unauthorized", title: "The service requires a key", status });
  }
  if (status === 429) return new Problem({ type: "too-many-requests", title: "Too many requests", status });
  return new Problem({ title: `The service returned status ${status}`, status });
}

/**
 * An error of any kind as a Problem; a defect of the page itself is thrown on.
 * @param {unknown} error
 * @returns {Problem}
 */
export function asProblem(error) {
  if (error instanceof Problem) return error;
  throw error;
}

function end(text) {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
