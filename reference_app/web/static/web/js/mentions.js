// Names in a text: where one is being written, whom it may become, and who is named. Pure.

const WORD = "[\\p{L}\\p{M}\\p{N}_.@+-]";
const BEGUN = new RegExp(`(?:^|[^\\p{L}\\p{M}\\p{N}_.@+-])@(${WORD}{0,40})$`, "u");
const MOST = 8;

// The name that is being written just before the caret, or null: { start, query }.
export const nameAt = (text, caret) => {
  const begun = BEGUN.exec(text.slice(0, caret));
  return begun && { start: caret - begun[1].length - 1, query: begun[1] };
};

const folded = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

// How well somebody fits what was written: 0 best, null not at all.
const rank = ({ username, name }, query) => {
  const names = [folded(username), folded(name)];
  if (names.some((one) => one.startsWith(query))) return 0;
  if (folded(name).split(/\s+/).some((part) => part.startsWith(query))) return 1;
  return names.some((one) => one.includes(query)) ? 2 : null;
};

// Those of the people whom a query may mean, the likeliest first.
export const matching = (people, query) => {
  const sought = folded(query);
  return people
    .map((person) => ({ person, at: rank(person, sought) }))
    .filter(({ at }) => at !== null)
    .sort((a, b) => a.at - b.at)
    .slice(0, MOST)
    .map(({ person }) => person);
};

// The text with the name that is being written completed, and where the caret goes.
export const completed = (text, caret, { username }) => {
  const { start } = nameAt(text, caret);
  const before = `${text.slice(0, start)}@${username} `;
  const rest = text.slice(caret).replace(/^ /, "");
  return { text: before + rest, caret: before.length };
};

// A text in parts, { text } and { text, person }: the people are those whom it mentions.
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
