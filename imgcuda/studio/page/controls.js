// The controls of a filter's parameters. Each calls changed(value, isDone): isDone is false while it is dragged.

import { element } from "./element.js";

let count = 0;

export function control(about, value, changed, upload) {
  const id = `control-${(count += 1)}`;
  const made = makers[about.kind](about, value, changed, id, upload);
  const unit = about.unit ? ` (${about.unit})` : "";
  const note = element("p", { className: "note", id: `${id}-help` }, about.help);
  const box = element("div", { className: "control" }, element("label", { htmlFor: id }, about.label + unit), ...made, note);
  box.querySelectorAll("input, select, textarea").forEach((each) => each.setAttribute("aria-describedby", note.id));
  return box;
}

const makers = { number: slider, whole: slider, switch: toggle, choice: choices, color, text, rows, file };

function slider(about, value, changed, id) {
  const scale = about.curved ? curved(about) : straight(about);
  const range = element("input", { type: "range", id, ...scale.range, value: scale.place(value) });
  const limits = { min: about.least ?? "", max: about.most ?? "", step: about.kind === "whole" ? 1 : "any" };
  const exact = element("input", { type: "number", ...limits, value, "aria-label": `${about.label}, exactly` });
  const say = () => range.setAttribute("aria-valuetext", exact.value);
  const drag = (isDone) => {
    exact.value = scale.value(Number(range.value));
    say();
    changed(Number(exact.value), isDone);
  };
  range.oninput = () => drag(false);
  range.onchange = () => drag(true);
  exact.oninput = () => {
    if (exact.value === "" || !exact.checkValidity()) return;
    range.value = scale.place(Number(exact.value));
    say();
    changed(Number(exact.value), false);
  };
  exact.onchange = () => exact.value !== "" && changed(Number(exact.value), true);
  say();
  return [range, exact];
}

// A slider over an even range.
function straight({ low, high, step }) {
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return {
    range: { min: low, max: high, step },
    place: (value) => value,
    value: (place) => Number(place.toFixed(Math.max(digits, String(low).split(".")[1]?.length ?? 0))),
  };
}

// A slider whose lower part is drawn out, since most useful values lie there: 0.1 to 100 around 2.
function curved({ low, high }) {
  return {
    range: { min: 0, max: 1000, step: 1 },
    place: (value) => 1000 * Math.cbrt(Math.max(0, value - low) / (high - low)),
    value: (place) => Number((low + (high - low) * (place / 1000) ** 3).toPrecision(3)),
  };
}

function toggle(about, value, changed, id) {
  const box = element("input", { type: "checkbox", id, checked: value });
  box.onchange = () => changed(box.checked, true);
  return [box, element("span")];
}

function choices(about, value, changed, id) {
  const list = element("select", { id, className: "wide" }, ...about.choices.map((each) => element("option", { value: each }, each)));
  list.value = value;
  list.onchange = () => changed(list.value, true);
  return [list];
}

function color(about, value, changed, id) {
  const plain = (text) => /^#[0-9a-f]{6}$/i.test(text);
  const field = element("input", { type: "text", value, "aria-label": `${about.label}, as text`, className: "color-text" });
  const picker = element("input", { type: "color", id, value: plain(value) ? value : "#808080" });
  picker.oninput = () => ((field.value = picker.value), changed(picker.value, false));
  picker.onchange = () => changed(picker.value, true);
  field.onchange = () => {
    if (plain(field.value)) picker.value = field.value;
    changed(field.value, true);
  };
  return [picker, field];
}

function text(about, value, changed, id) {
  const field = element("input", { type: "text", id, value, className: "wide", spellcheck: false });
  field.onchange = () => changed(field.value, true);
  return [field];
}

function rows(about, value, changed, id, upload) {
  const field = element("textarea", { id, value, rows: 3, className: "wide", spellcheck: false });
  field.onchange = () => changed(field.value, true);
  const [chooser] = file({ ...about, label: `${about.label}, from a file` }, "", changed, `${id}-file`, upload);
  chooser.setAttribute("aria-label", `${about.label}, from a file`);
  return [field, chooser];
}

function file(about, value, changed, id, upload) {
  const chooser = element("input", { type: "file", id, className: "wide" });
  chooser.onchange = async () => {
    const number = await upload(chooser.files[0]);
    if (number !== null) changed({ upload: number }, true);
  };
  return [chooser];
}
