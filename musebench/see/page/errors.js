// Navigation from error to error, of all classes or of one.

const OF_ALL = "all";

// The first note of each onset group, for errors of onsets.
const errorRows = () => {
  const { kind, column, head } = chosenPaint();
  const columns = kind === "error" ? [column] : kind === "both" ? predicted.filter((c) => c.head === head) : [];
  const rows = shownRows.filter((row) => columns.some((c) => c.wrong[row]));
  const firsts = rows.filter((row, i) => !data.ofOnsets || i === 0 || data.notes.onset[rows[i - 1]] !== data.notes.onset[row]);
  const label = columns.length ? columnsNamed("label", columns[0].head) : null;
  return { rows: firsts, label };
};

const chosenErrors = () => {
  const { rows, label } = errorRows();
  const chosen = form.elements.errorClass.value;
  return chosen === OF_ALL || !label ? rows : rows.filter((row) => String(label.values[row]) === chosen);
};

const offerClasses = () => {
  const { rows, label } = errorRows();
  const panel = document.getElementById("errors");
  panel.hidden = !["error", "both"].includes(chosenPaint().kind);
  const select = form.elements.errorClass;
  select.replaceChildren(new Option(`all (${rows.length})`, OF_ALL));
  if (label?.kind === "class") {
    const counts = new Map();
    for (const row of rows) counts.set(label.values[row], (counts.get(label.values[row]) ?? 0) + 1);
    for (const [value, count] of [...counts].sort((a, b) => b[1] - a[1])) {
      select.append(new Option(`${label.classes[value]} (${count})`, String(value)));
    }
  }
  countErrors();
};

const countErrors = () => {
  const rows = chosenErrors();
  const at = rows.indexOf(looked);
  const status = document.getElementById("error-status");
  status.textContent = at < 0 ? `${rows.length} errors` : `${at + 1} of ${rows.length}`;
};

const goToError = (direction) => {
  const rows = chosenErrors();
  if (!rows.length) return;
  const next = direction > 0 ? rows.find((row) => row > looked) : rows.findLast((row) => row < looked);
  kept = -1;
  const row = next ?? (direction > 0 ? rows[0] : rows.at(-1));
  goTo(row);
  kept = row;
  describe(row);
  countErrors();
};
