/**
 * Where the service is and with which key: from config.json beside the page, or from the person.
 *
 * @typedef {object} Endpoint
 * @property {string} api_url  without a slash at its end
 * @property {string} api_key
 * @property {string} websocket_url  "" where there is none: the page polls
 */

const PLACE = "sluice.endpoint";
const LOOPBACK = new Set(["127.0.0.1", "localhost"]);

/**
 * What config.json says; each part "" where it says nothing.
 * @returns {Promise<Endpoint>}
 */
export async function configured() {
  const response = await fetch("./config.json", { cache: "no-store" }).catch(() => null);
  const told = response?.ok ? await response.json().catch(() => ({})) : {};
  // The hosted page may have the API beside it: "/api".
  const api = told?.api_url ?? "";
  return {
    api_url: api && URL.canParse(api, location.href) ? trimmed(new URL(api, location.href).href) : "",
    api_key: trimmed(told?.api_key),
    websocket_url: typeof told?.websocket_url === "string" ? told.websocket_url : "",
  };
}

/**
 * What this device remembers. A key is for the address it was entered for, and no other.
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
    // Storage is switched off: the key lives as long as the page.
  }
}

export function forget() {
  try {
    localStorage.removeItem(PLACE);
  } catch {
    // Nothing was kept.
  }
}

/**
 * An address as a person typed it, ready for use; "" if it is none that may be given a key.
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
