// A board's page: sorting, filtering, the metric shown, copying. Without it the page is complete.
"use strict";

const table = document.getElementById("entries");
if (table) start();

function start() {
  const headers = [...table.querySelectorAll("th[data-sort]")];
  headers.forEach(addSortButton);
  document.getElementById("controls").hidden = false;
  document.getElementById("metric").addEventListener("change", showMetric);
  document.getElementById("search").addEventListener("input", filter);
  for (const select of document.querySelectorAll(".filter")) {
    select.addEventListener("change", filter);
  }
  document.getElementById("reset").addEventListener("click", reset);
  document.querySelectorAll(".command").forEach(addCopyButton);
  showMetric();
  filter();
}

function addSortButton(header) {
  const button = document.createElement("button");
  button.type = "button";
  button.append(...header.childNodes);
  const arrow = document.createElement("span");
  arrow.className = "arrow";
  arrow.setAttribute("aria-hidden", "true");
  button.append(arrow);
  button.addEventListener("click", () => sortBy(header));
  header.append(button);
}

function sortBy(header) {
  const first = header.dataset.first || "ascending";
  const other = first === "ascending" ? "descending" : "ascending";
  const order = header.getAttribute("aria-sort") === first ? other : first;
  table.querySelectorAll("th[aria-sort]").forEach((th) => th.removeAttribute("aria-sort"));
  header.setAttribute("aria-sort", order);
  const column = header.cellIndex;
  const isNumber = header.dataset.sort === "number";
  const collator = new Intl.Collator("en", { numeric: true });
  const body = table.tBodies[0];
  const valueOf = (row) => row.cells[column].dataset.value;
  const rows = [...body.rows].sort((one, two) => {
    const [a, b] = [valueOf(one), valueOf(two)];
    // What is missing stays last in both orders; what is equal stays in order of rank.
    if (a === "" || b === "") return (a === "") - (b === "") || byPosition(one, two);
    const sign = order === "ascending" ? 1 : -1;
    const difference = isNumber ? Number(a) - Number(b) : collator.compare(a, b);
    return sign * difference || byPosition(one, two);
  });
  body.append(...rows);
  tell();
}

function byPosition(one, two) {
  return Number(one.dataset.entry) - Number(two.dataset.entry);
}

function showMetric() {
  const chosen = document.getElementById("metric").value;
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
  const matches = (row) =>
    words.every((word) => row.dataset.search.includes(word)) &&
    selects.every(({ value, dataset }) => !value || row.dataset[dataset.filter] === value);
  const shown = new Set();
  for (const row of table.tBodies[0].rows) {
    if (matches(row)) shown.add(row.dataset.entry);
  }
  for (const element of document.querySelectorAll("[data-entry]")) {
    element.toggleAttribute("hidden", !shown.has(element.dataset.entry));
  }
  tell();
}

function reset() {
  document.getElementById("search").value = "";
  document.querySelectorAll(".filter").forEach((select) => (select.value = ""));
  document.getElementById("metric").value = "main";
  showMetric();
  filter();
}

function tell() {
  const rows = [...table.tBodies[0].rows];
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
