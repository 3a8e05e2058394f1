// The chain: its steps, each with a filter and values, and the cards that show them. A card can be dragged by its
// handle, or moved by its buttons.

import { control } from "./controls.js";
import { byId, element } from "./element.js";

export class Chain {
  constructor(changed, upload) {
    this.changed = changed;
    this.upload = upload;
    this.steps = [];
    this.filters = new Map();
    this.list = byId("steps");
  }

  // Take the filters that there are: at first, and after a save of the user's file.
  know(filters) {
    this.filters = new Map(filters.map((each) => [each.name, each]));
    this.draw();
  }

  // Return the name of the filter with a name or another name; undefined for a word that none has.
  named(word) {
    return this.filters.has(word) ? word : [...this.filters.values()].find((each) => each.aliases.includes(word))?.name;
  }

  add(name) {
    const needed = this.filters.get(name).controls.filter((each) => each.required);
    this.steps.push({ filter: name, on: true, values: Object.fromEntries(needed.map((each) => [each.name, each.value])) });
    this.draw();
    this.list.lastElementChild.querySelector("input, select, textarea, button")?.focus();
    this.changed(true);
  }

  // Return the steps as the studio reads them. A file that is still to be chosen is left out.
  asked() {
    return this.steps.map(({ filter, on, values }) => ({
      filter, on, values: Object.fromEntries(Object.entries(values).filter(([, value]) => value !== "")),
    }));
  }

  mark(number) {
    [...this.list.children].forEach((card, index) => card.classList.toggle("wrong", index === number));
  }

  draw() {
    this.list.replaceChildren(...this.steps.map((step, index) => this.card(step, index)));
  }

  move(from, to) {
    if (to < 0 || to >= this.steps.length || from === to) return;
    this.steps.splice(to, 0, ...this.steps.splice(from, 1));
    this.draw();
    this.changed(true);
  }

  remove(index) {
    this.steps.splice(index, 1);
    this.draw();
    (this.list.children[Math.min(index, this.steps.length - 1)]?.querySelector("button") ?? byId("name")).focus();
    this.changed(true);
  }

  card(step, index) {
    const about = this.filters.get(step.filter);
    const card = element("li", { className: "step" });
    card.append(this.head(step, index, card));
    if (!about) return card;
    card.append(element("p", { className: "note" }, about.summary));
    for (const each of about.controls) {
      const change = (value, isDone) => {
        step.values[each.name] = value;
        this.changed(isDone);
      };
      card.append(control(each, plain(step.values[each.name]) ?? each.value, change, this.upload));
    }
    return card;
  }

  head(step, index, card) {
    const name = step.filter;
    const on = element("input", { type: "checkbox", checked: step.on, "aria-label": `Use ${name}` });
    on.onchange = () => ((step.on = on.checked), this.changed(true));
    const button = (sign, words, act) => element("button", { type: "button", title: words, "aria-label": `${words}: ${name}`, onclick: act }, sign);
    const again = (to) => {
      this.move(index, to);
      this.list.children[to]?.querySelector("button").focus();
    };
    const handle = element("span", { className: "handle", title: "Drag", "aria-hidden": "true" }, "⠿");
    this.draggable(card, handle, index);
    return element("header", {}, handle, on, element("h3", {}, name),
      button("↑", "Move up", () => again(index - 1)), button("↓", "Move down", () => again(index + 1)),
      button("✕", "Remove", () => this.remove(index)));
  }

  // Let a card be dragged by its handle to the place of another.
  draggable(card, handle, index) {
    handle.onpointerdown = (event) => {
      handle.setPointerCapture(event.pointerId);
      card.classList.add("dragged");
    };
    handle.onpointerup = handle.onpointercancel = (event) => {
      card.classList.remove("dragged");
      if (event.type !== "pointerup") return;
      const boxes = [...this.list.children].map((each) => each.getBoundingClientRect());
      const under = boxes.findIndex((box) => event.clientY < box.bottom);
      this.move(index, under < 0 ? boxes.length - 1 : under);
    };
  }
}

// Return a value that a control can show; undefined for an upload, which shows none.
function plain(value) {
  return typeof value === "object" ? undefined : value;
}
