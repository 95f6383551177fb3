// The icon of the tab with the number of messages that wait on it.

const SIZE = 64;
const MOST = 99;

// More than two digits are not legible at sixteen pixels.
export const badgeOf = (count, number) => (count > MOST ? `${number(MOST)}+` : number(count));

// `icon` is the address of the plain one; returns an address of one that carries the text.
export const iconWith = async (icon, text) => {
  const image = new Image(SIZE, SIZE);
  image.src = icon;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIZE;
  const pen = canvas.getContext("2d");
  pen.drawImage(image, 0, 0, SIZE, SIZE);
  const height = SIZE * 0.56;
  pen.font = `700 ${height * 0.9}px system-ui, sans-serif`;
  const width = Math.max(height, pen.measureText(text).width + height * 0.35);
  pen.fillStyle = "#b91c1c";
  pen.beginPath();
  pen.roundRect(SIZE - width, SIZE - height, width, height, height / 2);
  pen.fill();
  pen.fillStyle = "#fff";
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText(text, SIZE - width / 2, SIZE - height / 2 + height * 0.06, width);
  return canvas.toDataURL();
};
