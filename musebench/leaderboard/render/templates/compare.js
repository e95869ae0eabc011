// Two entries of a board, work by work. BOARD is the constant of data/<board>/compare.js.
"use strict";

const SIZE = 520, EDGE = 48, SHOWN = 100;
const selects = ["a", "b"].map((id) => document.getElementById(id));
if (selects[0] && typeof BOARD !== "undefined") start();

function start() {
  for (const select of selects) {
    for (const { id, method } of BOARD.entries) select.append(new Option(method, id));
    select.addEventListener("change", save);
  }
  document.getElementById("controls").hidden = false;
  window.addEventListener("hashchange", load);
  load();
}

function load() {
  const state = new URLSearchParams(location.hash.startsWith("#?") ? location.hash.slice(2) : "");
  const ids = BOARD.entries.map((entry) => entry.id);
  const a = ids.includes(state.get("a")) ? state.get("a") : ids[0];
  const others = ids.filter((id) => id !== a);
  selects[0].value = a;
  selects[1].value = ids.includes(state.get("b")) ? state.get("b") : others[0] || a;
  show();
}

function save() {
  const state = new URLSearchParams({ a: selects[0].value, b: selects[1].value });
  history.replaceState(null, "", `#?${state}`);
  show();
}

function show() {
  const [a, b] = selects.map(({ value }) => BOARD.entries.find((entry) => entry.id === value));
  document.getElementById("name-a").textContent = a.method;
  document.getElementById("name-b").textContent = b.method;
  const points = BOARD.works
    .map((work, k) => ({ work, a: a.values[k], b: b.values[k] }))
    .filter((point) => point.a !== null && point.b !== null);
  showPair(a, b);
  plot(a, b, points);
  showWorks(points);
  const better = points.filter((point) => point.a > point.b).length;
  const worse = points.filter((point) => point.a < point.b).length;
  document.getElementById("status").textContent =
    `${points.length} works: ${a.method} has the larger value on ${better}, ${b.method} on ${worse}.`;
}

function showPair(a, b) {
  const found = BOARD.pairs.find(([one, two]) =>
    (one === a.id && two === b.id) || (one === b.id && two === a.id));
  const list = document.getElementById("pair");
  list.replaceChildren();
  const add = (name, text) => {
    const [term, description] = [document.createElement("dt"), document.createElement("dd")];
    [term.textContent, description.textContent] = [name, text];
    list.append(term, description);
  };
  if (!found) {
    add("Pair", "These entries are not ranked against each other.");
    return;
  }
  const names = found.slice(0, 2).map((id) => BOARD.entries.find((e) => e.id === id).method);
  add("Pair", `${names[0]} less ${names[1]}, ${BOARD.title}`);
  BOARD.columns.forEach((name, k) => add(name, found[2][k]));
}

function element(name, attributes, text) {
  const found = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) found.setAttribute(key, value);
  if (text !== undefined) found.textContent = text;
  return found;
}

function plot(a, b, points) {
  const svg = document.getElementById("plot");
  svg.replaceChildren();
  const values = points.flatMap((point) => [point.a, point.b]);
  let [low, high] = values.length ? [Math.min(...values), Math.max(...values)] : [0, 1];
  if (low === high) [low, high] = [low - 1, high + 1];
  const x = (value) => EDGE + ((value - low) / (high - low)) * (SIZE - 2 * EDGE);
  const y = (value) => SIZE - x(value);
  svg.append(element("path", { class: "frame", d: `M${x(low)} ${y(high)}V${y(low)}H${x(high)}` }));
  svg.append(element("path", { class: "divider", d: `M${x(low)} ${y(low)}L${x(high)} ${y(high)}` }));
  for (const value of [low, (low + high) / 2, high]) {
    const text = value.toFixed(high - low > 5 ? 0 : 2);
    svg.append(element("text", { x: x(value), y: SIZE - EDGE + 18, "text-anchor": "middle" }, text));
    svg.append(element("text", { x: EDGE - 6, y: y(value) + 4, "text-anchor": "end" }, text));
  }
  svg.append(element("text", { x: SIZE - EDGE, y: SIZE - 8, "text-anchor": "end" }, short(a.method)));
  svg.append(element("text", { x: 8, y: EDGE - 20 }, short(b.method)));
  for (const point of points) {
    const dot = element("circle", { class: "marker", cx: x(point.a), cy: y(point.b), r: 4 });
    dot.append(element("title", {}, `${point.work}: ${shown(point.a)} and ${shown(point.b)}`));
    svg.append(dot);
  }
}

function short(text) {
  return text.length > 48 ? `${text.slice(0, 47)}…` : text;
}

function shown(value) {
  return value.toFixed(2).replace("-", "−");
}

function showWorks(points) {
  const size = (point) => Math.abs(point.a - point.b);
  const order = [...points].sort((one, two) => size(two) - size(one)).slice(0, SHOWN);
  document.getElementById("rows").replaceChildren(...order.map((point) => {
    const row = document.createElement("tr");
    const head = document.createElement("th");
    head.scope = "row";
    head.textContent = point.work;
    const cells = [point.a, point.b, point.a - point.b].map((value) => {
      const cell = document.createElement("td");
      cell.className = "number";
      cell.textContent = shown(value);
      return cell;
    });
    row.append(head, ...cells);
    return row;
  }));
}
