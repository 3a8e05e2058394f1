// What is wrong, in sentences, with the file, the line, and the line's text above a caret.

import { byId, element } from "./element.js";

export function showFaults(faults) {
  byId("faults").replaceChildren(...faults.map(fault));
}

function fault({ message, file, line, column, text, remedy }, index) {
  const place = [file, line || "", column || ""].filter(Boolean).join(":");
  const head = [place && element("b", {}, `${place}: `), message, remedy && `; ${remedy}`].filter(Boolean);
  const caret = column ? `\n${text.slice(0, column - 1).replace(/[^\t]/g, " ")}^` : "";
  const made = element("div", { className: "fault", id: `fault-${index + 1}` }, ...head);
  if (text) made.append(element("pre", {}, text + caret));
  return made;
}
