// Copies text to the clipboard; returns whether it worked. Without permission for the clipboard API
// it copies a selected field.

export const copy = async (text, within) => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copySelected(text, within);
  }
};

// While a dialog is open, nothing outside of it can be selected: `within` is then the dialog.
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
