// Draws the number of unread messages on the tab's icon.

const SIZE_PX = 64;
const MAX_COUNT = 99;

// Returns the text of the badge. More than two digits are not legible at 16 pixels.
export const badgeText = (count, number) =>
  count > MAX_COUNT ? `${number(MAX_COUNT)}+` : number(count);

// Draws a text on an icon; returns the URL of the new icon. `icon` is the URL of the plain one.
export const drawBadge = async (icon, text) => {
  const image = new Image(SIZE_PX, SIZE_PX);
  image.src = icon;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIZE_PX;
  const pen = canvas.getContext("2d");
  pen.drawImage(image, 0, 0, SIZE_PX, SIZE_PX);
  const height = SIZE_PX * 0.56;
  pen.font = `700 ${height * 0.9}px system-ui, sans-serif`;
  const width = Math.max(height, pen.measureText(text).width + height * 0.35);
  pen.fillStyle = "#b91c1c";
  pen.beginPath();
  pen.roundRect(SIZE_PX - width, SIZE_PX - height, width, height, height / 2);
  pen.fill();
  pen.fillStyle = "#fff";
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText(text, SIZE_PX - width / 2, SIZE_PX - height / 2 + height * 0.06, width);
  return canvas.toDataURL();
};
