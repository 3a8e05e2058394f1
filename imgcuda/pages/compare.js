"use strict";
(() => {
  const find = (id) => document.getElementById(id);
  const stage = find("stage"), frame = find("frame"), edge = find("edge"), line = find("line"), told = find("pixel");
  const zoom = find("zoom"), gain = find("gain");
  const width = Number(frame.dataset.width), height = Number(frame.dataset.height);
  const views = [...document.querySelectorAll("input[name=view]")];
  const canvases = new Map();
  let at = null;

  const moveEdge = () => frame.style.setProperty("--edge", `${edge.value / 10}%`);

  const setEdge = (event) => {
    const box = frame.getBoundingClientRect();
    edge.value = Math.round(1000 * (event.clientX - box.left) / box.width);
    moveEdge();
  };

  const show = (name) => {
    stage.dataset.view = name;
    for (const each of views) each.checked = each.value === name;
  };

  const sharpen = () => frame.classList.toggle("pixels", frame.clientWidth >= 1.5 * width);

  const setZoom = (value) => {
    const middle = at ? [(at[0] + .5) / width, (at[1] + .5) / height]
      : [(stage.scrollLeft + stage.clientWidth / 2) / frame.clientWidth, (stage.scrollTop + stage.clientHeight / 2) / frame.clientHeight];
    zoom.value = value;
    frame.style.width = value === "0" ? "" : `${width * Number(value)}px`;
    stage.scrollLeft = middle[0] * frame.clientWidth - stage.clientWidth / 2;
    stage.scrollTop = middle[1] * frame.clientHeight - stage.clientHeight / 2;
    sharpen();
  };

  const stepZoom = (by) => {
    const place = Math.min(Math.max(zoom.selectedIndex + by, 0), zoom.options.length - 1);
    setZoom(zoom.options[place].value);
  };

  const samples = (image, x, y) => {
    if (!canvases.has(image)) {
      const canvas = document.createElement("canvas");
      canvas.width = image.naturalWidth;
      canvas.height = image.naturalHeight;
      const context = canvas.getContext("2d", { willReadFrequently: true });
      context.drawImage(image, 0, 0);
      canvases.set(image, context);
    }
    const across = Math.floor((x + .5) * frame.clientWidth / width * image.naturalWidth / image.clientWidth);
    const down = Math.floor((y + .5) * frame.clientHeight / height * image.naturalHeight / image.clientHeight);
    if (across >= image.naturalWidth || down >= image.naturalHeight) return "nothing";
    const [red, green, blue, alpha] = canvases.get(image).getImageData(across, down, 1, 1).data;
    return `${red} ${green} ${blue}${alpha < 255 ? `, alpha ${alpha}` : ""}`;
  };

  const tell = (x, y) => {
    at = [Math.min(Math.max(x, 0), width - 1), Math.min(Math.max(y, 0), height - 1)];
    told.textContent = `x ${at[0]}, y ${at[1]}: first ${samples(find("left"), ...at)}; second ${samples(find("right"), ...at)}`;
  };

  const step = (x, y) => {
    tell((at ? at[0] : width >> 1) + x, (at ? at[1] : height >> 1) + y);
    const [left, top] = [(at[0] + .5) / width * frame.clientWidth, (at[1] + .5) / height * frame.clientHeight];
    stage.scrollLeft = Math.min(Math.max(stage.scrollLeft, left - stage.clientWidth + 40), Math.max(left - 40, 0));
    stage.scrollTop = Math.min(Math.max(stage.scrollTop, top - stage.clientHeight + 40), Math.max(top - 40, 0));
  };

  const press = (event) => {
    const far = event.shiftKey ? 10 : 1;
    const steps = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, -far], ArrowDown: [0, far] };
    const chosen = views[Number(event.key) - 1];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (steps[event.key]) step(...steps[event.key]);
    else if (event.key === "+" || event.key === "=") stepZoom(1);
    else if (event.key === "-") stepZoom(-1);
    else if (event.key === "0") setZoom("0");
    else if (chosen) show(chosen.value);
    else return;
    event.preventDefault();
  };

  edge.addEventListener("input", moveEdge);
  zoom.addEventListener("change", () => setZoom(zoom.value));
  if (gain) gain.addEventListener("change", () => frame.style.setProperty("--gain", gain.value));
  for (const each of views) each.addEventListener("change", () => show(each.value));
  stage.addEventListener("keydown", press);
  stage.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    stepZoom(event.deltaY < 0 ? 1 : -1);
  }, { passive: false });
  line.addEventListener("pointerdown", (event) => line.setPointerCapture(event.pointerId));
  line.addEventListener("pointermove", (event) => { if (line.hasPointerCapture(event.pointerId)) setEdge(event); });
  frame.addEventListener("pointermove", (event) => {
    const box = frame.getBoundingClientRect();
    tell(Math.floor((event.clientX - box.left) / box.width * width), Math.floor((event.clientY - box.top) / box.height * height));
  });
  addEventListener("resize", sharpen);
  sharpen();
})();
