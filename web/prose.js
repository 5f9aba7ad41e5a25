/** The text of an answer. It grows in place, so selections and the focus are kept. */

import { element } from "./element.js";

export class Prose {
  #pieces = [];
  #onCite;

  /** @param {(source: number, from: HTMLElement) => void} onCite  a citation was clicked */
  constructor(onCite) {
    this.#onCite = onCite;
    this.element = element("div", { class: "prose", dir: "auto" });
  }

  /**
   * Show these pieces, and change only what differs from before.
   * @param {import("./citations.js").Piece[]} pieces
   * @param {{number: number, title: string, page: number | null}[]} sources
   * @param {string} href  where a citation leads if it is opened in a new tab
   */
  show(pieces, sources, href) {
    let same = 0;
    while (same < pieces.length && isSame(pieces[same], this.#pieces[same])) same += 1;
    const grown = pieces[same];
    const before = this.#pieces[same];
    if (grown && before && !grown.source && !before.source) {
      this.element.childNodes[same].data = grown.text;
      same += 1;
    }
    while (this.element.childNodes.length > same) this.element.lastChild.remove();
    for (const piece of pieces.slice(same)) this.element.append(this.#node(piece, sources, href));
    this.#pieces = pieces;
  }

  #node({ text, source }, sources, href) {
    if (!source) return document.createTextNode(text);
    const { title, page } = sources.find(({ number }) => number === source);
    const label = `Source ${source}: ${title}${page ? `, page ${page}` : ""}`;
    const onclick = (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.#onCite(source, cite);
    };
    // A link, not a button: no line break comes between it and the full stop behind it.
    const cite = element("a", { class: "cite", href, "aria-label": label, title: label, onclick });
    cite.textContent = `[${source}]`;
    return cite;
  }
}

function isSame(one, other) {
  return other !== undefined && one.text === other.text && one.source === other.source;
}
