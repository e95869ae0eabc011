// Systems are wide or narrow: narrow on a narrow screen, and where wide ones would not fit when they
// are zoomed.

const WIDE = 0;
const NARROW = 1;
const LEAST_WIDTH = 44; // of a wide system at its full size, in rem

const bySystem = (edgesToSort) => {
  const lists = laid.systems.map(() => []);
  for (const edge of edgesToSort) {
    const [a, b] = [place[edge.u].system, place[edge.v].system];
    lists[a].push(edge);
    if (a !== b) lists[b].push(edge);
  }
  return lists;
};

const lay = (number) => {
  laid = data.layouts[number];
  place = Array(numNotes).fill(null);
  notesOf = laid.systems.map(() => []);
  const [rows, parts, systems, xs, ys] = laid.heads;
  rows.forEach((row, i) => {
    if (parts[i]) return;
    place[row] = { system: systems[i], x: xs[i], y: ys[i] };
    notesOf[systems[i]].push(row);
  });
  edgesOf = bySystem(edges);
  batchEdgesOf = bySystem(batchEdges);
  sheets = laid.systems.map(({ width, height }, system) => {
    const sheet = document.createElement("section");
    sheet.className = "sheet";
    sheet.dataset.system = system;
    sheet.setAttribute("aria-label", `System ${system + 1} of ${laid.systems.length}`);
    sheet.style.aspectRatio = `${width} / ${wholeHeight(height)}`;
    return sheet;
  });
  score.replaceChildren(...sheets);
};
const wholeHeight = (height) => layout.headroom + height + data.lanes.length * layout.laneHeight;

// Which systems, and how wide in pixels: those that fill the screen, times the zoom.
const fitting = () => {
  const available = score.clientWidth;
  const zoom = Number(form.elements.zoom.value) / 100;
  const [wide, narrow] = data.layouts.map(({ systems }) => systems[0].width);
  const least = LEAST_WIDTH * parseFloat(getComputedStyle(document.documentElement).fontSize);
  if (available < least) return { number: NARROW, width: zoom * available };
  if (zoom <= 1) return { number: WIDE, width: zoom * available };
  return { number: NARROW, width: (zoom * available * narrow) / wide };
};

// The note to stay at: the one looked at, or the first that is seen.
const anchor = () => {
  if (looked >= 0) return looked;
  const top = sheets.findIndex((sheet) => sheet.getBoundingClientRect().bottom > 0);
  return top > 0 ? notesOf[top][0] ?? -1 : -1;
};

const fit = () => {
  const { number, width } = fitting();
  score.style.setProperty("--width", `${width}px`);
  if (data.layouts[number] === laid) return;
  const row = laid ? anchor() : -1;
  drawn.clear();
  visible.clear();
  waiting.clear();
  lay(number);
  watch();
  if (row >= 0) sheets[place[row].system].scrollIntoView({ block: "nearest" });
};
