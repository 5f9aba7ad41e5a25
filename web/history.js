/** The list of the person's jobs, newest first. Selecting one opens its card. */

import { button, element } from "./element.js";
import { asProblem } from "./problem.js";

const WORDS = {
  queued: "waiting",
  in_progress: "being answered",
  completed: "answered",
  failed: "not answered",
  cancelled: "stopped",
};
const time = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

export class History {
  #service;
  #onOpen;
  #onProblem;
  #cursor = null;
  #items = new Map();
  #list = element("ol", { class: "history" });
  #note = element("p", { class: "muted", role: "status" });
  #more = button("Load more", () => this.load(), { class: "quiet", hidden: true });

  /**
   * @param {import("./service.js").Service} service
   * @param {(id: string, question: string) => void} onOpen
   * @param {(problem: import("./problem.js").Problem) => void} onProblem
   */
  constructor(service, onOpen, onProblem) {
    this.#service = service;
    this.#onOpen = onOpen;
    this.#onProblem = onProblem;
    this.elements = [this.#list, this.#note, this.#more];
  }

  /** Load the next page of the list. */
  async load() {
    this.#more.disabled = true;
    try {
      const { jobs, next_cursor: cursor } = await this.#service.list(this.#cursor);
      for (const job of jobs) if (!this.#items.has(job.id)) this.#list.append(this.#item(job));
      this.#cursor = cursor;
      this.#more.hidden = !cursor;
      this.#more.textContent = "Load more";
      this.#note.textContent = this.#items.size ? "" : "No questions yet.";
    } catch (error) {
      const problem = asProblem(error);
      this.#note.textContent = problem.words;
      this.#more.hidden = false;
      this.#more.textContent = "Try again";
      this.#onProblem(problem);
    }
    this.#more.disabled = false;
  }

  /** Add a new job, or show the new status of a known one. @param {object} job */
  update(job) {
    const known = this.#items.get(job.id);
    if (known) known.textContent = WORDS[job.status] ?? job.status;
    else this.#list.prepend(this.#item(job));
    this.#note.textContent = "";
  }

  #item({ id, question, status, created_at: created }) {
    const state = element("span", {}, WORDS[status] ?? status);
    this.#items.set(id, state);
    const asked = element("time", { datetime: created }, time.format(new Date(created)));
    return element(
      "li",
      {},
      element(
        "button",
        { type: "button", onclick: () => this.#onOpen(id, question) },
        element("span", { class: "history-question", dir: "auto" }, question),
        element("span", { class: "muted" }, asked, " · ", state),
      ),
    );
  }
}
