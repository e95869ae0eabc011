// The data of the page, and indices into it.

const unpack = async (text) => {
  const bytes = Uint8Array.from(atob(text.trim()), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
};

const data = await unpack(document.getElementById("data").textContent);
const layout = data.layout;
const RELATIONS = Object.keys(data.relations);
const numNotes = data.notes.name.length;
const form = document.getElementById("controls");
const score = document.getElementById("score");
const sheets = [...score.querySelectorAll(".sheet")];

// Position of the first head of each note; ids of all its drawn elements; notes of each system.
const place = Array(numNotes).fill(null);
const ids = Array.from({ length: numNotes }, () => []);
const notesOf = data.systems.map(() => []);
{
  const [rows, parts, systems, xs, ys] = data.heads;
  rows.forEach((row, i) => {
    ids[row].push(parts[i] ? `n${row}-${parts[i]}` : `n${row}`);
    if (parts[i]) return;
    place[row] = { system: systems[i], x: xs[i], y: ys[i] };
    notesOf[systems[i]].push(row);
  });
}

// Edges as triples of relation, source, target: out of and into each note, and of each system.
const outOf = Array.from({ length: numNotes }, () => []);
const into = Array.from({ length: numNotes }, () => []);
const edgesOf = data.systems.map(() => []);
const bySystem = (lists, edge) => {
  const [a, b] = [place[edge.u].system, place[edge.v].system];
  lists[a].push(edge);
  if (a !== b) lists[b].push(edge);
};
for (const relation of RELATIONS) {
  const [sources, targets] = data.relations[relation];
  sources.forEach((u, i) => {
    const edge = { relation, u, v: targets[i] };
    outOf[u].push(edge);
    into[edge.v].push(edge);
    bySystem(edgesOf, edge);
  });
}

const isOn = (name) => Boolean(form.elements[name]?.checked);
const isDrawn = (relation) => isOn(relation);
const columnsNamed = (source, head) =>
  data.columns.find((column) => column.source === source && column.head === head);
const nameOf = (column, row) => {
  const value = column.values[row];
  if (value === null) return "–";
  if (column.kind === "link") return value < 0 ? "none" : whereIs(value);
  return column.kind === "class" ? column.classes[value] : String(value);
};
const whereIs = (row) =>
  `${data.notes.name[row]}, measure ${data.notes.measure[row]}, beat ${data.notes.beat[row]}`;
