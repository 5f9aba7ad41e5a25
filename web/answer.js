/**
 * What the page knows of one job, and how each event changes that, by the rules of docs/api.md.
 *
 * Pure functions: a state and an event in, a new state out.
 * Offsets count Unicode code points, but JavaScript's strings count UTF-16 units: `cut` converts.
 *
 * @typedef {object} Reading
 * @property {object | null} job  the whole job as last received; null before that
 * @property {string} status  "unknown" before the first event
 * @property {number} attempt  the attempt that `text` belongs to
 * @property {string} text  the answer's text so far
 * @property {number} length  of `text`, in code points
 * @property {object[]} sources
 * @property {boolean} ended  the job has ended, so nothing changes any more
 * @property {boolean} restarted  text that was shown is no longer valid
 * @property {"" | "snapshot" | "job"} missing  what to request: a snapshot if a piece of the text
 *   is missing, or the job if it was too large for its event
 */

const ENDS = new Set(["completed", "failed", "cancelled"]);

/** @type {Readonly<Reading>} */
export const NOTHING = Object.freeze({
  job: null,
  status: "unknown",
  attempt: 0,
  text: "",
  length: 0,
  sources: [],
  ended: false,
  restarted: false,
  missing: "",
});

/**
 * Whether a job of this status has ended.
 * @param {string} status
 */
export function isOver(status) {
  return ENDS.has(status);
}

/**
 * The state after an event of the WebSocket.
 * @param {Readonly<Reading>} state
 * @param {{type: string, job?: object, attempt?: number, offset?: number, text?: string,
 *   sources?: object[]}} event
 * @returns {Readonly<Reading>} the same object if the event changes nothing
 */
export function read(state, event) {
  if (state.ended) return state;
  switch (event.type) {
    case "job.delta":
      return readDelta(state, event);
    case "job.sources":
      return readSources(state, event);
    case "job.queued":
    case "job.in_progress":
    case "job.completed":
    case "job.failed":
    case "job.cancelled":
      return event.job ? readJob(state, event.job) : { ...state, missing: "job" };
    default:
      return state;
  }
}

/**
 * The state after the whole job was received, in an event or from GET /jobs/{id}.
 * @param {Readonly<Reading>} state
 * @param {object} job
 * @returns {Readonly<Reading>}
 */
export function readJob(state, job) {
  if (state.ended) return state;
  if (isOver(job.status)) return { ...withJob(state, job), ended: true };
  // A queued job was not started, or was given back, which may undo the count of the attempt.
  if (job.status === "queued" || job.attempts > state.attempt) {
    return { ...withJob(state, job), restarted: state.restarted || state.text !== "" };
  }
  if (job.attempts < state.attempt) return { ...state, missing: "" };
  const latest = withJob(state, job);
  const sources = latest.sources.length ? latest.sources : state.sources;
  // A snapshot is as old as the last save, so keep what later deltas have added.
  if (latest.length >= state.length) return { ...latest, sources };
  return { ...latest, sources, text: state.text, length: state.length };
}

function withJob(state, job) {
  const text = job.answer?.text ?? "";
  return {
    ...state,
    job,
    status: job.status,
    attempt: job.attempts,
    text,
    length: codePoints(text),
    sources: job.sources ?? [],
    missing: "",
  };
}

function readSources(state, { attempt, sources }) {
  if (attempt < state.attempt || !Array.isArray(sources)) return state;
  return { ...begun(state, attempt), sources };
}

function readDelta(state, { attempt, offset, text }) {
  if (attempt < state.attempt || typeof text !== "string") return state;
  const current = begun(state, attempt);
  if (offset > current.length) return { ...current, missing: "snapshot" };
  if (offset + codePoints(text) <= current.length) return current;
  const whole = cut(current.text, 0, offset) + text;
  return { ...current, text: whole, length: codePoints(whole) };
}

/** The state once its attempt runs: a piece of the text proves that, even before `job.in_progress`. */
function begun(state, attempt) {
  if (attempt === state.attempt) {
    return state.status === "in_progress" ? state : { ...state, status: "in_progress" };
  }
  const restarted = state.restarted || state.text !== "";
  const empty = { text: "", length: 0, sources: [], attempt };
  return { ...state, ...empty, status: "in_progress", restarted };
}

/**
 * The number of code points in a text.
 * @param {string} text
 */
export function codePoints(text) {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/**
 * The part of a text between two positions counted in code points.
 * @param {string} text
 * @param {number} start
 * @param {number} [end] excluded
 */
export function cut(text, start, end = Infinity) {
  let from = text.length;
  let position = 0;
  let unit = 0;
  for (const character of text) {
    if (position === start) from = unit;
    if (position === end) return text.slice(from, unit);
    position += 1;
    unit += character.length;
  }
  return text.slice(from);
}
