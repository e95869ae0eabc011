// The controls: their options and effects.

const option = (select, text, value) => select.append(new Option(text, value));

const chosenLines = () => {
  const [kinds, source] = (form.elements.lines.value || "none|").split("|");
  return [source, kinds.split("+")];
};

const offer = () => {
  const { paint, lines } = form.elements;
  option(paint, "nothing", "none:");
  data.columns.forEach((column, i) => {
    const name = `${column.head.replaceAll("_", " ")}, ${column.source}`;
    option(paint, name, `column:${i}`);
    if (column.wrong.length) option(paint, `${name}: errors`, `error:${i}`);
  });
  const heads = [...new Set(predicted.map((column) => column.head))];
  for (const head of heads) {
    if (predicted.filter((column) => column.head === head).length > 1) {
      option(paint, `${head.replaceAll("_", " ")}: errors of all`, `both:${head}`);
    }
  }
  paint.closest("label").hidden = !data.columns.length;
  option(lines, "none", "none|");
  for (const { source, kind } of data.lines) {
    if (kind === "voice") option(lines, `voices, ${source}`, `voice|${source}`);
    if (kind === "spurious") option(lines, `wrong links, ${source}`, `spurious+missed|${source}`);
  }
};

const showTargets = () => {
  const first = shownRows.find((row) => data.batch.hop[row] === 0);
  sheets[place[first].system].scrollIntoView({ block: "nearest" });
};

// The sticky header stays above the scrolled content.
const measureControls = () => {
  const height = getComputedStyle(form).position === "sticky" ? form.offsetHeight : 0;
  document.documentElement.style.setProperty("--controls", `${height}px`);
};
new ResizeObserver(measureControls).observe(form);
new ResizeObserver(fit).observe(score);

const open = () => {
  if (!data.explains || !predicted.length) return;
  const both = [...form.elements.paint.options].find(({ value }) => value.startsWith("both:"));
  const first = [...form.elements.paint.options].find(({ value }) => value.startsWith("error:"));
  form.elements.paint.value = (both ?? first).value;
  const wrong = [...form.elements.lines.options].find(({ value }) => value.startsWith("spurious"));
  if (wrong) form.elements.lines.value = wrong.value;
};

form.elements.hops.addEventListener("input", ({ target }) => {
  form.elements.hopsShown.value = target.value;
  look(looked);
});
form.addEventListener("change", ({ target }) => {
  if (target.name === "hops") return;
  if (target.name === "zoom") {
    fit();
    return;
  }
  if (target.name === "errorClass") {
    countErrors();
    return;
  }
  if (target.name === "paint") offerClasses();
  score.classList.toggle("batch", isOn("batch"));
  showLegend();
  look(looked);
  refreshAll();
  if (target.name === "batch" && target.checked) showTargets();
});
form.addEventListener("submit", (event) => event.preventDefault());
form.elements.previous.addEventListener("click", () => goToError(-1));
form.elements.next.addEventListener("click", () => goToError(1));

fit();
offer();
open();
offerClasses();
showLegend();
listen();
document.documentElement.dataset.ready = "true";
