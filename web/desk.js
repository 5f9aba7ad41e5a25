/**
 * The open cards. The fragment of the address contains the IDs of their jobs, so a reload, a
 * bookmark or a link opens them again. Reading them requires the key.
 */

import { Card } from "./card.js";
import { Composer } from "./composer.js";
import { announce } from "./element.js";
import { asProblem } from "./problem.js";

//: Cards in the address at most; more may be open.
const NAMED = 20;
const JOB_ID = /^[0-9a-f-]{36}$/;

export class Desk {
  #parts;
  #cards = new Set();
  #questions = new Map();

  /**
   * @param {object} parts
   * @param {HTMLElement} parts.element  where the cards go
   * @param {import("./service.js").Service} parts.service
   * @param {import("./watch.js").Watch} parts.watch
   * @param {(job: object) => void} parts.onNews  a job was created, or its status has changed
   * @param {(question: string, filter?: object) => void} parts.onRephrase
   * @param {(problem: import("./problem.js").Problem) => void} parts.onProblem
   */
  constructor(parts) {
    this.#parts = parts;
  }

  /** Open the jobs in the address that are not open yet. */
  async openNamed() {
    const named = location.hash.slice(1).split(",").filter((id) => JOB_ID.test(id)).slice(0, NAMED);
    const jobs = await Promise.all(named.filter((id) => !this.#find(id)).map((id) => this.#job(id)));
    const found = jobs.filter((job) => job && !this.#find(job.id));
    for (const { id, question } of found) this.#questions.set(id, question);
    // Each card is added at the top, so start with the last.
    for (const job of found.reverse()) this.#place(job);
  }

  /** Open a job's card, or focus it if it is open. @param {string} id */
  async open(id) {
    let card = this.#find(id);
    if (!card) {
      const job = await this.#job(id);
      card = this.#find(id) ?? (job && this.#place(job));
    }
    card?.focus();
  }

  /**
   * Ask a question. Its card appears at once, before the job exists.
   * @param {{question: string, filter?: object}} question
   * @param {Card} [previous]  the card that this question follows up
   */
  ask(question, previous) {
    const reference = previous && { previous_job_id: previous.id };
    // A job does not include its previous job, but it returns its metadata.
    const body = { ...question, ...reference, ...(previous && { metadata: reference }) };
    const card = this.#card(body, previous?.question);
    if (previous) previous.element.after(card.element);
    else this.#parts.element.prepend(card.element);
    if (previous) card.element.scrollIntoView({ block: "nearest" });
    this.#send(card, body);
  }

  #find(id) {
    return [...this.#cards].find((card) => card.id === id);
  }

  async #job(id) {
    try {
      return await this.#parts.service.job(id);
    } catch (error) {
      this.#parts.onProblem(asProblem(error));
      return null;
    }
  }

  #place(job) {
    const before = job.metadata?.previous_job_id;
    const previous = before && (this.#questions.get(before) ?? "an earlier question");
    const card = this.#card({ question: job.question }, previous);
    this.#parts.element.prepend(card.element);
    this.#follow(card, job);
    return card;
  }

  #card(body, previous) {
    const wishes = {
      close: () => this.#close(card),
      followUp: () => this.#followUp(card),
      askAgain: () => this.#askAgain(card, body),
      stop: () => this.#stop(card),
    };
    const card = new Card(body.question, wishes, previous);
    this.#cards.add(card);
    return card;
  }

  async #send(card, body) {
    card.show(null);
    try {
      const job = await this.#parts.service.ask(body);
      if (this.#cards.has(card)) this.#follow(card, job);
      this.#parts.onNews(job);
    } catch (error) {
      const problem = asProblem(error);
      card.show(null, problem);
      announce(`Not sent: ${problem.words}`);
      if (problem.isAboutTheKey) this.#parts.onProblem(problem);
    }
  }

  #follow(card, job) {
    card.id = job.id;
    this.#questions.set(job.id, job.question);
    this.#name();
    let shown = job.status;
    const show = (reading, problem) => {
      card.show(reading, problem);
      if (reading.status !== shown) this.#parts.onNews({ ...job, status: reading.status });
      shown = reading.status;
    };
    this.#parts.watch.follow(job.id, show, job);
  }

  #close(card) {
    this.#cards.delete(card);
    if (card.id) this.#parts.watch.leave(card.id);
    const next = card.element.nextElementSibling ?? card.element.previousElementSibling;
    card.element.remove();
    this.#name();
    // Move the focus: with the removed button, it would jump to the top of the page.
    next?.querySelector("h2")?.focus({ preventScroll: true });
  }

  #followUp(card) {
    if (card.element.querySelector("form")) return;
    const close = () => {
      composer.element.remove();
      card.focus();
    };
    const onAsk = (question) => {
      close();
      this.ask({ question }, card);
    };
    const composer = new Composer({ label: "Your follow-up", onAsk, onCancel: close });
    card.element.append(composer.element);
    composer.focus();
  }

  /** Send a question again if it was never accepted; otherwise put it into the form for editing. */
  #askAgain(card, body) {
    if (card.id) this.#parts.onRephrase(body.question, body.filter);
    else this.#send(card, body);
  }

  async #stop(card) {
    card.stopping();
    try {
      await this.#parts.service.cancel(card.id);
    } catch (error) {
      const problem = asProblem(error);
      // A conflict means that the job has ended; its last event shows how.
      if (problem.type !== "conflict") card.complain(problem);
    }
  }

  /** Write the IDs of the open jobs into the fragment, which browsers send to no server. */
  #name() {
    const named = [...this.#parts.element.children]
      .map((element) => [...this.#cards].find((card) => card.element === element)?.id)
      .filter(Boolean);
    const hash = named.slice(0, NAMED).join(",");
    history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
  }
}
