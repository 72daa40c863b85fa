// Live bytes or pools of the chosen row over time, stacked by role or tag.

const BANDS = 9; // by themselves; the others are one
const OTHER_BAND = '(other)';
const CHART = {height: 170, left: 62, right: 12, top: 18, bottom: 22};
const DENSE = 40; // marks of one kind, from which on they are faint
const DRAWN_MARKS = [1, 2, 3, 4, 5]; // all but commands

const timeline = {bands: [], x: null, svg: null};

function total(values) {
  return d3.max(values) || 0;
}

// The largest bands and the one that is wanted, and the sum of the others.
function timelineBands() {
  const all = [...bandValues(row(), chosen.measure)].map(([name, values]) => ({name, values}));
  all.sort((a, b) => total(b.values) - total(a.values) || (a.name < b.name ? -1 : 1));
  const kept = all.filter((band, i) => i < BANDS || band.name === chosen.band);
  const folded = all.filter((band) => !kept.includes(band));
  kept.forEach((band, i) => {
    band.colour = `c${i % 10}`;
  });
  if (folded.length) {
    const sum = new Float64Array(row().times.length);
    folded.forEach((band) => band.values.forEach((value, i) => {
      sum[i] += value;
    }));
    kept.push({name: OTHER_BAND, values: sum, colour: 'rest', folded: folded.length});
  }
  return kept;
}

function formatMeasure(value) {
  return chosen.measure === 'bytes' ? bytes(value) : count(value);
}

function timelineScales(width, shown) {
  const highest = d3.max(row().times, (time, i) => d3.sum(shown, (band) => band.values[i])) || 1;
  timeline.x = d3.scaleLinear().domain([row().start, Math.max(row().end, row().start + 1)])
    .range([CHART.left, width - CHART.right]);
  timeline.y = d3.scaleLinear().domain([0, highest])
    .range([CHART.height - CHART.bottom, CHART.top]);
}

function drawBands(shown) {
  const times = row().times;
  const stack = d3.stack().keys(shown.map((band, i) => i))
    .value((i, key) => shown[key].values[i]);
  const area = d3.area().curve(d3.curveStepAfter).x((d) => timeline.x(times[d.data]))
    .y0((d) => timeline.y(d[0])).y1((d) => timeline.y(d[1]));
  timeline.svg.selectAll('path.band').data(stack(d3.range(times.length))).join('path')
    .attr('class', (d) => `band ${shown[d.key].colour}`).attr('d', area)
    .selectAll('title').data((d) => [shown[d.key].name]).join('title').text(visible);
}

function timelineMarks() {
  const marks = [];
  for (let i = 0; i < row().marks.length; i += 3) {
    const [kind, time, number] = row().marks.slice(i, i + 3);
    if (DRAWN_MARKS.includes(kind)) {
      marks.push({kind, time, number});
    }
  }
  return marks;
}

function markClass(mark, marks) {
  const dense = marks.filter((other) => other.kind === mark.kind).length > DENSE;
  return `mark mark-${mark.kind}${dense ? ' dense' : ''}`;
}

function drawMarks() {
  const marks = timelineMarks();
  const groups = timeline.svg.selectAll('g.mark').data(marks).join((enter) => {
    const group = enter.append('g');
    group.append('line');
    group.append('path').attr('d', 'M-4,-7 L4,-7 L0,0 Z');
    group.append('title');
    return group;
  });
  groups.attr('class', (mark) => markClass(mark, marks))
    .attr('transform', (mark) => `translate(${timeline.x(mark.time)},${CHART.top})`);
  groups.select('line').attr('y2', CHART.height - CHART.top - CHART.bottom);
  groups.select('title').text((mark) =>
    `${wordOf(KINDS[mark.kind])}${mark.number > 1 ? ` × ${mark.number} from` : ''} ${since(mark.time)}`);
}

// Round numbers of what the amounts are told in.
function amountTicks() {
  const highest = timeline.y.domain()[1];
  const unit = chosen.measure === 'bytes' && highest >= 4096
    ? 1024 ** Math.floor(Math.log(highest) / Math.log(1024)) : 1;
  return d3.ticks(0, highest / unit, 4).map((tick) => tick * unit).filter(Number.isInteger);
}

function drawAxes() {
  const seconds = d3.axisBottom(timeline.x).ticks(8).tickFormat((ms) => `+${ms / 1000} s`);
  const amount = d3.axisLeft(timeline.y).tickValues(amountTicks()).tickFormat(formatMeasure);
  timeline.svg.select('g.x').attr('transform', `translate(0,${CHART.height - CHART.bottom})`)
    .call(seconds);
  timeline.svg.select('g.y').attr('transform', `translate(${CHART.left},0)`).call(amount);
}

function drawCursor() {
  const x = timeline.x(row().times[chosen.moment]);
  timeline.svg.select('line.cursor').raise().attr('x1', x).attr('x2', x)
    .attr('y1', CHART.top).attr('y2', CHART.height - CHART.bottom);
}

function drawLegend(shown) {
  const items = [];
  for (const band of timeline.bands) {
    const now = formatMeasure(band.values[chosen.moment]);
    const name = band.folded ? `${OTHER_BAND}: ${band.folded} more` : band.name;
    const button = element('button', {type: 'button', class: shown.includes(band) ? '' : 'off',
      'aria-pressed': String(band.name === chosen.band)},
    element('span', {class: `swatch ${band.colour}`}), visible(name),
    element('span', {class: 'now'}, now));
    button.addEventListener('click', () => chooseBand(band.name));
    items.push(element('li', {}, button));
  }
  byId('legend').replaceChildren(...items);
}

function setUpTimeline() {
  timeline.svg = d3.select('#timeline-chart').append('svg').attr('height', CHART.height);
  timeline.svg.append('g').attr('class', 'axis x');
  timeline.svg.append('g').attr('class', 'axis y');
  timeline.svg.append('line').attr('class', 'cursor');
  timeline.svg.on('click', () => {
    const time = timeline.x.invert(d3.mouse(timeline.svg.node())[0]);
    chooseMoment(Math.max(0, d3.bisectRight(row().times, time) - 1));
  });
  byId('slider').addEventListener('input', (event) => chooseMoment(Number(event.target.value)));
  byId('timeline-measure').addEventListener('change', (event) => {
    chosen.measure = event.target.value;
    drawTimeline();
  });
}

function tellMoment() {
  const time = row().times[chosen.moment];
  const sum = d3.sum(timeline.bands, (band) => band.values[chosen.moment]);
  setText('moment', `at ${since(time)} (${clockTime(time)}): ${formatMeasure(sum)}`);
}

function drawTimeline() {
  const width = byId('timeline-chart').clientWidth;
  timeline.bands = timelineBands();
  const only = timeline.bands.filter((band) => band.name === chosen.band);
  const shown = only.length ? only : timeline.bands;
  timeline.svg.attr('width', width);
  timelineScales(width, shown);
  drawBands(shown);
  drawMarks();
  drawAxes();
  drawCursor();
  drawLegend(shown);
  byId('slider').max = row().times.length - 1;
  byId('slider').value = chosen.moment;
  setText('timeline-title', rowName(row()));
  tellMoment();
}

// Shows the band called NAME alone, or all again.
function chooseBand(name) {
  chosen.band = chosen.band === name ? null : name;
  drawTimeline();
}
