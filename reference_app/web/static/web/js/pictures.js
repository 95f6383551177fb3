// How large files are shown in the conversation. Pure.

// The largest that a picture is shown, in CSS pixels.
const LARGEST = 320;
const OTHER = 64;

export const shownSize = ({ width, height }) => {
  const scale = Math.min(1, LARGEST / width, LARGEST / height);
  return {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  };
};

// A guess, for files that have never been shown.
export const heightOf = (files = []) =>
  files.reduce((sum, file) => sum + (file.width ? shownSize(file).height : OTHER), 0);
