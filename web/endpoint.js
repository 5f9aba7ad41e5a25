/**
 * The service's address and key: from config.json beside the page, or entered by the person.
 *
 * @typedef {object} Endpoint
 * @property {string} api_url  without a slash at the end
 * @property {string} api_key
 * @property {string} websocket_url  "" if there is none; the page then polls
 */

const PLACE = "sluice.endpoint";
const LOOPBACK = new Set(["127.0.0.1", "localhost"]);

/**
 * Return the content of config.json; what it lacks is "".
 * @returns {Promise<Endpoint>}
 */
export async function configured() {
  const response = await fetch("./config.json", { cache: "no-store" }).catch(() => null);
  const given = response?.ok ? await response.json().catch(() => ({})) : {};
  // The hosted page may have the API beside it: "/api".
  const api = given?.api_url ?? "";
  return {
    api_url: api && URL.canParse(api, location.href) ? trimmed(new URL(api, location.href).href) : "",
    api_key: trimmed(given?.api_key),
    websocket_url: typeof given?.websocket_url === "string" ? given.websocket_url : "",
  };
}

/**
 * Return what this device has stored. A key is used only with the address it was entered for.
 * @param {Endpoint} config
 * @returns {Endpoint | null}
 */
export function remembered(config) {
  let kept;
  try {
    kept = JSON.parse(localStorage.getItem(PLACE) ?? "null");
  } catch {
    return null;
  }
  if (!kept?.api_url || !kept.api_key) return null;
  if (config.api_url && config.api_url !== kept.api_url) return null;
  return { ...kept, websocket_url: config.websocket_url || kept.websocket_url || "" };
}

/** @param {Endpoint} endpoint */
export function remember(endpoint) {
  try {
    localStorage.setItem(PLACE, JSON.stringify(endpoint));
  } catch {
    // Storage is disabled, so the key is kept until the page is closed.
  }
}

export function forget() {
  try {
    localStorage.removeItem(PLACE);
  } catch {
    // Storage is disabled, so nothing was stored.
  }
}

/**
 * Normalise an address that a person typed; "" if sending a key there would not be safe.
 * @param {string} text
 * @param {"http" | "ws"} scheme
 */
export function address(text, scheme) {
  let url;
  try {
    url = new URL(text.trim());
  } catch {
    return "";
  }
  const isSafe = url.protocol === `${scheme}s:`;
  const isLocal = url.protocol === `${scheme}:` && LOOPBACK.has(url.hostname);
  if (!isSafe && !isLocal) return "";
  return trimmed(`${url.origin}${url.pathname}`);
}

function trimmed(text) {
  return typeof text === "string" ? text.trim().replace(/\/+$/, "") : "";
}
