/** Texts for people about the status of a job. Pure functions. */

const ADVICE = {
  throttled: "The service has used up its quota for now. Ask again in a few minutes.",
  "upstream-unavailable": "A service that this one depends on did not respond. Ask again in a minute.",
  "upstream-refused": "Rephrase or shorten the question.",
  misconfigured: "Contact the operator of this service. Asking again will not help.",
  "prompt-too-long": "Ask a shorter question, or filter the documents.",
  "content-filtered": "Rephrase the question.",
  "empty-answer": "Ask again, or rephrase the question.",
  "out-of-time": "Ask again, or ask for less at once.",
  "attempts-exhausted": "Ask again in a minute.",
  "too-late": "The service is very busy. Ask again later.",
  "queue-unavailable": "Ask again in a minute.",
  "internal-error": "Ask again. If the error persists, contact the operator of this service.",
};

/**
 * Describe the status of a job in a few words.
 * @param {import("./answer.js").Reading} state
 * @returns {string}
 */
export function phase(state) {
  switch (state.status) {
    case "queued":
      return ["Waiting", ...standing(state.job?.queue)].join(", ");
    case "in_progress":
      if (state.text) return "Writing the answer";
      return state.sources.length ? `Reading ${passages(state.sources.length)}` : "Searching the documents";
    case "completed":
      return ["Answered", ...took(state.job)].join(" in ");
    case "failed":
      return "Not answered";
    case "cancelled":
      return "Stopped";
    default:
      return "Sending";
  }
}

/**
 * Describe a failure: a sentence about what happened, and one about what to do.
 * @param {{type?: string, title?: string, detail?: string, retryable?: boolean} | null} error
 * @returns {{what: string, todo: string}}
 */
export function failure(error) {
  const what = [error?.title, error?.detail].filter(Boolean).map(sentence);
  const todo = ADVICE[error?.type] ?? (error?.retryable ? "Ask again in a minute." : "");
  return { what: what.join(" ") || "The question could not be answered.", todo };
}

/**
 * Format a duration: "8 s", "about 3 min", "about 2 h".
 * @param {number} seconds
 */
export function inWords(seconds) {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 5400) return `about ${Math.round(seconds / 60)} min`;
  return `about ${Math.round(seconds / 3600)} h`;
}

/**
 * "1 passage", "5 passages".
 * @param {number} count
 */
export function passages(count) {
  return count === 1 ? "1 passage" : `${count} passages`;
}

/** Describe the position in the queue: 1 is next, 0 is no longer waiting. */
function standing(queue) {
  const words = [];
  if (queue?.position === 1) words.push("next in line");
  if (queue?.position > 1) words.push(`${queue.position - 1} ahead of you`);
  const seconds = queue?.estimated_wait_seconds;
  if (seconds >= 1) words.push(seconds < 60 ? `about ${inWords(seconds)}` : inWords(seconds));
  return words;
}

function took(job) {
  const seconds = (Date.parse(job?.finished_at) - Date.parse(job?.created_at)) / 1000;
  return Number.isFinite(seconds) && seconds >= 0 ? [inWords(seconds)] : [];
}

function sentence(text) {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
