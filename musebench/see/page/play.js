// Playback: a plain tone per note, and a line that follows. Nothing is loaded.

const AHEAD = 0.3; // seconds of sound that are always scheduled
const TICK = 60; // milliseconds
const PARTIALS = [0, 1, 0.5, 0.25, 0.12, 0.06, 0.03]; // of the tone, which decays as a string does
const RELEASE = 0.07;

const player = { context: null, output: null, timer: 0, tempo: 96, begin: 0, since: 0, next: 0, row: -1 };
const chosenTempo = () => Math.min(Math.max(Number(form.elements.tempo.value) || 96, 20), 400);
const seconds = (quarters) => (60 / player.tempo) * quarters;
const position = () => player.begin + (player.context.currentTime - player.since) / seconds(1);
const endOf = (row) => data.notes.start[row] + data.notes.duration[row];
const lastEnd = shownRows.reduce((end, row) => Math.max(end, endOf(row)), 0);

const openAudio = () => {
  player.context = new AudioContext();
  player.output = player.context.createDynamicsCompressor();
  player.output.connect(player.context.destination);
  const real = new Float32Array(PARTIALS.length);
  player.wave = player.context.createPeriodicWave(real, Float32Array.from(PARTIALS));
};

const sound = (row) => {
  const { context, output, wave } = player;
  const pitch = data.notes.pitch[row];
  const at = Math.max(context.currentTime, player.since + seconds(data.notes.start[row] - player.begin));
  const length = Math.max(seconds(data.notes.duration[row]), 0.06);
  const loud = 0.14 * 2 ** ((60 - pitch) / 48); // the ear hears high notes louder
  const gain = context.createGain();
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(loud, at + 0.006);
  gain.gain.setTargetAtTime(loud / 5, at + 0.006, 0.5);
  gain.gain.setTargetAtTime(0, at + length, RELEASE);
  const tone = context.createOscillator();
  tone.setPeriodicWave(wave);
  tone.frequency.value = 440 * 2 ** ((pitch - 69) / 12);
  tone.connect(gain).connect(output);
  tone.start(at);
  tone.stop(at + length + 6 * RELEASE);
};

// The line stands at the latest onset that sounds; a new system is brought into view.
const follow = (now) => {
  const row = shownRows.findLast((other) => data.notes.start[other] <= now) ?? -1;
  if (row < 0 || data.notes.onset[row] === data.notes.onset[player.row]) return;
  const { system, x } = place[row];
  if (place[player.row]?.system !== system) sheets[system].scrollIntoView({ block: "nearest" });
  player.row = row;
  draw(system);
  removeCursor();
  const { width, height } = laid.systems[system];
  make("line", { class: "cursor", x1: x, x2: x, y1: 0, y2: height }, sheets[system].querySelector(".over"));
  // A zoomed system is wider than its room.
  score.scrollLeft = (x / width) * sheets[system].offsetWidth - score.clientWidth / 2;
};
const removeCursor = () => score.querySelector(".cursor")?.remove();

const tick = () => {
  const now = position();
  while (player.next < shownRows.length && data.notes.start[shownRows[player.next]] <= now + AHEAD / seconds(1)) {
    sound(shownRows[player.next]);
    player.next += 1;
  }
  follow(now);
  if (now > lastEnd) stop();
};

const play = async () => {
  form.elements.play.disabled = true; // until the sound is ready
  if (!player.context) openAudio();
  await player.context.resume();
  form.elements.play.disabled = false;
  player.tempo = chosenTempo();
  const from = kept >= 0 ? kept : player.row;
  player.begin = data.notes.start[from < 0 ? shownRows[0] : from];
  player.since = player.context.currentTime + 0.05;
  player.next = shownRows.findIndex((row) => data.notes.start[row] >= player.begin);
  player.row = -1;
  player.timer = setInterval(tick, TICK);
  showPlaying(true);
};

const pause = () => {
  clearInterval(player.timer);
  player.timer = 0;
  player.context?.close(); // what is scheduled is silent at once
  player.context = null;
  showPlaying(false);
};

const stop = () => {
  player.row = -1;
  removeCursor();
  pause();
};

const showPlaying = (isPlaying) => {
  form.elements.play.textContent = isPlaying ? "pause" : "play";
  form.elements.stop.disabled = !isPlaying && player.row < 0;
};

form.elements.play.disabled = !shownRows.length;
form.elements.play.addEventListener("click", () => (player.timer ? pause() : play()));
form.elements.stop.addEventListener("click", stop);
form.elements.tempo.addEventListener("input", () => {
  if (!player.timer) return;
  [player.begin, player.since] = [position(), player.context.currentTime]; // at the old tempo
  player.tempo = chosenTempo();
});
