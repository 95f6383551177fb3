// Elements from data. Text is always text: nothing that people write is read as HTML.

export const $ = (id) => document.getElementById(id);

export const h = (tag, props = {}, ...children) => {
  const element = document.createElement(tag);
  const { dataset, ...rest } = props;
  for (const [name, value] of Object.entries(rest)) {
    if (name in element) element[name] = value;
    else if (value !== null) element.setAttribute(name, value);
  }
  Object.assign(element.dataset, dataset ?? {});
  element.append(...children.filter((child) => child !== null));
  return element;
};

// Touching the document costs, even where nothing changes.
export const setText = (element, text) => {
  if (element.textContent !== text) element.textContent = text;
};

// Everybody has a colour of their own.
export const tint = (element, id) => {
  element.style.setProperty("--hue", (id * 67) % 360);
  return element;
};

export const initialOf = (name) => [...name][0] ?? "?";

export const avatar = ({ id, name }) =>
  tint(h("span", { className: "avatar", ariaHidden: "true" }, initialOf(name)), id);
