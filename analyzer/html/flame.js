// Who allocates: the backtraces of the chosen row.
// SPDX-License-Identifier: MIT

let flameChart = null;
const FLAME_MEASURES = [
  ['moment', 'bytes alive at the moment'], ['range', 'bytes, growth in this time'],
  ['alive', 'bytes alive at the end'], ['alloc', 'bytes allocated in all'], ['count', 'allocations'],
  ...['restart', 'connection', 'command'].map((unit) => [unit, `growth per ${wordOf(unit)}`]),
];

function flameColour(node) {
  if (node.split) {
    return bandColour(node.name);
  }
  return node.rest || !node.call ? 'rest' : moduleColour(call(node.call).module || '');
}

function setUpFlame() {
  flameChart = makeIcicle(byId('flame'), {
    format: (value) => byId('flame-measure').value === 'count' ? count(value) : bytes(value),
    colour: flameColour,
    describe: (node) => {
      const at = node.call ? call(node.call) : {};
      return [at.module, at.place].filter(Boolean);
    },
  });
  byId('flame-measure').addEventListener('change', drawDetail);
  byId('flame-split').addEventListener('change', drawDetail);
  byId('flame-inverted').addEventListener('change', drawDetail);
}

// A moment's sites are known of all processes together, and of those that are drawn in full.
function hasMeasure(shown, measure) {
  if (isTimed(measure)) {
    return shown.site_moments !== undefined && (measure === 'moment' || range.from !== null);
  }
  const unit = UNITS.indexOf(measure);
  return unit < 0 || shown.units[unit] > 0;
}

function offerMeasures() {
  const select = byId('flame-measure');
  const before = select.value;
  const offered = FLAME_MEASURES.filter(([measure]) => hasMeasure(row(), measure));
  select.replaceChildren(...offered.map(([value, text]) => element('option', {value}, text)));
  select.value = offered.some(([measure]) => measure === before) ? before : 'alive';
}

// The graph follows a range that is zoomed into, unless a moment was asked for.
function followRange() {
  const select = byId('flame-measure');
  offerMeasures();
  if (range.from !== null && hasMeasure(row(), 'range') && select.value !== 'moment') {
    select.value = 'range';
  }
}

// What shows FINDING best: growth where it grows.
function chooseFlameMeasure(finding) {
  offerMeasures();
  const unit = finding.per_unit ? finding.per_unit.unit : null;
  const grows = unit && hasMeasure(row(), unit) &&
    row().sites.some((site) => siteValue(row(), site, unit) > 0);
  byId('flame-measure').value = grows ? unit : 'alive';
}

// The cells on the way to the backtrace of the finding that is open.
function markCulprit(root) {
  flameChart.marked.clear();
  const culprit = data.culprits[chosen.finding];
  if (!culprit) {
    return;
  }
  const path = new Set(callPath(culprit[0] || culprit[1]));
  const mark = (node) => {
    if (path.has(node.call)) {
      flameChart.marked.add(node);
    }
    node.children.forEach(mark);
  };
  mark(root);
}

function drawFlame() {
  offerMeasures();
  const root = flameTree(row(), byId('flame-measure').value,
    {split: byId('flame-split').checked, inverted: byId('flame-inverted').checked});
  markCulprit(root);
  icicleShow(flameChart, root, (node) => node.self);
}
