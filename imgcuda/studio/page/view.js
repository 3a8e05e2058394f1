// The picture: before and after over one another, the zoom, and the pixel under the pointer.

import { byId, element } from "./element.js";

export class View {
  constructor(askPixel) {
    this.frame = byId("frame");
    this.stage = byId("stage");
    this.cursor = byId("cursor");
    this.askPixel = askPixel;
    this.size = [1, 1]; // of the result whose pixels are numbered
    this.full = [1, 1]; // of the picture itself, for the zoom
    this.place = [0, 0];
    this.views = [...document.getElementsByName("view")];
    for (const radio of this.views) radio.onchange = () => this.arrange();
    byId("edge").oninput = () => this.arrange();
    byId("zoom").onchange = () => this.arrange();
    new ResizeObserver(() => this.arrange()).observe(this.stage);
    this.frame.onpointermove = (event) => this.point(event);
    this.stage.onkeydown = (event) => this.key(event);
  }

  get shown() {
    return this.views.find((each) => each.checked).value;
  }

  draw(id, image) {
    const canvas = byId(id);
    if (canvas.width !== image.width || canvas.height !== image.height) Object.assign(canvas, { width: image.width, height: image.height });
    canvas.getContext("2d").putImageData(image, 0, 0);
  }

  // Show a result; scale is that of the smaller copy, or 1.
  after(image, size, scale) {
    this.draw("after", image);
    const wanted = [size[0] / scale, size[1] / scale];
    const isResized = String(wanted) !== String(this.full);
    [this.size, this.full] = [size, wanted];
    if (isResized) this.arrange();
  }

  arrange() {
    const zoom = Number(byId("zoom").value);
    const [width, height] = this.full;
    const fit = Math.min(this.stage.clientWidth, (window.innerHeight * 0.76 * width) / height, width * 4);
    const wide = zoom ? (width * zoom) / devicePixelRatio : fit;
    this.frame.style.width = `${Math.max(1, wide)}px`;
    this.frame.classList.toggle("pixels", zoom > 1 || wide > width);
    this.frame.dataset.view = this.shown;
    byId("edge-label").hidden = this.shown !== "both";
    byId("before").style.clipPath = this.shown === "both" ? `inset(0 ${100 - byId("edge").value / 10}% 0 0)` : "";
    this.drawCursor();
  }

  point(event) {
    const box = this.frame.getBoundingClientRect();
    this.go((event.clientX - box.left) / box.width * this.size[0], (event.clientY - box.top) / box.height * this.size[1]);
    this.cursor.hidden = true;
  }

  key(event) {
    const views = { 1: "after", 2: "before", 3: "both" };
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (event.target !== this.stage || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in views) {
      this.views.find((each) => each.value === views[event.key]).checked = true;
      this.arrange();
    } else if (event.key in moves) {
      event.preventDefault();
      const by = event.shiftKey ? 10 : 1;
      this.go(this.place[0] + by * moves[event.key][0], this.place[1] + by * moves[event.key][1]);
      this.cursor.hidden = false;
      this.drawCursor();
    }
  }

  go(x, y) {
    const inside = (value, count) => Math.min(count - 1, Math.max(0, Math.floor(value)));
    this.place = [inside(x, this.size[0]), inside(y, this.size[1])];
    this.askPixel(...this.place);
  }

  drawCursor() {
    const [x, y] = [this.place[0] / this.size[0], this.place[1] / this.size[1]];
    const percent = (value) => `${100 * value}%`;
    Object.assign(this.cursor.style, { left: percent(x), top: percent(y), width: percent(1 / this.size[0]), height: percent(1 / this.size[1]) });
  }

  pixel({ x, y, before, after }) {
    const words = (values) => values.map((each) => (Number.isInteger(each) ? each : each.toPrecision(5))).join(" ");
    const parts = [before && `before ${words(before)}`, after && `after ${words(after)}`].filter(Boolean);
    byId("pixel").textContent = `${x}, ${y}: ${parts.join("; ")}`;
  }

  // Put a numbered mark at each finding that has a place, in parts of the width and height.
  mark(findings) {
    const marks = findings.map((each, index) => each.at && element("li", {}, spot(each, index))).filter(Boolean);
    byId("marks").replaceChildren(...marks);
  }
}

function spot({ at, message }, index) {
  const made = element("button", { type: "button", title: message, "aria-label": `Finding ${index + 1}: ${message}` }, String(index + 1));
  Object.assign(made.style, { left: `${100 * at[0]}%`, top: `${100 * at[1]}%` });
  made.onclick = () => byId(`fault-${index + 1}`)?.scrollIntoView({ block: "nearest" });
  return made;
}
