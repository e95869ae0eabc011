// The focused note: its neighbours are highlighted, its facts are listed.

let tabStop = shownRows[0] ?? -1;
let looked = -1;
let kept = -1;
let hopOf = new Map();

const neighbours = (row) => [
  ...outOf[row].map(({ relation, v }) => ({ relation, other: v, out: true })),
  ...into[row].filter(({ relation }) => relation !== "onset").map(({ relation, u }) => ({ relation, other: u, out: false })),
].filter(({ relation }) => isDrawn(relation));

// Notes within some edges, in either direction, over the selected relations.
const within = (row, hops) => {
  const found = new Map([[row, 0]]);
  let border = [row];
  for (let hop = 1; hop <= hops; hop += 1) {
    const next = [];
    for (const note of border) {
      for (const { other } of neighbours(note)) {
        if (found.has(other)) continue;
        found.set(other, hop);
        next.push(other);
      }
    }
    border = next;
  }
  return found;
};

const lightSystem = (over, system) => {
  const lit = over.querySelector(".lit");
  lit.replaceChildren();
  sheets[system].classList.toggle("dim", looked >= 0);
  if (looked < 0) return;
  const near = neighbours(looked);
  const hops = Number(form.elements.hops.value);
  if (hops > 0) {
    for (const { relation, other, out } of near) {
      const [u, v] = out ? [looked, other] : [other, looked];
      if (place[u].system !== system && place[v].system !== system) continue;
      const { d, cut } = pathIn(system, u, v, layout.bows[relation]);
      const path = make("path", { class: `edge${cut ? " stub" : ""}`, style: `--color: var(--${relation})`, d, "data-relation": relation, "data-edges": `${u} ${v}` }, lit);
      if (relation !== "onset") path.setAttribute("marker-end", "url(#arrow)");
    }
  }
  const colorBy = new Map(near.map(({ relation, other }) => [other, relation]));
  for (const [row, hop] of hopOf) {
    if (place[row].system !== system) continue;
    const { x, y } = place[row];
    if (row === looked) make("circle", { class: "self", cx: x, cy: y, r: 17 }, lit);
    else {
      const color = `--color: var(--${hop === 1 ? colorBy.get(row) : "accent"}); opacity: ${1 / Math.max(1, hop - 0.4)}`;
      make("circle", { class: "near", cx: x, cy: y, r: 15, style: color, "data-row": row, "data-hop": hop }, lit);
    }
  }
};

const look = (row) => {
  looked = row;
  hopOf = row < 0 ? new Map() : within(row, Number(form.elements.hops.value));
  for (const system of drawn) lightSystem(sheets[system].querySelector(".over"), system);
  describe(row);
  speak(row);
};

const cell = (tag, text, className = "") => {
  const element = document.createElement(tag);
  element.textContent = text;
  if (className) element.className = className;
  return element;
};
const table = (rows) => {
  const body = document.createElement("table");
  for (const cells of rows) {
    const line = document.createElement("tr");
    line.append(...cells);
    body.append(line);
  }
  return body;
};

const featureRow = new Map(data.features.rows.map((row, i) => [row, i]));
const hint = document.querySelector("#note .hint");

const describe = (row) => {
  const panel = document.getElementById("note");
  if (row < 0) {
    panel.replaceChildren(hint);
    return;
  }
  const { name, measure, beat, duration, part } = data.notes;
  const title = cell("h2", name[row]);
  if (row === kept) title.append(cell("span", " kept", "kept"));
  const facts = cell("p", `measure ${measure[row]}, beat ${beat[row]}, ${duration[row]} quarter${duration[row] === 1 ? "" : "s"}${part[row] ? `, ${part[row]}` : ""}, row ${row}`);
  const parts = [title, facts];
  if (data.columns.length) parts.push(cell("h3", "Labels and predictions"), describeColumns(row));
  parts.push(cell("h3", `Neighbours${hopOf.size > 1 ? `; ${hopOf.size - 1} notes within ${form.elements.hops.value}` : ""}`), describeNeighbours(row));
  const features = data.features.values[featureRow.get(row)];
  parts.push(cell("h3", "Features"), table(features.map((value, i) => [cell("th", data.features.names[i]), cell("td", String(value), "number")]).filter((_, i) => features[i] !== 0)));
  parts.push(cell("p", "Features that are 0 are left out.", "hint"));
  panel.replaceChildren(...parts);
};

