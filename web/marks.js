/**
 * Marks the words of a question in a passage.
 *
 * @typedef {{text: string, marked: boolean}} Run
 */

// Finds words in every script, also those without spaces, such as Chinese and Thai.
const segmenter = new Intl.Segmenter(undefined, { granularity: "word" });

const EMPTY = new Set(
  ("a about after all also am an and any are as at be been before being but by can could did do does " +
    "for from get had has have having he her here his how i if in into is it its just may me might more " +
    "most much must my no not now of on once only or other our out over she should so some such than " +
    "that the their them then there these they this those through to too under until up us very was we " +
    "were what when where which while who whom whose why will with would you your")
    .split(" "),
);
const ENDINGS = /(?:ations?|ings?|ies|ied|ed|es|ly|s|e|y)$/;
const WITHOUT_SPACES = /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Thai}/u;
const ACCENTS = /\p{M}/gu;

//: A stem of at least this length also matches words that begin with it. LONGEST_REST limits the
//: characters that such a word may have after the stem.
const SHORTEST_PREFIX = 4;
const LONGEST_REST = 4;

/**
 * Split a text into runs; those that contain a word of the question are marked.
 * @param {string} text
 * @param {string} question
 * @returns {Run[]}
 */
export function mark(text, question) {
  const wanted = [...new Set(words(question).map(({ segment }) => stem(segment)))];
  const runs = [];
  for (const { segment, isWordLike } of segmenter.segment(text)) {
    const marked = Boolean(isWordLike) && isTelling(segment) && wanted.some(isLike(stem(segment)));
    const last = runs.at(-1);
    if (last && last.marked === marked) last.text += segment;
    else runs.push({ text: segment, marked });
  }
  return runs;
}

function words(text) {
  return [...segmenter.segment(text)].filter(
    ({ segment, isWordLike }) => isWordLike && isTelling(segment),
  );
}

/** Return whether a word has a meaning of its own, unlike "the" or a single letter. */
function isTelling(word) {
  if (/\p{N}/u.test(word) || WITHOUT_SPACES.test(word)) return true;
  return word.length > 1 && !EMPTY.has(word.toLowerCase());
}

/** Return a word in lower case, without accents and common endings; at least three letters stay. */
function stem(word) {
  const base = word.normalize("NFKD").replace(ACCENTS, "").toLowerCase().replace(/['’]s?$/, "");
  if (/\p{N}/u.test(base)) return base;
  const cut = base.replace(ENDINGS, "");
  return cut.length >= 3 ? cut : base;
}

function isLike(one) {
  return (other) => {
    if (one === other) return true;
    const [short, long] = one.length < other.length ? [one, other] : [other, one];
    if (short.length < SHORTEST_PREFIX || /\p{N}/u.test(short)) return false;
    return long.startsWith(short) && long.length - short.length <= LONGEST_REST;
  };
}
