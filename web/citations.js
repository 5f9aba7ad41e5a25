/**
 * The answer's text as pieces: plain text, and citations that point at a source.
 *
 * @typedef {{text: string, source: number}} Piece  `source` 0: plain text
 */

import { codePoints, cut } from "./answer.js";

const MARKER = /\[(\d{1,3})\]/g;

/**
 * Split a finished answer at the citations of the service, whose positions are in code points.
 * A citation that does not fit the text or the sources stays plain text.
 * @param {string} text
 * @param {{start: number, end: number, source: number}[]} citations
 * @param {{number: number}[]} sources
 * @returns {Piece[]}
 */
export function splitAt(text, citations, sources) {
  const known = new Set(sources.map((source) => source.number));
  const length = codePoints(text);
  const pieces = [];
  let position = 0;
  for (const { start, end, source } of [...citations].sort((a, b) => a.start - b.start)) {
    if (!known.has(source) || start < position || end <= start || end > length) continue;
    if (start > position) pieces.push(plain(cut(text, position, start)));
    pieces.push({ text: cut(text, start, end), source });
    position = end;
  }
  if (position < length) pieces.push(plain(cut(text, position)));
  return pieces;
}

/**
 * Split an unfinished answer at its markers, such as `[2]`; citations come with the finished one.
 * @param {string} text
 * @param {{number: number}[]} sources
 * @returns {Piece[]}
 */
export function splitAtMarkers(text, sources) {
  const known = new Set(sources.map((source) => source.number));
  const pieces = [];
  let position = 0;
  for (const marker of text.matchAll(MARKER)) {
    if (!known.has(Number(marker[1]))) continue;
    if (marker.index > position) pieces.push(plain(text.slice(position, marker.index)));
    pieces.push({ text: marker[0], source: Number(marker[1]) });
    position = marker.index + marker[0].length;
  }
  if (position < text.length) pieces.push(plain(text.slice(position)));
  return pieces;
}

/**
 * The sources that pieces cite.
 * @param {Piece[]} pieces
 * @returns {Set<number>}
 */
export function citedBy(pieces) {
  return new Set(pieces.map((piece) => piece.source).filter((source) => source > 0));
}

function plain(text) {
  return { text, source: 0 };
}
