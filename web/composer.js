/** A form for a question: the main form of the page, or the form of a follow-up. */

import { codePoints } from "./answer.js";
import { button, element } from "./element.js";

//: Code points of a question at most; the service counts the same way.
const LIMIT = 1_000;
//: From this length on, the form shows how many characters are left.
const NEAR = 800;
const FILTERS = [
  ["category", "Category", "any"],
  ["version", "Version", "any"],
  ["language", "Language", "such as en, de, fr"],
];

const KEYS = "Press Enter to ask, Shift+Enter for a new line.";

let count = 0;

export class Composer {
  #onAsk;
  #text;
  #hint;
  #filters = [];
  #disclosure = null;
  #isBegun = false;

  /**
   * @param {object} parts
   * @param {string} parts.label
   * @param {(question: string, filter: object | undefined) => void} parts.onAsk
   * @param {() => void} [parts.onType]  the person has started to type
   * @param {boolean} [parts.hasFilter]
   * @param {() => void} [parts.onCancel]  if given, there is a button to cancel
   */
  constructor({ label, onAsk, onType = () => {}, hasFilter = false, onCancel }) {
    this.#onAsk = onAsk;
    count += 1;
    const [text, hint] = [`ask-${count}`, `ask-hint-${count}`];
    this.#hint = element("p", { id: hint, class: "hint", role: "status" }, KEYS);
    this.#text = element("textarea", {
      id: text,
      rows: 2,
      dir: "auto",
      "aria-describedby": hint,
      oninput: () => {
        if (!this.#isBegun) onType();
        this.#isBegun = true;
        this.#look();
      },
      onkeydown: (event) => this.#press(event),
    });
    if (hasFilter) this.#disclosure = this.#narrow();
    this.element = element(
      "form",
      { class: "composer", novalidate: true, onsubmit: (event) => this.#submit(event) },
      element("label", { for: text }, label),
      this.#text,
      this.#hint,
      element(
        "div",
        { class: "composer-foot" },
        this.#disclosure,
        onCancel ? button("Cancel", onCancel, { class: "quiet" }) : null,
        element("button", { type: "submit", class: "primary" }, "Ask"),
      ),
    );
  }

  focus() {
    this.#text.focus();
  }

  /**
   * Fill in a question, for the person to edit.
   * @param {string} question
   * @param {Record<string, string>} [filter]
   */
  fill(question, filter = {}) {
    this.#text.value = question;
    for (const [name, input] of this.#filters) input.value = filter[name] ?? "";
    if (this.#disclosure) this.#disclosure.open = Object.keys(filter).length > 0;
    this.#look();
    this.focus();
  }

  #narrow() {
    const fields = FILTERS.map(([name, label, placeholder]) => {
      const input = element("input", { id: `filter-${name}`, placeholder, autocomplete: "off" });
      this.#filters.push([name, input]);
      return element("div", {}, element("label", { for: input.id }, label), input);
    });
    const grid = element("div", { class: "filters" }, ...fields);
    return element("details", {}, element("summary", {}, "Filter documents"), grid);
  }

  #press(event) {
    // While an input method composes a word, Enter confirms that word.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    this.#submit(event);
  }

  #submit(event) {
    event.preventDefault();
    const question = this.#text.value.trim();
    const fault = faultOf(question);
    if (fault) {
      this.#say(fault, true);
      this.focus();
      return;
    }
    this.#text.value = "";
    this.#isBegun = false;
    this.#say("");
    this.#onAsk(question, this.#filter());
  }

  #filter() {
    const wanted = this.#filters
      .map(([name, input]) => [name, input.value.trim()])
      .filter(([, value]) => value);
    return wanted.length ? Object.fromEntries(wanted) : undefined;
  }

  #look() {
    const length = codePoints(this.#text.value.trim());
    if (length > LIMIT) this.#say(tooLong(length), true);
    else this.#say(length >= NEAR ? `${LIMIT - length} characters left.` : "");
  }

  #say(text, isFault = false) {
    this.#hint.textContent = text || KEYS;
    this.#hint.classList.toggle("fault", isFault);
    this.#text.toggleAttribute("aria-invalid", false);
    if (isFault) this.#text.setAttribute("aria-invalid", "true");
  }
}

function faultOf(question) {
  if (!question) return "Type a question first.";
  if (!/[\p{L}\p{N}]/u.test(question)) return "A question must have at least one letter or digit.";
  const length = codePoints(question);
  return length > LIMIT ? tooLong(length) : "";
}

function tooLong(length) {
  const most = LIMIT.toLocaleString("en");
  return `${length} characters: ${length - LIMIT} too many. The limit is ${most}.`;
}
