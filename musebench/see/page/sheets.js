// Systems are drawn when they come into view, and emptied when they are far away.

const SVG = "http://www.w3.org/2000/svg";
const STUB = 44;
const drawn = new Set();

const make = (tag, attributes, parent) => {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  parent?.append(element);
  return element;
};

// The same curves as in the static picture: a reverse edge bows to the other side.
const tenth = (value) => Math.trunc(value * 10 + 0.5 + 1e6) / 10 - 1e5;
const plain = (value) => Number(value.toPrecision(6)).toString();
const curve = (a, b, bow) => {
  const x = tenth((a.x + b.x) / 2 + bow * (b.y - a.y));
  const y = tenth((a.y + b.y) / 2 - bow * (b.x - a.x));
  return `M${plain(a.x)} ${plain(a.y)}Q${plain(x)} ${plain(y)} ${plain(b.x)} ${plain(b.y)}`;
};
const stub = (a, direction, bow) =>
  `M${plain(a.x)} ${plain(a.y)}q${plain((direction * STUB) / 2)} ${plain(tenth(-bow * STUB))} ${plain(direction * STUB)} 0`;

// The visible part of a link in a system: all of it, or an end.
const pathIn = (system, u, v, bow) => {
  const [a, b] = [place[u], place[v]];
  if (a.system === b.system) return { d: curve(a, b, bow), cut: false };
  const forward = a.system < b.system || (a.system === b.system && a.x <= b.x) ? 1 : -1;
  return { d: a.system === system ? stub(a, forward, bow) : stub(b, -forward, bow), cut: true };
};

// Edges of a relation are two elements, one of whole curves and one of ends: many small ones would
// be slow to scroll. `data-edges` names the notes of each curve in turn.
const drawEdges = (system) => {
  const parent = sheets[system].querySelector(".edges");
  parent.replaceChildren();
  const groups = new Map();
  const add = (relation, u, v, isReverse) => {
    const base = relation.replace("_rev", "");
    const { d, cut } = pathIn(system, u, v, layout.bows[base]);
    const key = `${relation} ${base}${isReverse ? " reverse" : ""}${cut ? " stub" : ""}`;
    if (!groups.has(key)) groups.set(key, { relation, base, paths: [], notes: [] });
    groups.get(key).paths.push(d);
    groups.get(key).notes.push(u, v);
  };
  if (!isOn("batch") && !isOn("all")) return; // those of the note are drawn with it
  for (const { relation, u, v } of isOn("batch") ? batchEdgesOf[system] : edgesOf[system]) {
    if (!isDrawn(relation.replace("_rev", ""))) continue;
    if (isOn("batch")) {
      add(relation, u, v, relation.endsWith("_rev"));
      continue;
    }
    // One line shows both directions of an onset edge, unless reverse edges are on.
    if (relation !== "onset" || u < v) add(relation, u, v, false);
    if (!isOn("reverse")) continue;
    if (relation !== "onset") add(`${relation}_rev`, v, u, true);
    else if (u > v) add(relation, u, v, true);
  }
  for (const [key, { relation, base, paths, notes }] of groups) {
    make("path", { class: `edge ${key}`, style: `--color: var(--${base})`, d: paths.join(""), "data-relation": relation, "data-edges": notes.join(" ") }, parent);
  }
};

const drawMetrical = (over, system, kind) => {
  const parent = over.querySelector(`.metrical.${kind}`);
  parent.replaceChildren();
  if (!isOn(kind)) return;
  const { connects, next } = data[kind];
  const places = laid[kind];
  const y = kind === "beat" ? layout.beatY : layout.measureY;
  const here = (node) => places[node]?.[0] === system;
  connects[0].forEach((row, i) => {
    const node = connects[1][i];
    if (!here(node) || place[row].system !== system) return;
    make("path", { class: "connects", d: `M${place[row].x} ${place[row].y}L${places[node][1]} ${y}`, "data-u": row, "data-v": node }, parent);
  });
  next[0].forEach((node, i) => {
    const after = next[1][i];
    if (here(node) && here(after)) {
      make("path", { class: "next", d: `M${places[node][1]} ${y}L${places[after][1]} ${y}`, "data-u": node, "data-v": after }, parent);
    } else if (here(node) || here(after)) {
      const [x, way] = here(node) ? [places[node][1], STUB] : [places[after][1], -STUB];
      make("path", { class: "next stub", d: `M${x} ${y}h${way}`, "data-u": node, "data-v": after }, parent);
    }
  });
  places.forEach((at, node) => {
    if (at?.[0] !== system) return;
    const shape = kind === "beat" ? ["circle", { cx: at[1], cy: y, r: 7 }] : ["rect", { x: at[1] - 8, y: y - 8, width: 16, height: 16 }];
    make(shape[0], { class: "node", "data-node": node, ...shape[1] }, parent);
  });
};

