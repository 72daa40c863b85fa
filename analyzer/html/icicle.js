// A tree as rows of cells, each as wide as its value: the pool tree and the flame graph.
// SPDX-License-Identifier: MIT

const CELL_LOWEST = 18;
const CELL_HIGHEST = 30;
const CELL_NARROWEST = 0.7;
const LETTER_WIDTH = 6.7;

// OPTIONS: format(value), describe(node): lines, colour(node): class, open(node).
function makeIcicle(container, options) {
  const chart = {container, options, root: null, zoomed: null, cursor: null, search: '',
    marked: new Set()};
  chart.svg = d3.select(container).append('svg').attr('tabindex', 0).attr('role', 'img');
  chart.svg.on('keydown', () => icicleKey(chart, d3.event));
  chart.tip = container.appendChild(element('p', {class: 'tip'}));
  return chart;
}

// ROOT: {name, children, ...}; VALUE gives what a node has without its children.
function icicleShow(chart, root, value) {
  chart.root = d3.hierarchy(root).sum(value).sort((a, b) => b.value - a.value);
  d3.partition()(chart.root);
  chart.zoomed = chart.root;
  chart.cursor = null;
  icicleDraw(chart);
}

function icicleMatches(chart, node) {
  return chart.search !== '' && node.data.name.toLowerCase().includes(chart.search);
}

// Searches for TEXT. Returns how many cells match, and their share without counting twice.
function icicleSearch(chart, text) {
  chart.search = text.toLowerCase();
  let found = 0;
  let value = 0;
  const visit = (node, inside) => {
    const matches = icicleMatches(chart, node);
    found += matches;
    value += matches && !inside ? node.value : 0;
    (node.children || []).forEach((child) => visit(child, inside || matches));
  };
  if (chart.search) {
    visit(chart.root, false);
  }
  icicleDraw(chart);
  return {found, share: chart.root.value ? value / chart.root.value : 0};
}

function icicleZoom(chart, node) {
  chart.zoomed = node;
  chart.cursor = node;
  icicleDraw(chart);
}

// The cells to draw: the zoomed one, what is above it, and what is in it and wide enough.
function icicleCells(chart, width) {
  const {x0, x1} = chart.zoomed;
  const scale = d3.scaleLinear().domain([x0, x1]).range([0, width]);
  const cells = [];
  const visit = (node) => {
    const left = Math.max(0, scale(node.x0));
    const right = Math.min(width, scale(node.x1));
    if (!node.value || !(right - left >= CELL_NARROWEST)) {
      return;
    }
    cells.push({node, left, width: right - left});
    (node.children || []).forEach(visit);
  };
  visit(chart.root);
  return cells;
}

function cellText(cell) {
  const letters = Math.floor((cell.width - 6) / LETTER_WIDTH);
  const name = visible(cell.node.data.name);
  if (letters < 3) {
    return '';
  }
  return name.length > letters ? `${name.slice(0, letters - 1)}…` : name;
}

function cellClass(chart, node) {
  const classes = ['cell', chart.options.colour(node.data)];
  const state = {
    match: icicleMatches(chart, node),
    faded: chart.search && !icicleMatches(chart, node),
    marked: chart.marked.has(node.data),
    above: chart.zoomed.depth > node.depth,
    cursor: chart.cursor === node,
  };
  return classes.concat(Object.keys(state).filter((name) => state[name])).join(' ');
}

// The height that the container may have: half of what the views have together.
function icicleRoom(chart) {
  return byId('work').clientHeight / 2;
}

function icicleDraw(chart) {
  const width = chart.container.clientWidth;
  if (!chart.root || !width) {
    return;
  }
  const cells = icicleCells(chart, width);
  const rows = 1 + (d3.max(cells, (cell) => cell.node.depth) || 0);
  const room = Math.floor((icicleRoom(chart) - 30) / rows);
  const height = Math.max(CELL_LOWEST, Math.min(CELL_HIGHEST, room));
  chart.svg.attr('width', width).attr('height', rows * height);
  const groups = chart.svg.selectAll('g').data(cells, (cell, i) => i).join((enter) => {
    const group = enter.append('g');
    group.append('rect').attr('rx', 2);
    group.append('text').attr('x', 4);
    return group.on('click', (cell) => icicleOpen(chart, cell.node))
      .on('mousemove', (cell) => icicleTell(chart, cell.node))
      .on('mouseleave', () => icicleTell(chart, chart.cursor));
  });
  groups.attr('class', (cell) => cellClass(chart, cell.node))
    .attr('transform', (cell) => `translate(${cell.left},${cell.node.depth * height})`);
  groups.select('rect').attr('height', height - 1)
    .attr('width', (cell) => Math.max(0.5, cell.width - 1));
  groups.select('text').attr('y', height / 2 + 4).text(cellText);
  icicleTell(chart, chart.cursor || chart.zoomed);
}

function icicleOpen(chart, node) {
  icicleZoom(chart, node === chart.zoomed && node.parent ? node.parent : node);
}

// Says below the chart what NODE is.
function icicleTell(chart, node) {
  const told = node || chart.zoomed;
  const share = chart.root.value ? (100 * told.value / chart.root.value).toFixed(1) : '0';
  chart.tip.textContent = [visible(told.data.name),
    `${chart.options.format(told.value)} (${share} %)`,
    ...chart.options.describe(told.data).map(visible)].join('  ·  ');
}

function sibling(node, step) {
  const siblings = node.parent ? node.parent.children : [node];
  return siblings[siblings.indexOf(node) + step];
}

// Arrows move, Enter zooms, Escape shows the whole.
function icicleKey(chart, event) {
  const at = chart.cursor || chart.zoomed;
  const to = {
    ArrowDown: () => at.children && at.children[0],
    ArrowUp: () => at.parent,
    ArrowLeft: () => sibling(at, -1),
    ArrowRight: () => sibling(at, 1),
    Enter: () => at,
    Escape: () => chart.root,
  }[event.key];
  if (!to) {
    return;
  }
  event.preventDefault();
  const node = to();
  if (node && (event.key === 'Enter' || event.key === 'Escape')) {
    icicleZoom(chart, node);
  } else if (node) {
    chart.cursor = node;
    icicleDraw(chart);
  }
}
