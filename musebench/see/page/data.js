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

// Edges as triples of relation, source, target; those out of and into each note.
const triples = (relations) =>
  Object.entries(relations).flatMap(([relation, [sources, targets]]) =>
    sources.map((u, i) => ({ relation, u, v: targets[i] })),
  );
const edges = triples(data.relations);
const batchEdges = data.batch ? triples(data.batch.edges) : [];
const outOf = Array.from({ length: numNotes }, () => []);
const into = Array.from({ length: numNotes }, () => []);
for (const edge of edges) {
  outOf[edge.u].push(edge);
  into[edge.v].push(edge);
}
const [headRows, headParts] = data.layouts[0].heads;
const shownRows = headRows.filter((_, i) => headParts[i] === 0).sort((a, b) => a - b);

// What depends on the width of the systems, see layout.js: the chosen systems and their elements,
// the position of the first head of each note, the notes of each system, and its edges.
let laid, sheets, place, notesOf, edgesOf, batchEdgesOf;

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
