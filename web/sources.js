/** The sources of one answer: cited ones are listed, the others are folded away. */

import { button, element, isolated, safeLink } from "./element.js";
import { mark } from "./marks.js";
import { passages } from "./phase.js";

const CONFIDENCE = {
  VERY_HIGH: "very good match",
  HIGH: "good match",
  MEDIUM: "fair match",
  LOW: "weak match",
};
//: Characters that fit on three lines; a longer excerpt is folded.
const THREE_LINES = 210;
const ONE_LINE = 70;

export class Sources {
  #question;
  #items = new Map();
  #shown = "";
  #from = null;
  #cited = element("ol", { class: "sources" });
  #rest = element("ol", { class: "sources" });
  #count = element("summary");
  #others = element("details", { class: "others", hidden: true }, this.#count, this.#rest);
  #title = element("h3", { hidden: true }, "Sources");

  /** @param {string} question  its words are marked in the excerpts */
  constructor(question) {
    this.#question = question;
    this.element = element("section", {}, this.#title, this.#cited, this.#others);
  }

  /**
   * @param {object[]} sources
   * @param {Set<number>} cited  the numbers that the answer cites so far
   */
  show(sources, cited) {
    const shown = JSON.stringify([sources, [...cited]]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    const numbers = new Set(sources.map(({ number }) => number));
    for (const number of this.#items.keys()) if (!numbers.has(number)) this.#remove(number);
    for (const source of sources) this.#place(source, cited.has(source.number));
    const others = this.#rest.children.length;
    this.#title.hidden = cited.size === 0;
    this.#others.hidden = others === 0;
    this.#count.textContent = cited.size
      ? `${others} more ${passages(others).split(" ")[1]} found, not cited`
      : `${passages(others)} found`;
  }

  /**
   * Focus a source, and remember from where.
   * @param {number} number
   * @param {HTMLElement} from
   */
  visit(number, from) {
    const { item } = this.#items.get(number) ?? {};
    if (!item) return;
    this.#from = from;
    if (this.#rest.contains(item)) this.#others.open = true;
    item.classList.add("lit");
    item.focus({ preventScroll: true });
    item.scrollIntoView({ block: "nearest" });
  }

  #remove(number) {
    this.#items.get(number).item.remove();
    this.#items.delete(number);
  }

  #place(source, isCited) {
    const shown = JSON.stringify(source);
    if (this.#items.get(source.number)?.shown !== shown) {
      if (this.#items.has(source.number)) this.#remove(source.number);
      this.#items.set(source.number, { shown, item: this.#item(source) });
    }
    const { item } = this.#items.get(source.number);
    const list = isCited ? this.#cited : this.#rest;
    const next = [...list.children].find((other) => other.value > item.value) ?? null;
    // Moving an element removes its focus, so move it only to another list.
    if (item.parentNode !== list) list.insertBefore(item, next);
  }

  #item(source) {
    const item = element(
      "li",
      { value: source.number, tabindex: -1, onfocusout: (event) => leave(item, event) },
      element("div", { class: "source-head" }, ...this.#head(source)),
      ...excerpt(source.excerpt ?? "", this.#question),
      button("Back to the answer", () => this.#from?.focus(), { class: "quiet back" }),
    );
    return item;
  }

  #head({ number, title, page, link, confidence }) {
    const where = page ? `page ${page}` : "";
    const notes = [where, CONFIDENCE[confidence]].filter(Boolean).join(" · ");
    const href = safeLink(link);
    // The label starts with the visible text, as voice control requires.
    const open = page && href.includes("#page=") ? `Open at page ${page}` : "Open";
    const label = `${open}: ${title}, in a new tab`;
    return [
      element("span", { class: "number", "aria-hidden": "true" }, String(number)),
      element("strong", { class: "source-title" }, isolated(title || "Untitled document")),
      element("span", { class: "muted" }, notes),
      href &&
        element("a", { href, target: "_blank", rel: "noopener noreferrer", "aria-label": label }, open),
    ].filter(Boolean);
  }
}

function excerpt(text, question) {
  const runs = mark(text, question);
  const parts = runs.map((run) =>
    run.marked ? element("mark", {}, run.text) : document.createTextNode(run.text),
  );
  const quote = element("blockquote", { dir: "auto" }, ...parts);
  if (text.length <= THREE_LINES) return [quote];
  const more = button("", () => fold(!quote.classList.contains("folded")), { class: "quiet" });
  const fold = (isFolded) => {
    quote.classList.toggle("folded", isFolded);
    more.setAttribute("aria-expanded", String(!isFolded));
    more.textContent = isFolded ? "Show whole passage" : "Show less";
    // A folded excerpt starts near the first marked word.
    if (runs.length > 1 && !runs[0].marked) {
      parts[0].data = isFolded ? ending(runs[0].text) : runs[0].text;
    }
  };
  fold(true);
  return [quote, more];
}

/** Return the end of a text that is longer than a line. */
function ending(text) {
  if (text.length <= ONE_LINE) return text;
  const space = text.indexOf(" ", text.length - ONE_LINE);
  return space < 0 ? text : `…${text.slice(space)}`;
}

function leave(item, event) {
  if (!item.contains(event.relatedTarget)) item.classList.remove("lit");
}