const laneName = (kind) => (kind === "harmony" ? "numerals" : kind.replaceAll("_", " "));
const drawLanes = (over, system) => {
  const parent = over.querySelector(".lane");
  parent.replaceChildren();
  data.lanes.forEach((lane, i) => {
    const several = data.lanes.filter(({ kind }) => kind === lane.kind).length > 1;
    if (!isOn(`lane-${lane.kind}`)) return;
    const name = several ? `${laneName(lane.kind)}, ${lane.source}` : laneName(lane.kind);
    const y = laid.systems[system].height + i * layout.laneHeight + layout.laneBase;
    make("text", { class: "caption", x: 0, y }, parent).textContent = name;
    let end = 10 * name.length;
    for (const [at, x, text, isWrong] of laid.signs[i]) {
      if (at !== system) continue;
      // A text that would overlap the previous one is raised.
      const raised = x < end;
      make("text", { class: `${lane.kind}${isWrong ? " is-wrong" : ""}`, x: x - 12, y: raised ? y - 12 : y, ...(raised ? { style: "font-size: 17px" } : {}) }, parent).textContent = text;
      end = x - 12 + 15 * text.length;
    }
  });
};

const drawLines = (system) => {
  const parent = sheets[system].querySelector(".line");
  parent.replaceChildren();
  const [source, kinds] = chosenLines();
  for (const { source: of, kind, pairs, groups } of data.lines) {
    if (of !== source || !kinds.includes(kind)) continue;
    pairs.forEach(([u, v], i) => {
      if (place[u].system !== system && place[v].system !== system) return;
      const { d } = pathIn(system, u, v, kind === "missed" ? -0.06 : 0);
      const color = kind === "voice" ? `--color: var(--line-${groups[i] % 8})` : "";
      make("path", { class: kind, d, style: color, "data-u": u, "data-v": v }, parent);
    });
  }
};

const ARROW = '<marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="4.5" markerHeight="4.5" orient="auto-start-reverse"><path d="M0 0L8 4L0 8z"/></marker>';

const draw = (system) => {
  if (drawn.has(system)) return;
  drawn.add(system);
  const { svg, width, height } = laid.systems[system];
  const sheet = sheets[system];
  const whole = wholeHeight(height);
  const music = document.createElement("div");
  music.className = "music";
  music.innerHTML = svg; // what verovio or musebench drew
  music.firstElementChild.style.top = `${(100 * layout.headroom) / whole}%`;
  music.firstElementChild.setAttribute("aria-hidden", "true");
  const viewBox = `0 ${-layout.headroom} ${width} ${whole}`;
  const under = make("svg", { class: "layer under", viewBox, "aria-hidden": "true" });
  for (const name of ["line", "edges"]) make("g", { class: name }, under);
  const over = make("svg", { class: "layer over", viewBox });
  over.innerHTML = `<defs>${ARROW}</defs>`;
  for (const name of ["metrical measure", "metrical beat", "lane", "marks", "lit", "hits"]) {
    make("g", { class: name }, over);
  }
  sheet.replaceChildren(under, music, over);
  const hits = over.querySelector(".hits");
  for (const row of notesOf[system]) {
    const { x, y } = place[row];
    make("circle", { class: "hit", cx: x, cy: y, r: 13, "data-row": row, tabindex: row === tabStop ? 0 : -1, role: "button", "aria-label": whereIs(row) }, hits);
  }
  refresh(system);
};

// Draw anew what depends on the controls.
const refresh = (system) => {
  const over = sheets[system].querySelector(".over");
  drawEdges(system);
  drawMetrical(over, system, "beat");
  drawMetrical(over, system, "measure");
  drawLanes(over, system);
  drawLines(system);
  paintSystem(over, system);
  lightSystem(over, system);
};
const refreshAll = () => drawn.forEach(refresh);

const clear = (system) => {
  if (sheets[system].contains(document.activeElement)) return;
  drawn.delete(system);
  sheets[system].replaceChildren();
};

// One system a frame, so that scrolling stays smooth; what is far away goes when there are many.
const MAX_DRAWN = 12;
const waiting = new Set();
const visible = new Set();
const drawNext = () => {
  const [system] = waiting;
  if (system === undefined) return;
  waiting.delete(system);
  draw(system);
  for (const other of drawn) {
    if (drawn.size > MAX_DRAWN && !visible.has(other) && !isPrinting) clear(other);
  }
  requestAnimationFrame(drawNext);
};

let isPrinting = false;
const observer = new IntersectionObserver(
  (entries) => {
    const wasIdle = waiting.size === 0;
    for (const { target, isIntersecting } of entries) {
      const system = Number(target.dataset.system);
      if (sheets[system] !== target) continue; // of systems that were laid out anew
      if (isIntersecting) visible.add(system);
      else visible.delete(system);
      if (isIntersecting && !drawn.has(system)) waiting.add(system);
      else waiting.delete(system);
    }
    if (wasIdle) drawNext();
  },
  { rootMargin: "60% 0px" },
);
const watch = () => {
  observer.disconnect();
  sheets.forEach((sheet) => observer.observe(sheet));
};
addEventListener("beforeprint", () => {
  isPrinting = true;
  sheets.forEach((_, system) => draw(system));
});
addEventListener("afterprint", () => {
  isPrinting = false;
});
