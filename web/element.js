/**
 * An element of the page. Text is only ever text: there is no way here to hand in markup, so what
 * stands in a document, a title or a question cannot become part of the page.
 *
 * @param {string} tag
 * @param {Record<string, unknown>} [attributes]  `on...` functions become listeners; false and
 *   null leave an attribute out
 * @param {...(Node | string | null)} children
 * @returns {HTMLElement}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/**
 * A button that says what it does.
 * @param {string} text
 * @param {() => void} onclick
 * @param {Record<string, unknown>} [attributes]
 */
export function button(text, onclick, attributes = {}) {
  return element("button", { type: "button", onclick, ...attributes }, text);
}

/**
 * A text from elsewhere inside one of ours: its direction does not reach beyond it.
 * @param {string} text
 */
export function isolated(text) {
  return element("bdi", {}, text);
}

/**
 * An address a link may have, else "": `javascript:` is an address too.
 * @param {string | null} address
 */
export function safeLink(address) {
  if (!address || !URL.canParse(address)) return "";
  return ["http:", "https:"].includes(new URL(address).protocol) ? address : "";
}

/** Tell a screen reader, without a change in what is seen. @param {string} text */
export function announce(text) {
  document.getElementById("announcer").textContent = text;
}
