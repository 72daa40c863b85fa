// The data of the page (page_data.c), and what of it is chosen to be shown.
// SPDX-License-Identifier: MIT

const data = JSON.parse(document.getElementById('data').textContent);
const KINDS = ['command', 'restart', 'connection', 'start-up done', 'shutdown', 'label', 'fork'];
const UNITS = ['command', 'restart', 'connection'];
const OWN_WORDS = {'fork': ['fork', 'forks'], 'shutdown': ['shutdown', 'shutdowns']};
const OTHER_POOLS = 1;

// What a kind of unit or process is called in the program's pool system.
function wordOf(kind, number = 1) {
  const words = data.words[kind] || OWN_WORDS[kind];
  return words ? words[number === 1 ? 0 : 1] : kind;
}

const chosen = {
  row: 0, // of data.rows; 0: all processes together
  moment: 0, // of that row
  measure: 'bytes', // of the timeline: or 'held', 'pools'
  scope: 'pools', // of the timeline: or 'finding', what that holds by itself
  band: null, // name of the only one that is drawn
  finding: null, // index
  tab: 'tree',
};

function row() {
  return data.rows[chosen.row];
}

function string(index) {
  return data.strings[index];
}

// A frame of the call tree: node 0 is none.
function call(node) {
  const frame = 3 * data.calls[2 * node - 1];
  return {
    parent: data.calls[2 * node - 2],
    name: string(data.frames[frame]),
    module: string(data.frames[frame + 1]),
    place: string(data.frames[frame + 2]),
  };
}

// The nodes from the outermost call to NODE.
function callPath(node) {
  const path = [];
  for (; node; node = data.calls[2 * node - 2]) {
    path.unshift(node);
  }
  return path;
}

const pools = [null].concat(data.pools.map(([parent, label, role, made], index) => ({
  number: index + 1,
  parent,
  label: label === null ? null : string(label),
  role: role === null ? null : string(role),
  made,
})));

function poolName(pool) {
  if (pool.number === OTHER_POOLS) {
    return '(other pools)';
  }
  if (pool.label || pool.role) {
    return pool.label || pool.role;
  }
  return pool.made ? `(no name, by ${call(pool.made).name})` : '(no name)';
}

// What the timeline draws a pool under: its role or tag.
function bandOf(pool) {
  return pool.number === OTHER_POOLS ? '(other pools)' : pool.role || pool.label || '(no name)';
}

// As the report writes it.
function poolPath(pool) {
  const label = (pool.label === null ? '(no name)' : pool.label).replace(/(^| )>/g, '$1\\>');
  return pool.parent ? `${poolPath(pools[pool.parent])} > ${label}` : label;
}

function applyChanges(state, changes) {
  for (let i = 0; i < changes.length; i += 4) {
    state.set(changes[i], {bytes: changes[i + 1], pools: changes[i + 2], held: changes[i + 3]});
  }
}

// Calls VISIT(moment, state) for each moment up to LAST: {bytes, pools, held} by number, as CHANGES
// of a row have it.
function eachMoment(changes, last, visit, state = new Map()) {
  for (let moment = 0; moment <= last; moment++) {
    applyChanges(state, changes[moment]);
    visit(moment, state);
  }
}

// The same of the pools of SHOWN, whose first moment may be told as what differs from another's.
function eachPoolMoment(shown, last, visit) {
  const state = new Map();
  if (shown.base !== undefined) {
    applyChanges(state, data.rows[shown.base].changes[0]);
  }
  eachMoment(shown.changes, last, visit, state);
}

// The values of each band of ROW, by name: a number a moment.
function bandValues(shown, measure) {
  const bands = new Map();
  const length = shown.times.length;
  eachPoolMoment(shown, length - 1, (moment, state) => {
    for (const [node, held] of state) {
      const name = bandOf(pools[node]);
      if (!bands.has(name)) {
        bands.set(name, new Float64Array(length));
      }
      bands.get(name)[moment] += held[measure];
    }
  });
  return bands;
}

// What pools held at a moment, by number.
function poolState(shown, moment) {
  let found = new Map();
  eachPoolMoment(shown, moment, (at, state) => {
    found = state;
  });
  return found;
}

// What each pool has more at a moment than at an EARLIER one; what shrank is not told.
function grownState(shown, earlier, moment) {
  const before = poolState(shown, earlier);
  const grown = new Map();
  for (const [number, held] of poolState(shown, moment)) {
    const was = before.get(number) || {bytes: 0, pools: 0, held: 0};
    const more = {};
    for (const measure of ['bytes', 'pools', 'held']) {
      more[measure] = Math.max(0, held[measure] - was[measure]);
    }
    grown.set(number, more);
  }
  return grown;
}

