// Copies text where the page may, and where it may not: with a permission, or by a selection.

export const copy = async (text, within) => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copySelected(text, within);
  }
};

// Inside an open dialog nothing else of the page can be selected, so the field goes there.
const copySelected = (text, within) => {
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "visually-hidden";
  within.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  return copied;
};
