import assert from "node:assert/strict";
import test from "node:test";

import { citedBy, splitAt, splitAtMarkers } from "../../web/citations.js";

const SOURCES = [{ number: 1 }, { number: 2 }];

test("spans become citations, counted in code points", () => {
  const pieces = splitAt("🚢 sails [1][2].", [{ start: 11, end: 14, source: 2 }, { start: 8, end: 11, source: 1 }], SOURCES);
  assert.deepEqual(pieces, [
    { text: "🚢 sails ", source: 0 },
    { text: "[1]", source: 1 },
    { text: "[2]", source: 2 },
    { text: ".", source: 0 },
  ]);
  assert.deepEqual([...citedBy(pieces)], [1, 2]);
});

test("a citation that fits neither text nor sources stays text", () => {
  const citations = [
    { start: 0, end: 3, source: 9 },
    { start: 2, end: 2, source: 1 },
    { start: 2, end: 99, source: 1 },
    { start: -1, end: 2, source: 1 },
  ];
  assert.deepEqual(splitAt("[9] ab", citations, SOURCES), [{ text: "[9] ab", source: 0 }]);
});

test("overlapping citations do not repeat text", () => {
  const pieces = splitAt("abcdef", [{ start: 0, end: 3, source: 1 }, { start: 2, end: 5, source: 2 }], SOURCES);
  assert.equal(pieces.map(({ text }) => text).join(""), "abcdef");
});

test("markers of an unfinished answer are citations", () => {
  const pieces = splitAtMarkers("Ninety [2] days [7] [", SOURCES);
  assert.deepEqual(pieces, [
    { text: "Ninety ", source: 0 },
    { text: "[2]", source: 2 },
    { text: " days [7] [", source: 0 },
  ]);
});

test("no text gives no pieces", () => {
  assert.deepEqual(splitAt("", [], SOURCES), []);
  assert.deepEqual(splitAtMarkers("", SOURCES), []);
});
