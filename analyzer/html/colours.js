// Colours: a pool has one in every view, by how much it ever held; modules and the parts of a
// finding have others, so that nothing is taken for a pool that is none.
// SPDX-License-Identifier: MIT

const POOL_COLOURS = 12; // c0 ... of page.css
const PART_COLOURS = 8; // s0 ...
const MODULE_COLOURS = 6; // m0 ...

let bandColours = null;

// What each band of ROW holds at its largest, added to MOST.
function largestBands(shown, most) {
  for (const [name, values] of bandValues(shown, 'held')) {
    most.set(name, Math.max(most.get(name) || 0, d3.max(values)));
  }
}

// By name: the largest bands of all processes, and of the first masters, have colours of their own.
function rankBands() {
  const most = new Map();
  data.rows.slice(0, 4).forEach((shown) => largestBands(shown, most));
  const names = [...most.keys()].sort((a, b) => most.get(b) - most.get(a) || (a < b ? -1 : 1));
  return new Map(names.map((name, i) => [name, `c${i % POOL_COLOURS}`]));
}

function hashOf(text) {
  let hash = 0;
  for (let i = 0; i < text.length; i++) {
    hash = (hash * 31 + text.charCodeAt(i)) >>> 0;
  }
  return hash;
}

function bandColour(name) {
  bandColours = bandColours || rankBands();
  return bandColours.get(name) || `c${hashOf(name) % POOL_COLOURS}`;
}

function moduleColour(name) {
  return `m${hashOf(name) % MODULE_COLOURS}`;
}

function partColour(index) {
  return index < PART_COLOURS ? `s${index}` : 'rest';
}
