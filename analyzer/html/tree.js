// The pool tree of the chosen row at the chosen moment.

let treeChart = null;

function setUpTree() {
  treeChart = makeIcicle(byId('tree'), {
    format: (value) => byId('tree-measure').value === 'bytes' ? bytes(value) : count(value),
    colour: (node) => node.pool ? colourOf(bandOf(node.pool)) : 'rest',
    describe: describePool,
  });
  byId('tree-measure').addEventListener('change', drawDetail);
}

function describePool(node) {
  if (!node.pool) {
    return [];
  }
  const lines = [`${plural(node.pools, 'pool')} with ${bytes(node.bytes)} of their own`];
  if (node.pool.role && node.pool.role !== node.name) {
    lines.push(`role ${node.pool.role}`);
  }
  if (node.pool.made) {
    lines.push(`made at ${callPath(node.pool.made).reverse().slice(0, 3)
      .map((at) => call(at).name).join(' < ')}`);
  }
  return lines;
}

function drawTree() {
  const root = poolTree(row(), chosen.moment);
  const finding = data.report.findings[chosen.finding];
  const measure = byId('tree-measure').value;
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
