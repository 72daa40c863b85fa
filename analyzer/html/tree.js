// The pool tree of the chosen row at the chosen moment, or by what grew in the range of time.
// SPDX-License-Identifier: MIT

let treeChart = null;
const TREE_MEASURES = [['bytes', 'bytes asked for'], ['held', 'bytes held'], ['pools', 'pools']];

function treeMeasure() {
  return byId('tree-measure').value.replace('grown-', '');
}

function isGrowth() {
  return byId('tree-measure').value.startsWith('grown-');
}

function setUpTree() {
  treeChart = makeIcicle(byId('tree'), {
    format: (value) => treeMeasure() === 'pools' ? count(value) : bytes(value),
    colour: (node) => node.pool ? bandColour(bandOf(node.pool)) : 'rest',
    describe: describePool,
  });
  byId('tree-measure').addEventListener('change', drawDetail);
}

// Growth needs a range.
function offerTreeMeasures() {
  const select = byId('tree-measure');
  const before = select.value || 'bytes';
  const grown = range.from === null ? []
    : TREE_MEASURES.map(([value, text]) => [`grown-${value}`, `${text}, growth in this time`]);
  const offered = TREE_MEASURES.concat(grown);
  select.replaceChildren(...offered.map(([value, text]) => element('option', {value}, text)));
  select.value = offered.some(([value]) => value === before) ? before : 'bytes';
}

function describePool(node) {
  if (!node.pool) {
    return [];
  }
  const lines = [`${plural(node.pools, 'pool')} of that name: ${bytes(node.held)} held for ` +
    `${bytes(node.bytes)} asked for`];
  if (node.pool.role && node.pool.role !== node.name) {
    lines.push(`role ${node.pool.role}`);
  }
  if (node.pool.made) {
    lines.push(`made at ${callPath(node.pool.made).reverse().slice(0, 3)
      .map((at) => call(at).name).join(' < ')}`);
  }
  return lines;
}

function treeState() {
  if (!isGrowth()) {
    return poolState(row(), chosen.moment);
  }
  const [first, last] = rangeMoments(row());
  return grownState(row(), first, last);
}

function drawTree() {
  offerTreeMeasures();
  const root = poolTree(treeState());
  const finding = data.report.findings[chosen.finding];
  const measure = treeMeasure();
  treeChart.marked.clear();
  const mark = (node) => {
    if (finding && node.pool && poolPath(node.pool) === finding.pool.path) {
      treeChart.marked.add(node);
    }
    node.children.forEach(mark);
  };
  mark(root);
  icicleShow(treeChart, root, (node) => node[measure]);
}
