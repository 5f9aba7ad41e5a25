import assert from "node:assert/strict";
import test from "node:test";

import { NOTHING } from "../../web/answer.js";
import { failure, inWords, phase } from "../../web/phase.js";

const queued = (position, wait) =>
  phase({ ...NOTHING, status: "queued", job: { queue: { position, estimated_wait_seconds: wait } } });

test("a queued job shows its position and its wait", () => {
  assert.equal(queued(1, 4), "Waiting, next in line, about 4 s");
  assert.equal(queued(13, 200), "Waiting, 12 ahead of you, about 3 min");
  assert.equal(queued(0, 0), "Waiting");
});

test("a job in progress shows its current step", () => {
  const state = { ...NOTHING, status: "in_progress" };
  assert.equal(phase(state), "Searching the documents");
  assert.equal(phase({ ...state, sources: [{}] }), "Reading 1 passage");
  assert.equal(phase({ ...state, text: "N" }), "Writing the answer");
});

test("a completed job shows how long it took, if that is known", () => {
  const job = { created_at: "2026-01-01T00:00:00Z", finished_at: "2026-01-01T00:00:07.4Z" };
  assert.equal(phase({ ...NOTHING, status: "completed", job }), "Answered in 7 s");
  assert.equal(phase({ ...NOTHING, status: "completed", job: {} }), "Answered");
});

test("a failure says what happened and what to do", () => {
  const shown = failure({ type: "throttled", title: "The account's quota was exceeded", detail: "" });
  assert.equal(shown.what, "The account's quota was exceeded.");
  assert.match(shown.todo, /Ask again in a few minutes/);
  assert.equal(failure({ type: "new-kind", title: "New", retryable: true }).todo, "Ask again in a minute.");
  assert.equal(failure(null).what, "The question could not be answered.");
});

test("durations are rounded", () => {
  assert.deepEqual([0.2, 59, 61, 7200].map(inWords), ["1 s", "59 s", "about 1 min", "about 2 h"]);
});
