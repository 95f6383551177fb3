// Computes how large attached files are shown in the list of messages, in CSS pixels. Pure.

// The largest width and height of a picture.
const MAX_PICTURE_PX = 320;
const OTHER_FILE_HEIGHT_PX = 64;

export const displaySize = ({ width, height }) => {
  const scale = Math.min(1, MAX_PICTURE_PX / width, MAX_PICTURE_PX / height);
  return {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  };
};

// Estimates the height of files that have never been shown.
export const estimateHeight = (files = []) =>
  files
    .map((file) => (file.width ? displaySize(file).height : OTHER_FILE_HEIGHT_PX))
    .reduce((sum, height) => sum + height, 0);
