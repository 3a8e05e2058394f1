// The page: brings the chain, the picture and the studio together.

import { Chain } from "./chain.js";
import { Connection, parsed } from "./connection.js";
import { byId, element } from "./element.js";
import { showFaults } from "./faults.js";
import { drawHistogram } from "./histogram.js";
import { View } from "./view.js";

history.replaceState(null, "", "/"); // the token in the address is used up

let picture = null;
let faulty = { run: [], plugin: [], checked: [] };
let later = 0;

const chain = new Chain(changed, upload);
const view = new View((x, y) => connection.send({ type: "pixel", x, y }));
const connection = new Connection({ open: start, closed, result, fault, pixel: (each) => view.pixel(each), plugin, checked, slow });

// Run the chain: on the smaller copy while something is dragged, and then on the whole picture.
function changed(isDone) {
  if (!picture) return;
  clearTimeout(later);
  view.mark([]);
  faulty.checked = [];
  if (!isDone || picture.scale < 1) run("proxy");
  if (isDone) later = setTimeout(() => run("full"), picture.scale < 1 ? 150 : 0);
}

function run(extent) {
  connection.run({ type: "run", chain: chain.asked(), extent, target: target() });
}

function target() {
  return `out${byId("format").selectedOptions[0]?.value ?? ".png"}`;
}

async function start() {
  const answer = await fetch("/studio");
  if (!answer.ok) return showFaults([{ message: await answer.text() }]);
  const about = await answer.json();
  const formats = about.formats.map(({ name, ending }) => element("option", { value: ending }, name));
  byId("format").replaceChildren(...formats);
  know(about.filters);
  if (about.picture) await opened(about.picture);
  if (about.plugin) plugin({ plugin: about.plugin, filters: about.filters });
}

function know(filters) {
  const options = filters.map(({ name, summary }) => element("option", { value: name }, summary));
  byId("names").replaceChildren(...options);
  chain.know(filters);
}

async function opened(found) {
  picture = found;
  byId("about").textContent = [`${found.name}: ${found.words}`, ...found.losses].join("; ");
  await before("proxy");
  changed(true);
}

// Show the picture as it was opened; the whole of it comes when that is wanted.
async function before(extent) {
  const answer = await fetch(`/before?extent=${extent}`);
  if (answer.ok) view.draw("before", parsed(await answer.arrayBuffer()).image);
}

function result(message, isNewest) {
  view.after(message.image, message.size, message.scale);
  drawHistogram(message.histogram);
  const part = message.scale === 1 ? "" : " of the smaller copy, in which radii reach further";
  byId("state").textContent = `${message.size.join(" × ")} pixels${part}, filtered in ${message.milliseconds.toFixed(1)} ms`;
  if (!isNewest) return;
  document.body.dataset.extent = message.extent;
  chain.mark(-1);
  tell("run", []);
  for (const [id, words] of Object.entries(message.words ?? {})) byId(id).textContent = words;
}

function fault(message, isNewest) {
  if (message.id !== undefined && !isNewest) return;
  chain.mark(message.faults[0]?.step ?? -1);
  tell("run", message.faults);
}

function plugin(message) {
  const { file, names, faults } = message.plugin;
  byId("plugin").textContent = faults.length ? `${file} has an error` : `${file} is loaded: ${names.join(", ")}`;
  tell("plugin", faults);
  know(message.filters);
  if (chain.steps.length === 0 && names.length && picture) chain.add(names[0]);
  else if (!faults.length) changed(true);
}

function checked(message) {
  tell("checked", message.faults);
  view.mark(message.faults);
  byId("state").textContent = message.faults.length ? `${message.faults.length} found in ${message.words}` : `Nothing is wrong in ${message.words}`;
}

// Say that the newest request takes long; a kernel without an end is one reason.
function slow({ seconds }) {
  byId("state").textContent = `The chain has run for ${seconds} s. Change it, or mend and save a kernel that does not end, and this run is given up.`;
}

// Show the errors of the user's file, of a checked run and of the chain, each once.
function tell(kind, faults) {
  faulty[kind] = faults;
  const all = [...faulty.checked, ...faulty.plugin, ...faulty.run];
  const seen = new Set();
  showFaults(all.filter(({ message, line }) => !seen.has(`${line} ${message}`) && seen.add(`${line} ${message}`)));
}

function closed() {
  byId("state").textContent = "The studio has ended.";
  document.body.dataset.extent = "";
}

async function upload(file) {
  const answer = await send(`/upload?name=${encodeURIComponent(file.name)}`, file);
  return answer && (await answer.json()).upload;
}

// Send data, and return the answer; show the errors if it is refused.
async function send(address, body) {
  const answer = await fetch(address, { method: "POST", body });
  if (answer.ok) return answer;
  tell("run", (await answer.json()).faults);
  return null;
}

async function open(file) {
  const answer = file && (await send(`/picture?name=${encodeURIComponent(file.name)}`, file));
  if (answer) await opened((await answer.json()).picture);
}

byId("open").onchange = (event) => open(event.target.files[0]);
document.body.ondragover = (event) => event.preventDefault();
document.body.ondrop = (event) => (event.preventDefault(), open(event.dataTransfer.files[0]));

byId("add").onsubmit = (event) => {
  event.preventDefault();
  const name = chain.named(byId("name").value.trim());
  byId("add-note").textContent = name ? "" : "There is no filter of this name.";
  if (!name) return;
  byId("name").value = "";
  chain.add(name);
};

byId("save").onsubmit = async (event) => {
  event.preventDefault();
  const format = target().slice(4);
  const answer = await send("/save", JSON.stringify({ chain: chain.asked(), format }));
  if (!answer) return;
  const link = element("a", { href: URL.createObjectURL(await answer.blob()), download: target() });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  byId("saved").textContent = ["Saved.", ...JSON.parse(decodeURIComponent(answer.headers.get("X-Losses")))].join(" ");
};

byId("format").onchange = () => changed(true);
byId("check").onclick = () => {
  byId("state").textContent = "The kernels run checked ...";
  connection.run({ type: "check", chain: chain.asked() });
};

for (const button of document.querySelectorAll("[data-copy]")) {
  button.onclick = async () => {
    await navigator.clipboard.writeText(byId(button.dataset.copy).textContent);
    byId("saved").textContent = "Copied.";
  };
}
