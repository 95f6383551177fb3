// Finds names in a text: the one that is being typed, the people it may mean, and the people that a
// text mentions. Pure.

const WORD = "[\\p{L}\\p{M}\\p{N}_.@+-]";
const TYPED_NAME = new RegExp(`(?:^|[^\\p{L}\\p{M}\\p{N}_.@+-])@(${WORD}{0,40})$`, "u");
const MAX_SUGGESTIONS = 8;

// Returns the name that is being typed before the caret, { start, query }, or null.
export const nameAt = (text, caret) => {
  const found = TYPED_NAME.exec(text.slice(0, caret));
  return found && { start: caret - found[1].length - 1, query: found[1] };
};

const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

// Returns how well a person matches the query: 0 is best, null is no match.
const rank = ({ username, name }, query) => {
  const names = [fold(username), fold(name)];
  if (names.some((one) => one.startsWith(query))) return 0;
  if (fold(name).split(/\s+/).some((part) => part.startsWith(query))) return 1;
  return names.some((one) => one.includes(query)) ? 2 : null;
};

// Returns the people who match a query, the best match first.
export const matchPeople = (people, query) => {
  const folded = fold(query);
  return people
    .map((person) => ({ person, score: rank(person, folded) }))
    .filter(({ score }) => score !== null)
    .sort((a, b) => a.score - b.score)
    .slice(0, MAX_SUGGESTIONS)
    .map(({ person }) => person);
};

// Completes the name that is being typed; returns the text and the position of the caret.
export const completeName = (text, caret, { username }) => {
  const { start } = nameAt(text, caret);
  const before = `${text.slice(0, start)}@${username} `;
  const rest = text.slice(caret).replace(/^ /, "");
  return { text: before + rest, caret: before.length };
};

// Splits a text into parts, { text } and { text, person }. The person is one of those mentioned.
export const partsOf = (text, people) => {
  if (!people.length) return [{ text }];
  const byName = new Map(people.map((person) => [person.username, person]));
  const parts = [];
  let at = 0;
  for (const found of text.matchAll(new RegExp(`(?<!${WORD})@(${WORD}+)`, "gu"))) {
    const name = byName.has(found[1]) ? found[1] : found[1].replace(/[.@+-]+$/, "");
    if (!byName.has(name)) continue;
    parts.push({ text: text.slice(at, found.index) });
    parts.push({ text: `@${name}`, person: byName.get(name) });
    at = found.index + name.length + 1;
  }
  parts.push({ text: text.slice(at) });
  return parts.filter((part) => part.text);
};
