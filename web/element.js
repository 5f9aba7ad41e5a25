/**
 * Create an element. Children that are strings become text nodes, never markup.
 * So a document, a title or a question cannot add elements or scripts to the page.
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
 * Create a button with a text.
 * @param {string} text
 * @param {() => void} onclick
 * @param {Record<string, unknown>} [attributes]
 */
export function button(text, onclick, attributes = {}) {
  return element("button", { type: "button", onclick, ...attributes }, text);
}

/**
 * Isolate foreign text, so that its writing direction does not affect the text around it.
 * @param {string} text
 */
export function isolated(text) {
  return element("bdi", {}, text);
}

/**
 * Return an address that is safe in a link, or "" if it is not, such as `javascript:`.
 * @param {string | null} address
 */
export function safeLink(address) {
  if (!address || !URL.canParse(address)) return "";
  return ["http:", "https:"].includes(new URL(address).protocol) ? address : "";
}

/** Announce a text to screen readers only. @param {string} text */
export function announce(text) {
  document.getElementById("announcer").textContent = text;
}
