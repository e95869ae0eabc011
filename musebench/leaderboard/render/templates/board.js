// Tables of a page: sorting, filtering, the metric shown, copying. Without it the page is complete.
// What is chosen stands in the address, after #?, so that it can be sent to others.
"use strict";

const table = document.getElementById("entries");
for (const header of document.querySelectorAll("th[data-sort]")) addSortButton(header);
document.querySelectorAll(".command").forEach(addCopyButton);
if (table) start();

function choices() {
  return [...document.querySelectorAll("#controls select, #controls input")];
}

function nameOfChoice({ id, dataset }) {
  return dataset.filter || dataset.limit || id;
}

function start() {
  document.getElementById("controls").hidden = false;
  for (const choice of choices()) {
    choice.addEventListener(choice.type === "search" ? "input" : "change", change);
  }
  document.getElementById("reset").addEventListener("click", reset);
  window.addEventListener("hashchange", load);
  load();
}

function load() {
  const state = new URLSearchParams(location.hash.startsWith("#?") ? location.hash.slice(2) : "");
  for (const choice of choices()) {
    const value = state.get(nameOfChoice(choice)) || "";
    const known = choice.options ? [...choice.options].some((o) => o.value === value) : true;
    choice.value = known && value ? value : defaultOf(choice);
  }
  const [column, order] = (state.get("sort") || "").split(".");
  const header = table.tHead.rows[0].cells[Number(column)];
  if (column && header && header.dataset.sort) sortBy(header, order);
  showMetric();
  filter();
}

function defaultOf(choice) {
  return choice.id === "metric" ? "main" : "";
}

function change() {
  showMetric();
  filter();
  save();
}

function save() {
  const state = new URLSearchParams();
  for (const choice of choices()) {
    if (choice.value !== defaultOf(choice)) state.set(nameOfChoice(choice), choice.value);
  }
  const sorted = table.querySelector("th[data-chosen]");
  if (sorted) state.set("sort", `${sorted.cellIndex}.${sorted.getAttribute("aria-sort")}`);
  const text = state.toString();
  history.replaceState(null, "", text ? `#?${text}` : "#");
}

function addSortButton(header) {
  const button = document.createElement("button");
  button.type = "button";
  button.append(...header.childNodes);
  const arrow = document.createElement("span");
  arrow.className = "arrow";
  arrow.setAttribute("aria-hidden", "true");
  button.append(arrow);
  button.addEventListener("click", () => {
    const first = header.dataset.first || "ascending";
    const other = first === "ascending" ? "descending" : "ascending";
    sortBy(header, header.getAttribute("aria-sort") === first ? other : first);
    if (table) save();
  });
  header.append(button);
}

function sortBy(header, order) {
  const own = header.closest("table");
  for (const th of own.querySelectorAll("th[aria-sort]")) {
    th.removeAttribute("aria-sort");
    delete th.dataset.chosen;
  }
  header.setAttribute("aria-sort", order === "descending" ? order : "ascending");
  header.dataset.chosen = "";
  const column = header.cellIndex;
  const isNumber = header.dataset.sort === "number";
  const collator = new Intl.Collator("en", { numeric: true });
  const body = own.tBodies[0];
  const valueOf = (row) => row.cells[column].dataset.value;
  const rows = [...body.rows].sort((one, two) => {
    const [a, b] = [valueOf(one), valueOf(two)];
    // What is missing stays last in both orders; what is equal stays in order of rank.
    if (a === "" || b === "") return (a === "") - (b === "") || byPosition(one, two);
    const sign = order === "descending" ? -1 : 1;
    const difference = isNumber ? Number(a) - Number(b) : collator.compare(a, b);
    return sign * difference || byPosition(one, two);
  });
  body.append(...rows);
  if (own === table) tell();
}

function byPosition(one, two) {
  return Number(one.dataset.entry) - Number(two.dataset.entry);
}

function showMetric() {
  const select = document.getElementById("metric");
  if (!select) return;
  const chosen = select.value;
  for (const cell of table.querySelectorAll("[data-metric]")) {
    const shown = chosen === "main" ? "main" in cell.dataset : cell.dataset.metric === chosen;
    cell.hidden = chosen !== "all" && !shown;
  }
  const figures = [...document.querySelectorAll("[data-figures]")];
  const first = table.querySelector("th[data-main]");
  const known = figures.some((figure) => figure.dataset.figures === chosen);
  const name = known ? chosen : first && first.dataset.metric;
  figures.forEach((figure) => (figure.hidden = figure.dataset.figures !== name));
}

function filter() {
  const words = document.getElementById("search").value.toLowerCase().split(/\s+/);
  const selects = [...document.querySelectorAll(".filter")];
  const limits = [...document.querySelectorAll(".limit")];
  const matches = (row) =>
    words.every((word) => row.dataset.search.includes(word)) &&
    selects.every((select) => fits(row.dataset[select.dataset.filter], select.value)) &&
    limits.every((limit) => isWithin(row.dataset[limit.dataset.limit], limit));
  const shown = new Set();
  for (const row of table.tBodies[0].rows) {
    if (matches(row)) shown.add(row.dataset.entry);
  }
  for (const element of document.querySelectorAll("[data-entry]")) {
    element.toggleAttribute("hidden", !shown.has(element.dataset.entry));
  }
  tell();
}

function fits(value, wanted) {
  return !wanted || value === wanted || value.includes(`|${wanted}|`);
}

function isWithin(value, limit) {
  if (!limit.value) return true;
  const [found, wanted] = [Number(value), Number(limit.value)];
  return value !== "" && ("most" in limit.dataset ? found <= wanted : found >= wanted);
}

function reset() {
  for (const choice of choices()) choice.value = defaultOf(choice);
  change();
}

function tell() {
  const rows = [...table.tBodies[0].rows].filter((row) => row.dataset.kind !== "ensemble");
  const shown = rows.filter((row) => !row.hidden).length;
  const sorted = table.querySelector("th[aria-sort]");
  let text = `${shown} of ${rows.length} ${rows.length === 1 ? "entry" : "entries"}`;
  if (sorted) text += `, by ${nameOf(sorted)}, ${sorted.getAttribute("aria-sort")}`;
  document.getElementById("status").textContent = `${text}.`;
}

function nameOf(header) {
  return header.textContent.trim().replace(/^[A-Z]/, (letter) => letter.toLowerCase());
}

function addCopyButton(box) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.setAttribute("aria-label", "Copy the command");
  const code = box.querySelector("code");
  button.addEventListener("click", async () => {
    const copied = await copy(code);
    button.textContent = copied ? "Copied" : "Selected";
    document.getElementById("status").textContent = copied
      ? "The command was copied."
      : "The command is selected.";
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });
  box.append(button);
}

async function copy(code) {
  try {
    await navigator.clipboard.writeText(code.textContent);
    return true;
  } catch {
    // No permission, or no clipboard from a file: leave the rest to the reader's keys.
    getSelection().selectAllChildren(code);
    return false;
  }
}
