// Colours of notes: by label, prediction or error, and by their place in a mini-batch.

const NUM_LINES = 8;
const colorOf = (column, row) => {
  const value = column.values[row];
  if (value === null) return "var(--muted)";
  if (column.kind === "link") return `var(--line-${column.group[row] % NUM_LINES})`;
  if (column.kind === "number") return `hsl(${Math.round(250 - 250 * shareOf(column, value))} 70% var(--tone))`;
  const count = column.classes.length;
  return count <= NUM_LINES ? `var(--line-${value})` : `hsl(${Math.round((330 * value) / count)} 70% var(--tone))`;
};

// Share of smaller numbers in a column.
const sorted = new Map();
const shareOf = (column, value) => {
  if (!sorted.has(column)) sorted.set(column, column.values.filter((v) => v !== null).sort((a, b) => a - b));
  const values = sorted.get(column);
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low / values.length;
};

const predicted = data.columns.filter((column) => column.wrong.length);

// The colouring of notes: none, the values of a column, or its errors.
const chosenPaint = () => {
  const [kind, index] = (form.elements.paint.value || "none:").split(":");
  return { kind, column: kind === "both" ? null : data.columns[Number(index)], head: kind === "both" ? index : "" };
};

const wrongBy = (row) => {
  const { kind, column, head } = chosenPaint();
  if (kind === "error") return column.wrong[row] ? [column] : [];
  return kind === "both" ? predicted.filter((c) => c.head === head && c.wrong[row]) : [];
};

const noteColor = (row) => {
  const { kind, column } = chosenPaint();
  if (isOn("batch")) return data.batch.hop[row] < 0 ? "color-mix(in srgb, var(--ink) 28%, var(--paper))" : "";
  if (kind === "column") return colorOf(column, row);
  if (kind === "error" || kind === "both") return wrongBy(row).length ? "var(--wrong)" : "";
  return "";
};

const paintSystem = (over, system) => {
  const marks = over.querySelector(".marks");
  marks.replaceChildren();
  const music = sheets[system].querySelector(".music");
  for (const row of notesOf[system]) {
    const { x, y } = place[row];
    const wrong = wrongBy(row);
    if (isOn("batch")) markHop(marks, row);
    else if (wrong.length) make("circle", { class: "wrong", cx: x, cy: y, r: 17, "data-row": row }, marks);
    if (!isOn("batch") && chosenPaint().kind === "both" && wrong.length) {
      // One dot per wrong prediction, in its colour.
      for (const column of wrong) {
        const i = predicted.filter((c) => c.head === column.head).indexOf(column);
        make("circle", { cx: x - 10 + 20 * i, cy: y - 24, r: 6, style: `fill: var(--line-${i})` }, marks);
      }
    }
  }
  // A head may be in another system than the first head of its note.
  for (const element of music.querySelectorAll("g.note[id^=n]")) {
    const row = Number(element.id.slice(1).split("-")[0]);
    const color = noteColor(row);
    if (element.style.color === color) continue; // usually neither has one
    element.style.color = color;
    element.style.fill = color;
  }
};

const markHop = (parent, row) => {
  const hop = data.batch.hop[row];
  if (hop < 0) return;
  const { x, y } = place[row];
  if (hop === 0) make("circle", { class: "target", cx: x, cy: y, r: 17, "data-row": row }, parent);
  else make("circle", { class: "hop", cx: x, cy: y, r: 17, "fill-opacity": 0.5 / hop, "stroke-opacity": 1 / hop, "data-row": row, "data-hop": hop }, parent);
};

const showLegend = () => {
  const legend = document.getElementById("legend");
  legend.replaceChildren();
  const key = (color, text) => {
    const item = document.createElement("span");
    item.className = "key";
    item.style.setProperty("--color", color);
    item.textContent = text;
    legend.append(item);
  };
  const words = (text) => {
    const item = document.createElement("span");
    item.className = "words";
    item.textContent = text;
    legend.append(item);
  };
  const { kind, column, head } = chosenPaint();
  if (isOn("batch")) {
    key("var(--ink)", "targets");
    key("var(--accent)", "1 hop, 2 hops: paler");
    words(data.batch.about);
  } else if (kind === "column" && column.kind === "class") {
    const used = [...new Set(shownRows.map((row) => column.values[row]))].filter((v) => v !== null).sort((a, b) => a - b);
    for (const value of used) key(colorOf(column, column.values.indexOf(value)), column.classes[value]);
  } else if (kind === "column" && column.kind === "number") {
    words("from the lowest (blue) to the highest (red)");
  } else if (kind === "error" && column.kind === "number") {
    words("red: the tenth of the notes farthest from the label");
  } else if (kind === "both") {
    predicted.filter((c) => c.head === head).forEach((c, i) => key(`var(--line-${i})`, `wrong: ${c.source}`));
  }
  if (chosenLines()[1].includes("spurious")) {
    key("var(--wrong)", "predicted, not true (dashed)");
    key("var(--onset)", "true, not predicted (dotted)");
  }
};