// The pools of STATE as a tree whose values are exact.
function poolTree(state) {
  const nodes = new Map();
  const root = {name: 'all pools', children: [], bytes: 0, pools: 0, held: 0};
  const nodeOf = (number) => {
    if (!number) {
      return root;
    }
    if (!nodes.has(number)) {
      const pool = pools[number];
      const node = {name: poolName(pool), pool, children: [], bytes: 0, pools: 0, held: 0};
      nodes.set(number, node);
      nodeOf(pool.parent).children.push(node);
    }
    return nodes.get(number);
  };
  state.forEach((held, number) => (held.pools || held.held) && Object.assign(nodeOf(number), held));
  return root;
}

const MEASURES = {alloc: 2, alive: 3, count: 4, command: 5, restart: 6, connection: 7};

// Bytes alive of each site of SHOWN at a moment.
function sitesAlive(shown, moment) {
  const alive = new Float64Array(shown.sites.length);
  for (let i = 0; i <= moment; i++) {
    const changes = shown.site_moments[i];
    for (let k = 0; k < changes.length; k += 2) {
      alive[changes[k]] = changes[k + 1];
    }
  }
  return alive;
}

// What each site has at the moment that is chosen, or got in the range of time; null: not so.
function timedSites(shown, measure) {
  if (measure === 'moment') {
    return sitesAlive(shown, chosen.moment);
  }
  if (measure !== 'range') {
    return null;
  }
  const [first, last] = rangeMoments(shown);
  const before = sitesAlive(shown, first);
  return sitesAlive(shown, last).map((alive, i) => Math.max(0, alive - before[i]));
}

// What a site of the flame graph counts by MEASURE; growth is that in one unit.
function siteValue(shown, values, measure) {
  const at = MEASURES[measure];
  const unit = UNITS.indexOf(measure);
  return unit < 0 ? values[at] : shown.units[unit] ? values[at] / shown.units[unit] : 0;
}

// Of what measures a moment or a range of time decides; others are of a process's whole life.
function isTimed(measure) {
  return measure === 'moment' || measure === 'range';
}

// The same of all sites that are not told by themselves.
function restValue(shown, measure) {
  if (measure === 'moment') {
    return shown.rest_moments[chosen.moment];
  }
  if (measure === 'range') {
    const [first, last] = rangeMoments(shown);
    return Math.max(0, shown.rest_moments[last] - shown.rest_moments[first]);
  }
  return siteValue(shown, [0, 0, ...shown.rest], measure);
}

function childOf(node, key, make) {
  node.index = node.index || new Map();
  if (!node.index.has(key)) {
    const child = {...make(), children: [], self: 0};
    node.index.set(key, child);
    node.children.push(child);
  }
  return node.index.get(key);
}

// What starts a program or a thread, and every backtrace: no news.
const START_FRAMES = /^(_start|__libc_start_main.*|__libc_start_call_main|start_thread|clone3?)$/;

// CALLS, outermost first, without the frames that start the program.
function withoutStart(calls) {
  const first = calls.findIndex((node) => !START_FRAMES.test(call(node).name));
  return first < 0 ? calls : calls.slice(first);
}

// The backtraces of ROW as a tree, by MEASURE. SPLIT: below the pools' names; INVERTED: the
// innermost call on top.
function flameTree(shown, measure, {split, inverted}) {
  const root = {name: 'all', children: [], self: 0};
  const timed = timedSites(shown, measure);
  shown.sites.forEach((site, i) => {
    const value = timed ? timed[i] : siteValue(shown, site, measure);
    if (!value) {
      return;
    }
    let node = root;
    if (split) {
      const name = string(site[1]) || '(no name)';
      node = childOf(node, `pool ${name}`, () => ({name, split: true}));
    }
    const path = withoutStart(callPath(site[0]));
    for (const at of inverted ? path.reverse() : path) {
      const key = inverted ? data.calls[2 * at - 1] : at;
      node = childOf(node, key, () => ({call: at, name: call(at).name}));
    }
    node.self += value;
  });
  const rest = restValue(shown, measure);
  if (rest) {
    childOf(root, 'rest', () => ({name: '(other)', rest: true})).self = rest;
  }
  return root;
}
