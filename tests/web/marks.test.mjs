import assert from "node:assert/strict";
import test from "node:test";

import { mark } from "../../web/marks.js";

const marked = (text, question) => mark(text, question).filter((run) => run.marked).map((run) => run.text);

test("the words of the question are marked in every form", () => {
  const text = "Cars are booked; a car booking is refundable. Refunds take days.";
  assert.deepEqual(marked(text, "How do I book a car and get a refund?"), [
    "Cars", "booked", "car", "booking", "refundable", "Refunds",
  ]);
});

test("stop words are not marked", () => {
  assert.deepEqual(marked("What is the fare for it?", "What is the height of it?"), []);
});

test("short words and numbers match only themselves", () => {
  assert.deepEqual(marked("The carpet, 2850 or 285 of them", "Is the car 285 high?"), ["285"]);
});

test("accents and capitals do not matter", () => {
  assert.deepEqual(marked("CAFÉ and cafe\u0301s", "cafés?"), ["CAFÉ", "cafe\u0301s"]);
});

test("words are found in scripts without spaces", () => {
  assert.ok(marked("渡船在早上出发。", "渡船什么时候出发?").join("").includes("出发"));
});

test("the runs are the text, whatever it is", () => {
  for (const text of ["", "<b>x</b> & y", "🚢 car 🚢", "a\u202Eb\n\n  c"]) {
    assert.equal(mark(text, "car b c?").map((run) => run.text).join(""), text);
  }
});

test("a question without words marks nothing", () => {
  assert.deepEqual(mark("anything", "?!"), [{ text: "anything", marked: false }]);
});
