/** The form that asks for the service's address and key, once. */

import { address } from "./endpoint.js";
import { element } from "./element.js";
import { asProblem } from "./problem.js";
import { Service } from "./service.js";

const FIELDS = {
  api_url: ["Service address", "url", "https://…"],
  api_key: ["API key", "password", ""],
  websocket_url: ["Live updates address (optional)", "url", "wss://…"],
};

/**
 * Show the form until the service accepts the address and the key.
 * @param {HTMLElement} place  where the form goes
 * @param {import("./endpoint.js").Endpoint} known  the parts that are known already
 * @param {string} reason  why the form is shown again, "" the first time
 * @returns {Promise<import("./endpoint.js").Endpoint>}
 */
export function askForEndpoint(place, known, reason) {
  return new Promise((resolve) => {
    const made = Object.entries(FIELDS).map(([name, field]) => [name, input(name, field)]);
    const inputs = Object.fromEntries(made);
    const fault = element("p", { class: "error", role: "alert", hidden: !reason }, reason);
    const submit = async (event) => {
      event.preventDefault();
      const endpoint = read(inputs, known);
      fault.textContent = endpoint.fault || (await refusal(endpoint));
      fault.hidden = !fault.textContent;
      if (fault.textContent) return;
      form.remove();
      resolve(endpoint);
    };
    const asked = Object.keys(FIELDS).filter((name) => name === "api_key" || !known.api_url);
    const form = element(
      "form",
      { class: "card setup", novalidate: true, onsubmit: submit, "aria-labelledby": "setup-title" },
      element("h2", { id: "setup-title" }, "Connect to your service"),
      element("p", { class: "muted" }, "The key is stored on this device and sent to this service only."),
      ...asked.flatMap((name) => [element("label", { for: `setup-${name}` }, FIELDS[name][0]), inputs[name]]),
      fault,
      element("p", {}, element("button", { type: "submit", class: "primary" }, "Connect")),
    );
    place.replaceChildren(form);
    inputs[asked[0]].focus();
  });
}

function input(name, [, type, placeholder]) {
  return element("input", { id: `setup-${name}`, type, placeholder, autocomplete: "off", spellcheck: "false" });
}

function read(inputs, known) {
  const api = known.api_url || address(inputs.api_url.value, "http");
  const live = inputs.websocket_url.value.trim();
  const websocket = known.websocket_url || address(live, "ws");
  const key = inputs.api_key.value.trim();
  let fault = "";
  if (!api) fault = "The address must start with https://. On this machine, http:// works too.";
  else if (!key) fault = "A key is required.";
  else if (live && !websocket) fault = "The address of live updates must start with wss://.";
  return { api_url: api, api_key: key, websocket_url: websocket, fault };
}

async function refusal(endpoint) {
  try {
    await new Service(endpoint).list();
    return "";
  } catch (error) {
    return asProblem(error).words;
  }
}
