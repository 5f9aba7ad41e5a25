/** The card of one question: its status, its answer as it is written, and its sources. */

import { citedBy, splitAt, splitAtMarkers } from "./citations.js";
import { announce, button, element, isolated } from "./element.js";
import { failure, phase } from "./phase.js";
import { Prose } from "./prose.js";
import { Sources } from "./sources.js";

const NOTES = {
  truncated: "The answer was cut short: it reached the length limit of the service.",
  ungrounded: "No passage supports this answer.",
  restarted: "An attempt was interrupted. The answer starts again.",
};

let count = 0;

export class Card {
  #wishes;
  #reading = null;
  #problem = null;
  #frame = 0;
  #phase = element("p", { class: "phase" });
  #note = element("p", { class: "note", hidden: true });
  #error = element("p", { class: "error", hidden: true });
  #actions = element("p", { class: "actions" });
  #sources;
  #prose = new Prose((number, from) => this.#sources.visit(number, from));
  #title;
  #isStopping = false;

  /**
   * @param {string} question
   * @param {object} wishes  callbacks for what the person can do
   * @param {() => void} wishes.close
   * @param {() => void} wishes.followUp
   * @param {() => void} wishes.askAgain
   * @param {() => void} wishes.stop
   * @param {string} [previous]  the question that this one follows up
   */
  constructor(question, wishes, previous) {
    this.question = question;
    this.id = null;
    this.#wishes = wishes;
    this.#sources = new Sources(question);
    count += 1;
    this.#title = element("h2", { id: `question-${count}`, tabindex: -1, dir: "auto" }, question);
    const close = button("×", wishes.close, { class: "close", "aria-label": `Close: ${question}` });
    this.element = element(
      "article",
      { class: previous ? "card follow-up" : "card", "aria-labelledby": this.#title.id },
      previous ? element("p", { class: "muted" }, "Following up: ", isolated(previous)) : null,
      element("header", {}, this.#title, close),
      this.#phase,
      this.#note,
      this.#prose.element,
      this.#error,
      this.#sources.element,
      this.#actions,
    );
    this.#draw();
  }

  get status() {
    return this.#reading?.status ?? "unknown";
  }

  focus() {
    this.#title.focus({ preventScroll: true });
    this.element.scrollIntoView({ block: "start" });
  }

  /**
   * Show what is known now; several changes within one frame are drawn once.
   * @param {import("./answer.js").Reading | null} reading
   * @param {import("./problem.js").Problem | null} [problem]
   */
  show(reading, problem = null) {
    const before = this.status;
    this.#reading = reading;
    this.#problem = problem;
    if (this.status !== before) this.#announce();
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  /** Show "Stopping" until the last event of the job. */
  stopping() {
    this.#isStopping = true;
    this.#draw();
  }

  /** Show why an action was refused. @param {import("./problem.js").Problem} problem */
  complain(problem) {
    this.#isStopping = false;
    this.show(this.#reading, problem);
  }

  #announce() {
    if (this.status === "queued") return;
    const words = { completed: "Answer ready", failed: "Not answered", cancelled: "Stopped" };
    const text = words[this.status] ?? phase(this.#reading);
    announce(`${text}: ${this.question.slice(0, 80)}`);
  }

  #draw() {
    const reading = this.#reading;
    this.element.dataset.status = this.#problem && !reading ? "failed" : this.status;
    this.#phase.textContent = this.#words();
    write(this.#error, this.#failure());
    write(this.#note, reading ? noteOf(reading) : "");
    this.#offer();
    if (!reading) return;
    const { text, sources, job, ended } = reading;
    const citations = job?.answer?.citations ?? [];
    const pieces = ended ? splitAt(text, citations, sources) : splitAtMarkers(text, sources);
    this.#prose.element.setAttribute("aria-busy", String(!ended));
    this.#prose.show(pieces, sources, `#${this.id}`);
    this.#sources.show(sources, citedBy(pieces));
  }

  #words() {
    if (this.#problem && !this.#reading) return "Not sent";
    if (this.#isStopping && !this.#reading.ended) return "Stopping";
    return phase(this.#reading ?? {});
  }

  #failure() {
    if (this.#problem) return this.#problem.words;
    if (this.status !== "failed") return "";
    const { what, todo } = failure(this.#reading.job?.error);
    return [what, todo].filter(Boolean).join(" ");
  }

  /** Show the buttons for this status. Unchanged ones are not replaced, so they keep the focus. */
  #offer() {
    const offers = this.#offers();
    const texts = offers.map(([text]) => text).join();
    if (texts === this.#actions.dataset.offers) return;
    this.#actions.dataset.offers = texts;
    this.#actions.replaceChildren(...offers.map(([text, wish]) => button(text, wish)));
  }

  #offers() {
    const { askAgain, followUp, stop } = this.#wishes;
    if (this.#problem && !this.#reading) return [["Try again", askAgain]];
    if (this.status === "completed") return [["Ask a follow-up", followUp]];
    if (this.#reading?.ended) return [["Ask again", askAgain]];
    return this.id && !this.#isStopping ? [["Stop", stop]] : [];
  }
}

function write(paragraph, text) {
  paragraph.textContent = text;
  paragraph.hidden = !text;
}

function noteOf({ job, ended, restarted, text }) {
  if (!ended) return restarted && !text ? NOTES.restarted : "";
  if (job?.answer?.truncated) return NOTES.truncated;
  const isUngrounded = job?.status === "completed" && job.answer?.grounded === false;
  return isUngrounded && job.sources?.length ? NOTES.ungrounded : "";
}
