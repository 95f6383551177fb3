// Finds, creates and changes elements. Text is never parsed as HTML.

export const $ = (id) => document.getElementById(id);

// Creates an element. A property that the element does not have becomes an attribute; children that
// are null are left out.
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

// Sets a text only if it differs, because each write to the document costs time.
export const setText = (element, text) => {
  if (element.textContent !== text) element.textContent = text;
};

// Gives an element the colour that belongs to an id.
export const tint = (element, id) => {
  element.style.setProperty("--hue", (id * 67) % 360);
  return element;
};

export const icon = (name) => h("i", { className: `fa-solid ${name}`, ariaHidden: "true" });

// Creates a button that shows an icon only; its label is also its tooltip.
export const iconButton = (name, label, onclick) =>
  h(
    "button",
    { className: "btn icon-button", type: "button", ariaLabel: label, title: label, onclick },
    icon(name),
  );

export const initialOf = (name) => [...name][0] ?? "?";

export const avatar = ({ id, name }) =>
  tint(h("span", { className: "avatar", ariaHidden: "true" }, initialOf(name)), id);
