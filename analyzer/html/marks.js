// What happened, as marks above the timeline, and what each kind of mark stands for.
// SPDX-License-Identifier: MIT

const SHUTDOWN_MARK = 4;
const FORK_MARK = 6;
const DRAWN_MARKS = [1, 2, 3, 4, 6]; // restarts, connections, start-up, shutdown, forks
const DENSE = 40; // marks of one kind, from which on they are short
const MARK_SHAPES = {1: d3.symbolTriangle, 2: d3.symbolCircle, 3: d3.symbolDiamond,
  4: d3.symbolSquare, 6: d3.symbolCross};

function marksOf(shown) {
  const marks = [];
  for (let i = 0; i < shown.marks.length; i += 3) {
    const [kind, time, number] = shown.marks.slice(i, i + 3);
    if (DRAWN_MARKS.includes(kind)) {
      marks.push({kind, time, number});
    }
  }
  return marks;
}

function markPath(kind) {
  return d3.symbol().type(MARK_SHAPES[kind]).size(34)();
}

function markWords(mark) {
  return `${mark.number > 1 ? `${count(mark.number)} × ` : ''}${wordOf(KINDS[mark.kind], mark.number)}`;
}

function drawMarks(svg, x, top, bottom) {
  const marks = marksOf(row()).filter((mark) => inRange(mark.time, mark.time));
  const kinds = d3.nest().key((mark) => mark.kind).rollup((group) => group.length).object(marks);
  const dense = (mark) => kinds[mark.kind] > DENSE;
  const groups = svg.selectAll('g.mark').data(marks).join((enter) => {
    const group = enter.append('g');
    group.append('line');
    group.append('path');
    return group;
  });
  groups.attr('class', (mark) => `mark mark-${mark.kind}${dense(mark) ? ' dense' : ''}`)
    .attr('transform', (mark) => `translate(${x(mark.time)},${top})`);
  groups.select('path').attr('d', (mark) => markPath(mark.kind)).attr('transform', 'translate(0,-7)');
  groups.select('line').attr('y1', (mark) => dense(mark) ? -11 : 0)
    .attr('y2', (mark) => dense(mark) ? -3 : bottom - top);
}

function drawMarkLegend() {
  const sums = new Map();
  marksOf(row()).forEach((mark) => sums.set(mark.kind, (sums.get(mark.kind) || 0) + mark.number));
  byId('mark-legend').replaceChildren(...[...sums].map(([kind, number]) => {
    const item = element('li', {class: `mark mark-${kind}`});
    d3.select(item).append('svg').attr('width', 12).attr('height', 12).append('path')
      .attr('d', markPath(kind)).attr('transform', 'translate(6,6)');
    item.append(`${count(number)} ${wordOf(KINDS[kind], number)}`);
    return item;
  }));
}