const describeColumns = (row) => {
  const heads = [...new Set(data.columns.map((column) => column.head))];
  return table(
    heads.flatMap((head) =>
      data.columns
        .filter((column) => column.head === head)
        .map((column) => {
          const state = column.wrong.length ? { true: "is-wrong", false: "is-right" }[column.wrong[row]] : "";
          const sure = column.confidence.length ? ` (${Math.round(100 * column.confidence[row])} %)` : "";
          return [cell("th", `${head.replaceAll("_", " ")}, ${column.source}`), cell("td", nameOf(column, row) + sure, state)];
        }),
    ),
  );
};

// Relation and direction -> the neighbours.
const groupsOf = (row) => {
  const groups = new Map();
  for (const { relation, other, out } of neighbours(row)) {
    const key = relation === "onset" ? relation : `${relation}${out ? " →" : " ←"}`;
    groups.set(key, [...(groups.get(key) ?? []), other]);
  }
  return groups;
};

// For screen readers, which read the name of the focused note.
const speak = (row) => {
  const words = row < 0 ? [] : [...groupsOf(row)].map(([key, others]) => `${key.replace("→", "to").replace("←", "from")} ${others.length}`);
  document.getElementById("spoken").textContent = words.join(", ");
};

const describeNeighbours = (row) =>
  table(
    [...groupsOf(row)].map(([key, others]) => {
      const head = cell("th", "");
      const swatch = cell("span", "", "swatch");
      swatch.style.setProperty("--color", `var(--${key.split(" ")[0]})`);
      head.append(swatch, key);
      return [head, cell("td", others.map((other) => data.notes.name[other]).join(" "))];
    }),
  );

// Go to a note: draw its system, give it keyboard focus.
const goTo = (row) => {
  const { system } = place[row];
  tabStop = row;
  draw(system);
  for (const hit of score.querySelectorAll('.hit[tabindex="0"]')) hit.setAttribute("tabindex", -1);
  const hit = sheets[system].querySelector(`.hit[data-row="${row}"]`);
  hit.setAttribute("tabindex", 0);
  hit.focus({ preventScroll: true });
  hit.scrollIntoView({ block: "nearest", inline: "nearest" });
  look(row);
};

const step = (row, key) => {
  const onset = data.notes.onset;
  const at = shownRows.indexOf(row);
  if (key === "Home") return shownRows[0];
  if (key === "End") return shownRows.at(-1);
  if (key === "ArrowUp" || key === "ArrowDown") {
    const next = shownRows[at + (key === "ArrowUp" ? 1 : -1)];
    return next !== undefined && onset[next] === onset[row] ? next : row;
  }
  const others = key === "ArrowRight" ? shownRows.slice(at + 1) : shownRows.slice(0, at).reverse();
  const first = others.find((other) => onset[other] !== onset[row]);
  if (first === undefined) return row;
  // The note of the chord nearest in pitch.
  const group = others.filter((other) => onset[other] === onset[first]);
  const far = (other) => Math.abs(data.notes.pitch[other] - data.notes.pitch[row]);
  return group.reduce((best, other) => (far(other) < far(best) ? other : best), first);
};

const rowAt = (event) => {
  const hit = event.target.closest?.(".hit");
  return hit ? Number(hit.dataset.row) : -1;
};
const keep = (row) => {
  kept = row === kept ? -1 : row;
  look(row);
};
const STEPS = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"];

const listen = () => {
  score.addEventListener("pointerover", (event) => {
    const row = rowAt(event);
    if (kept < 0 && row !== looked) look(row);
  });
  score.addEventListener("pointerleave", () => {
    if (kept < 0) look(rowAt({ target: document.activeElement }));
  });
  score.addEventListener("focusin", (event) => {
    const row = rowAt(event);
    if (row >= 0 && kept < 0 && row !== looked) look(row);
  });
  score.addEventListener("click", (event) => {
    const row = rowAt(event);
    if (row >= 0) keep(row);
  });
  score.addEventListener("keydown", (event) => {
    const row = rowAt(event);
    if (event.key === "Escape") {
      kept = -1;
      look(-1);
    } else if (row >= 0 && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      keep(row);
    } else if (row >= 0 && STEPS.includes(event.key)) {
      event.preventDefault();
      kept = -1;
      goTo(step(row, event.key));
    }
  });
};
