import assert from "node:assert/strict";
import test from "node:test";

import { codePoints, cut, NOTHING, read, readJob } from "../../web/answer.js";

const job = (status, attempts, text) => ({
  id: "a",
  status,
  attempts,
  answer: text === undefined ? null : { text, citations: [] },
  sources: [],
});
const jobEvent = (status, attempts, text) => ({
  type: `job.${status}`,
  job: job(status, attempts, text),
});
const delta = (offset, text, attempt = 1) => ({ type: "job.delta", attempt, offset, text });
const after = (...events) => events.reduce(read, NOTHING);

test("deltas are appended in order", () => {
  const state = after(jobEvent("in_progress", 1), delta(0, "Ninety "), delta(7, "days."));
  assert.equal(state.text, "Ninety days.");
  assert.equal(state.missing, "");
});

test("a delta that was seen before changes nothing", () => {
  const state = after(jobEvent("in_progress", 1, "Ninety days."), delta(0, "Ninety "), delta(7, "days."));
  assert.equal(state.text, "Ninety days.");
});

test("a delta that overlaps is applied from its offset", () => {
  assert.equal(after(jobEvent("in_progress", 1, "Ninety da"), delta(7, "days.")).text, "Ninety days.");
});

test("a delta beyond the end requests a snapshot and is not shown", () => {
  const state = after(jobEvent("in_progress", 1, "Ninety"), delta(12, " and more"));
  assert.equal(state.text, "Ninety");
  assert.equal(state.missing, "snapshot");
  assert.equal(read(state, jobEvent("in_progress", 1, "Ninety days.")).missing, "");
});

test("offsets count characters outside the basic plane once", () => {
  const state = after(jobEvent("in_progress", 1), delta(0, "⛴🚢𝒜"), delta(3, " sails"), delta(1, "🚢𝒜 sails on"));
  assert.equal(state.text, "⛴🚢𝒜 sails on");
  assert.equal(state.length, 12);
  assert.equal(state.missing, "");
});

test("a new attempt starts the text again", () => {
  const state = after(jobEvent("in_progress", 1, "Forty"), jobEvent("in_progress", 2), delta(0, "Ninety", 2));
  assert.equal(state.text, "Ninety");
  assert.equal(state.restarted, true);
});

test("a delta of an earlier attempt is ignored", () => {
  const state = after(jobEvent("in_progress", 2, "Ninety"), delta(6, " lies", 1));
  assert.equal(state.text, "Ninety");
});

test("a delta of an attempt not yet announced starts that attempt", () => {
  const state = after(jobEvent("in_progress", 1, "Forty"), delta(0, "Ninety", 2));
  assert.equal(state.text, "Ninety");
  assert.equal(state.attempt, 2);
});

test("a job given back loses its text, whether the attempt counts or not", () => {
  for (const attempts of [0, 1]) {
    const state = after(jobEvent("in_progress", 1, "Forty"), jobEvent("queued", attempts));
    assert.equal(state.text, "");
    assert.equal(state.status, "queued");
    assert.equal(read(read(state, jobEvent("in_progress", 1)), delta(0, "Ninety")).text, "Ninety");
  }
});

test("a snapshot of the same attempt never shortens the text", () => {
  const state = after(jobEvent("in_progress", 1), delta(0, "Ninety days."), jobEvent("in_progress", 1, "Nine"));
  assert.equal(state.text, "Ninety days.");
  assert.equal(state.length, 12);
});

test("a snapshot of an earlier attempt changes nothing", () => {
  const state = after(jobEvent("in_progress", 2, "Ninety"), jobEvent("in_progress", 1, "Forty and more"));
  assert.equal(state.text, "Ninety");
});

test("sources come before the text and stay when a snapshot has none yet", () => {
  const sources = [{ number: 1 }];
  const event = { type: "job.sources", attempt: 1, sources };
  const state = after(jobEvent("in_progress", 1), event, jobEvent("in_progress", 1, ""));
  assert.deepEqual(state.sources, sources);
});

test("the final event decides, and nothing changes after it", () => {
  const state = after(jobEvent("in_progress", 2, "Forty days and"), jobEvent("completed", 1, "Ninety."));
  assert.equal(state.text, "Ninety.");
  assert.equal(state.ended, true);
  assert.equal(read(state, delta(7, " More", 3)), state);
  assert.equal(readJob(state, job("in_progress", 4, "x")), state);
});

test("an event without its job requests the job", () => {
  const state = after(jobEvent("in_progress", 1, "Ninety"), { type: "job.completed", url: "/jobs/a" });
  assert.equal(state.missing, "job");
  assert.equal(state.ended, false);
  assert.equal(readJob(state, job("completed", 1, "Ninety days.")).text, "Ninety days.");
});

test("an event of an unknown type changes nothing", () => {
  assert.equal(read(NOTHING, { type: "job.yodelled" }), NOTHING);
});

test("deltas that are cut, lost and repeated still give the whole text", () => {
  const whole = [..."Die Fähre 🚢 fährt um 19:40 ab, 𝒩ebel vorbehalten. ⚓"];
  for (let seed = 1; seed <= 300; seed += 1) {
    let random = seed;
    const next = (limit) => (random = (random * 48271) % 2147483647) % limit;
    let state = after(jobEvent("in_progress", 1));
    for (let sent = 0; sent < whole.length; ) {
      const from = Math.max(0, sent - next(3));
      const end = Math.min(whole.length, sent + 1 + next(6));
      if (next(4)) state = read(state, delta(from, whole.slice(from, end).join("")));
      sent = end;
      if (state.missing) state = readJob(state, job("in_progress", 1, whole.slice(0, sent).join("")));
    }
    state = readJob(state, job("in_progress", 1, whole.join("")));
    assert.equal(state.text, whole.join(""), `seed ${seed}`);
    assert.equal(state.length, whole.length);
  }
});

test("texts are cut by code points", () => {
  assert.equal(codePoints("a🚢b"), 3);
  assert.equal(cut("a🚢b", 1, 2), "🚢");
  assert.equal(cut("a🚢b", 2), "b");
  assert.equal(cut("a🚢b", 0, 0), "");
  assert.equal(cut("a🚢b", 3, 9), "");
});
