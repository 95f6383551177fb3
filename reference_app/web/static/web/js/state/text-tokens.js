// Splits the text of a message into lines, links and code, as data. It neither reads nor makes
// HTML.

const FENCE = "```";

// Candidates for links: a candidate ends at a space or at `<`, `>` or `"`. `hrefOf` decides whether
// it is a link.
const LINKS =
  /(?:https?:\/\/|mailto:|www\.)[^\s<>"]+|[\w.+-]{1,64}@[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){1,8}/giu;
const ALLOWED = new Set(["http:", "https:", "mailto:"]);
const ENDINGS = new Set(".,;:!?'\"*_~،؛؟”’»…");
const PAIRS = { ")": "(", "]": "[", "}": "{" };

// One emoji: a flag, a keycap, or a picture with its skin tone, tags and joined emoji.
const EMOJI =
  "(?:\\p{RI}\\p{RI}|[#*0-9]\\uFE0F?\\u20E3|" +
  "(?!\\p{RI})(?:\\p{Emoji_Presentation}\\uFE0F?|\\p{Extended_Pictographic}\\uFE0F)\\p{EMod}?[\\u{E0020}-\\u{E007F}]*" +
  "(?:\\u200D\\p{Extended_Pictographic}\\uFE0F?\\p{EMod}?)*)";
const BARE_EMOJI = new RegExp(`^${EMOJI}(?:\\s?${EMOJI}){0,2}$`, "u");

// Returns whether a text consists of one to three emoji only.
export const isBareEmoji = (text) => text.length <= 100 && BARE_EMOJI.test(text.trim());

// Returns the blocks of a text: { type: "code", text } and { type: "line", spans }. A span is
// { type: "text" | "code", text } or { type: "link", text, href }.
export const tokenize = (text) => {
  const blocks = [];
  let at = 0;
  while (at < text.length) {
    const fence = fencedFrom(text, at);
    blocks.push(...linesOf(text.slice(at, fence?.start ?? text.length)));
    if (!fence) break;
    blocks.push({ type: "code", text: fence.text });
    at = fence.end;
  }
  return blocks;
};

// Returns the next fenced block of code from a position, or null. A fence without an end is text.
const fencedFrom = (text, at) => {
  const start = text.indexOf(FENCE, at);
  if (start < 0) return null;
  const close = text.indexOf(FENCE, start + FENCE.length);
  if (close < 0) return null;
  const inside = text.slice(start + FENCE.length, close);
  // The name of a language may follow the opening fence; the code begins on the next line.
  const code = inside.replace(/^[\w+#-]*\n/, "").replace(/\n$/, "");
  if (!code.trim()) return fencedFrom(text, close);
  return { start, end: skipNewline(text, close + FENCE.length), text: code };
};

const skipNewline = (text, at) => (text[at] === "\n" ? at + 1 : at);

// Returns the lines of a text between two fences. The newline before a fence belongs to the fence.
const linesOf = (text) => {
  if (!text) return [];
  return text
    .replace(/\n$/, "")
    .split("\n")
    .map((line) => ({ type: "line", spans: spansOf(line) }));
};

const spansOf = (line) => {
  const spans = [];
  const parts = line.split("`");
  // Every second part is between two backticks, except the last one, whose backtick has no end.
  parts.forEach((part, index) => {
    const isCode = index % 2 === 1 && index < parts.length - 1;
    if (isCode && part.trim()) spans.push({ type: "code", text: part });
    else if (isCode) spans.push({ type: "text", text: `\`${part}\`` });
    else spans.push(...linkSpans(index % 2 === 1 ? `\`${part}` : part));
  });
  return joinSpans(spans);
};

const linkSpans = (text) => {
  const spans = [];
  let at = 0;
  for (const match of text.matchAll(LINKS)) {
    const shown = trimLink(match[0]);
    const href = hrefOf(shown);
    if (!href) continue;
    spans.push({ type: "text", text: text.slice(at, match.index) });
    spans.push({ type: "link", text: shown, href });
    at = match.index + shown.length;
  }
  spans.push({ type: "text", text: text.slice(at) });
  return spans;
};

// Cuts punctuation from the end of a link: it ends the sentence, not the link. A closing bracket is
// cut if the link does not contain its opening bracket.
const trimLink = (link) => {
  const brackets = countBrackets(link);
  let end = link.length;
  for (; end > 0; end -= 1) {
    const last = link[end - 1];
    const opening = PAIRS[last];
    if (!opening && !ENDINGS.has(last)) break;
    if (opening && brackets[opening] >= brackets[last]) break;
    if (opening) brackets[last] -= 1;
  }
  return link.slice(0, end);
};

const countBrackets = (link) => {
  const found = { "(": 0, ")": 0, "[": 0, "]": 0, "{": 0, "}": 0 };
  for (const character of link) if (character in found) found[character] += 1;
  return found;
};

const hrefOf = (link) => {
  const full = /^(?:https?:\/\/|mailto:)/i.test(link)
    ? link
    : /^www\./i.test(link)
      ? `https://${link}`
      : `mailto:${link}`;
  const url = parsed(full);
  if (!url) return null;
  const destination = url.protocol === "mailto:" ? url.pathname.includes("@") : url.hostname;
  return ALLOWED.has(url.protocol) && destination ? url.href : null;
};

const parsed = (address) => {
  try {
    return new URL(address);
  } catch {
    return null;
  }
};

const joinSpans = (spans) => {
  const all = [];
  for (const span of spans) {
    const before = all.at(-1);
    if (span.type === "text" && !span.text) continue;
    if (span.type === "text" && before?.type === "text") before.text += span.text;
    else all.push({ ...span });
  }
  return all;
};
