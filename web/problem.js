/**
 * Errors of requests, with texts for people.
 *
 * `type` is that of the service (docs/api.md), or one of the page: "unreachable" if there was no
 * response, "unreadable" if the response was not one of this service.
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
   *   errors?: {field: string, message: string}[]}} given
   */
  constructor(given) {
    super(given.title ?? "The service refused the request");
    this.name = "Problem";
    this.type = given.type ?? "unreadable";
    this.status = given.status ?? 0;
    this.detail = given.detail ?? "";
    this.errors = Array.isArray(given.errors) ? given.errors : [];
  }

  /** Whether the service has no such route, for example because its version is older. */
  get isUnknownRoute() {
    return this.type === "route-not-found";
  }

  /** Whether the person has to enter the key again. */
  get isAboutTheKey() {
    return this.type === "unauthorized";
  }

  /** What happened and what to do, as shown on the page. */
  get words() {
    const faults = this.errors.map(({ field, message }) => `${field}: ${message}`);
    const what = faults.join("; ") || this.detail || this.message;
    return [end(what), WHAT_TO_DO[this.type]].filter(Boolean).join(" ");
  }
}

/**
 * Read the problem from an error response.
 * @param {Response} response
 * @returns {Promise<Problem>}
 */
export async function problemOf(response) {
  const given = await response.json().catch(() => ({}));
  const { status } = response;
  if (typeof given?.type === "string") return new Problem({ ...given, status });
  // Some refusals of API Gateway have a message but no type.
  if (status === 401 || status === 403) {
    return new Problem({ type: "unauthorized", title: "The service requires a key", status });
  }
  if (status === 429) return new Problem({ type: "too-many-requests", title: "Too many requests", status });
  return new Problem({ title: `The service returned status ${status}`, status });
}

/**
 * Return an error if it is a Problem; anything else is a defect of the page and is thrown again.
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
