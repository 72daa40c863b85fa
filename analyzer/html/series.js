// What the timeline draws: bands over the moments of a row, of pools by name or of a finding's
// parts.
// SPDX-License-Identifier: MIT

const BANDS = 9; // by themselves; the others are one
const OTHER_BAND = '(other)';

function largest(values) {
  return d3.max(values) || 0;
}

function sumOf(bands, length) {
  const sum = new Float64Array(length);
  bands.forEach((band) => band.values.forEach((value, i) => {
    sum[i] += value;
  }));
  return sum;
}

// The largest bands and the one that is wanted, and the sum of the others.
function poolBands() {
  const all = [...bandValues(row(), chosen.measure)].map(([name, values]) =>
    ({name, values, colour: bandColour(name)}));
  const held = all.filter((band) => largest(band.values) > 0);
  held.sort((a, b) => largest(b.values) - largest(a.values) || (a.name < b.name ? -1 : 1));
  const kept = held.filter((band, i) => i < BANDS || band.name === chosen.band);
  const folded = held.filter((band) => !kept.includes(band));
  if (folded.length) {
    kept.push({name: OTHER_BAND, values: sumOf(folded, row().times.length), colour: 'rest',
      folded: folded.length});
  }
  return kept;
}

// Part numbers of a finding: those of its places by themselves, and one of all others.
function partsOf(index) {
  const [first, number] = data.parts[index] || [0, 0];
  return d3.range(first, first + number);
}

function partName(finding, index) {
  const place = (finding.places || [])[index];
  if (index >= PARTS_BY_THEMSELVES) {
    return `(${finding.places.length - index} other ways)`;
  }
  if (!place || finding.places.length === 1) {
    return cardTitle(finding);
  }
  return wayWords(finding, place);
}

// What each part of a finding holds in ROW over time.
function findingBands(shown, index, measure) {
  const finding = data.report.findings[index];
  const bands = partsOf(index).map((number, i) => ({number, name: partName(finding, i),
    colour: partColour(i), values: new Float64Array(shown.times.length)}));
  eachMoment(shown.parts, shown.times.length - 1, (moment, state) => {
    for (const band of bands) {
      const held = state.get(band.number);
      band.values[moment] = held ? held[measure] : 0;
    }
  });
  return bands.filter((band) => bands.length === 1 || largest(band.values) > 0);
}

// What tells a finding: pools are counted, of allocations the bytes are.
function findingMeasure(index) {
  return (data.parts[index] || [])[2] ? 'pools' : 'bytes';
}

// The most that a finding ever came to in ROW.
function findingPeak(shown, index) {
  const values = sumOf(findingBands(shown, index, findingMeasure(index)), shown.times.length);
  return largest(values);
}

const findingRows = new Map();

// Rows of the processes that a finding was found in, the one it came to most in first.
function rowsOf(index) {
  if (!findingRows.has(index)) {
    findingRows.set(index, rankRows(index));
  }
  return findingRows.get(index);
}

function rankRows(index) {
  const pids = new Set(data.report.findings[index].pids);
  const kind = data.report.findings[index].kind;
  return d3.range(1, data.rows.length)
    .filter((i) => pids.has(data.rows[i].pid) && data.rows[i].kind === kind)
    .map((i) => ({row: i, peak: findingPeak(data.rows[i], index)}))
    .sort((a, b) => b.peak - a.peak || a.row - b.row);
}

function drawsFinding() {
  return chosen.scope === 'finding' && chosen.finding !== null;
}

function drawnBands() {
  if (drawsFinding()) {
    return findingBands(row(), chosen.finding, chosen.measure);
  }
  return poolBands();
}

// The moment that a row is shown at first: the last before it took itself down.
function firstMoment(shown) {
  const last = shown.times.length - 1;
  const marks = marksOf(shown).filter((mark) => mark.kind !== SHUTDOWN_MARK);
  const downs = marksOf(shown).filter((mark) => mark.kind === SHUTDOWN_MARK);
  const down = downs.length ? downs[downs.length - 1].time : Infinity;
  const works = marks.some((mark) => mark.time > down);
  let moment = last;
  while (!works && moment > 0 && shown.times[moment] >= down) {
    moment--;
  }
  return emptied(shown, moment) ? moment - 1 : moment;
}

// Whether most of what was there a moment before MOMENT is gone then.
function emptied(shown, moment) {
  if (moment < 1) {
    return false;
  }
  const held = (at) => d3.sum([...poolState(shown, at).values()], (state) => state.held);
  return held(moment) < held(moment - 1) / 2;
}

// The last moment at which the finding came to most in ROW.
function worstMoment(shown, index) {
  const bands = findingBands(shown, index, findingMeasure(index));
  const values = sumOf(bands, shown.times.length);
  const most = largest(values);
  return most ? values.lastIndexOf(most) : firstMoment(shown);
}
