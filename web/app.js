/** The entry point of the page: finds the service and connects the parts. */

import { Composer } from "./composer.js";
import { Desk } from "./desk.js";
import { configured, forget, remember, remembered } from "./endpoint.js";
import { History } from "./history.js";
import { Live } from "./live.js";
import { Service } from "./service.js";
import { askForEndpoint } from "./setup.js";
import { Watch } from "./watch.js";

const CONNECTION = {
  reconnecting: "Connection lost. Reconnecting …",
  away: "Live updates are not available right now. Checking every few seconds.",
  off: "Checking for answers every few seconds.",
};
//: Milliseconds for which "Connected again" is shown.
const GLAD = 8_000;

const place = (id) => document.getElementById(id);

async function start() {
  const config = await configured();
  const isGiven = Boolean(config.api_url && config.api_key);
  const endpoint = isGiven ? config : (remembered(config) ?? (await ask(config, "")));
  if (!isGiven) offerToForget();
  let isAsking = false;
  run(endpoint, async (problem) => {
    if (!problem.isAboutTheKey || isGiven) {
      place("notice").textContent = problem.words;
      return;
    }
    // Several calls may be refused at once: ask the person only once.
    if (isAsking) return;
    isAsking = true;
    forget();
    await ask(config, problem.words);
    // Start afresh, without anything that was refused.
    location.reload();
  });
}

async function ask(config, reason) {
  place("asking").hidden = true;
  place("history").hidden = true;
  const endpoint = await askForEndpoint(place("setup"), config, reason);
  remember(endpoint);
  return endpoint;
}

function offerToForget() {
  const button = place("forget");
  button.hidden = false;
  button.onclick = () => {
    forget();
    // Without the fragment, which contains the IDs of this person's jobs.
    location.replace(location.pathname);
    location.reload();
  };
}

function run(endpoint, onProblem) {
  const service = new Service(endpoint);
  const live = new Live({
    url: endpoint.websocket_url,
    ticket: () => service.ticket(),
    onEvent: (event) => watch.hear(event),
    onState: (state) => {
      watch.turn(state);
      showConnection(state);
    },
  });
  const watch = new Watch(service, live);
  const earlier = new History(service, (id) => desk.open(id), onProblem);
  const composer = new Composer({
    label: "Your question",
    hasFilter: true,
    onType: () => live.warm(),
    onAsk: (question, filter) => {
      place("notice").textContent = "";
      desk.ask({ question, filter });
    },
  });
  const desk = new Desk({
    element: place("cards"),
    service,
    watch,
    onNews: (job) => earlier.update(job),
    onRephrase: (question, filter) => composer.fill(question, filter),
    onProblem,
  });
  place("composer").replaceChildren(composer.element);
  place("earlier").replaceChildren(...earlier.elements);
  place("asking").hidden = false;
  place("history").hidden = false;
  addEventListener("hashchange", () => desk.openNamed());
  desk.openNamed();
  earlier.load();
  if (live.state === "off") showConnection("off");
  composer.focus();
}

let wasLost = false;
let gladness = 0;

function showConnection(state) {
  const line = place("connection");
  clearTimeout(gladness);
  if (state === "live" && wasLost) {
    line.textContent = "Connected again.";
    gladness = setTimeout(() => (line.textContent = ""), GLAD);
  } else line.textContent = CONNECTION[state] ?? "";
  if (state === "live" || state === "idle") wasLost = false;
  if (state === "reconnecting" || state === "away") wasLost = true;
}

start();
