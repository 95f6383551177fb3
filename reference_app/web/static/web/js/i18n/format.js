// Formats numbers, sizes, dates, lists and sentences in the page's language.
// The catalogue (words/LANGUAGE.js) is a script that the page loads before its modules.

const { gettext, interpolate } = globalThis.django;
const language = document.documentElement.lang;
const clock = new Intl.DateTimeFormat(language, { hour: "numeric", minute: "2-digit" });
const day = new Intl.DateTimeFormat(language, { dateStyle: "full" });
const shortDay = new Intl.DateTimeFormat(language, { day: "numeric", month: "short" });
const moment = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
const date = new Intl.DateTimeFormat(language, { dateStyle: "medium" });
const exact = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "medium" });
const conjunction = new Intl.ListFormat(language, { type: "conjunction" });
const numbers = new Intl.NumberFormat(language);
const percents = new Intl.NumberFormat(language, { style: "percent" });

// Isolates a name from the sentence around it, whose direction may be the opposite:
// first-strong isolate and pop directional isolate (Unicode Standard Annex 9).
export const isolate = (text) => `\u2068${text}\u2069`;

export const fill = (format, values) => interpolate(format, values, true);

export const joinSentences = (...texts) => texts.filter(Boolean).join(" ");

export const number = (value) => numbers.format(value);
export const percent = (value) => percents.format(value);
export const listOf = (texts) => conjunction.format(texts);
export const timeOf = (at) => clock.format(at);
export const dateOf = (at) => date.format(at);
export const dateTimeOf = (at) => moment.format(at);
export const exactTimeOf = (at) => exact.format(at);

const DAY_MS = 86_400_000;
const todayText = gettext("Today");
const yesterdayText = gettext("Yesterday");

export const dayOf = (at, now = Date.now()) => {
  const that = new Date(at).toDateString();
  if (that === new Date(now).toDateString()) return todayText;
  return that === new Date(now - DAY_MS).toDateString() ? yesterdayText : day.format(at);
};

// Returns the time of today's messages, and the day of older ones.
export const whenOf = (at) =>
  new Date(at).toDateString() === new Date().toDateString()
    ? clock.format(at)
    : shortDay.format(at);

const units = ["byte", "kilobyte", "megabyte", "gigabyte"].map(
  (unit) =>
    new Intl.NumberFormat(language, {
      style: "unit",
      unit,
      unitDisplay: unit === "byte" ? "long" : "short",
      maximumSignificantDigits: 3,
    }),
);

export const sizeText = (bytes) => {
  const power = Math.min(Math.floor(Math.log(Math.max(bytes, 1)) / Math.log(1024)), 3);
  return units[power].format(bytes / 1024 ** power);
};
