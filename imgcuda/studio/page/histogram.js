// The histogram: a line for each channel, and a table with least, mean and greatest value.

import { byId, element } from "./element.js";

const COLORS = { red: "#e0312d", green: "#2fa84a", blue: "#3c6df0", gray: "#8a8f86", alpha: "#b48ae0" };

export function drawHistogram(channels) {
  const canvas = byId("bars");
  const pen = canvas.getContext("2d");
  const most = Math.max(1, ...channels.flatMap((each) => each.bars.slice(1, -1)));
  pen.clearRect(0, 0, canvas.width, canvas.height);
  pen.lineWidth = 2;
  for (const { name, bars } of channels) {
    pen.strokeStyle = COLORS[name] ?? COLORS.gray;
    pen.beginPath();
    bars.forEach((count, index) => pen.lineTo(((index + 0.5) / bars.length) * canvas.width, canvas.height * (1 - Math.min(1, count / most))));
    pen.stroke();
  }
  byId("levels").replaceChildren(...channels.map(row));
}

function row({ name, least, mean, most }) {
  const cells = [least, mean, most].map((each) => element("td", {}, Number.isInteger(each) ? String(each) : each.toPrecision(4)));
  return element("tr", {}, element("th", { scope: "row" }, name), ...cells);
}
