// Live bytes or pools of the chosen row over time, stacked by pool, or by the parts of a finding.
// SPDX-License-Identifier: MIT

const CHART = {left: 66, right: 14, top: 18, bottom: 22, lowest: 150};

const timeline = {bands: [], x: null, y: null, svg: null, height: 0};

function formatMeasure(value) {
  return chosen.measure === 'pools' ? count(value) : bytes(value);
}

function timelineScales(width, shown) {
  const inside = row().times.map((time) => inRange(time, time));
  const highest = d3.max(row().times, (time, i) =>
    inside[i] ? d3.sum(shown, (band) => band.values[i]) : 0) || 1;
  timeline.x = d3.scaleLinear().domain([rangeStart(), rangeEnd()])
    .range([CHART.left, width - CHART.right]);
  timeline.y = d3.scaleLinear().domain([0, highest * 1.04])
    .range([timeline.height - CHART.bottom, CHART.top]);
}

// The moments to draw: those in the range, and one more on each side.
function drawnMoments() {
  const {times} = row();
  const first = Math.max(0, d3.bisectRight(times, rangeStart()) - 1);
  const last = Math.min(times.length - 1, d3.bisectLeft(times, rangeEnd()));
  return d3.range(first, last + 1);
}

function clampedX(time) {
  return timeline.x(Math.min(rangeEnd(), Math.max(rangeStart(), time)));
}

function drawBands(shown) {
  const {times} = row();
  const stack = d3.stack().keys(shown.map((band, i) => i))
    .value((i, key) => shown[key].values[i]);
  const area = d3.area().curve(d3.curveStepAfter).x((d) => clampedX(times[d.data]))
    .y0((d) => timeline.y(d[0])).y1((d) => timeline.y(d[1]));
  timeline.svg.selectAll('path.band').data(stack(drawnMoments())).join('path')
    .attr('class', (d) => `band ${shown[d.key].colour}`).attr('d', area);
}

// Round numbers, all in the unit of the largest.
function amountTicks() {
  const highest = timeline.y.domain()[1];
  const unit = chosen.measure !== 'pools' && highest >= 4096
    ? 1024 ** Math.floor(Math.log(highest) / Math.log(1024)) : 1;
  const number = Math.max(3, Math.floor(timeline.height / 60));
  return d3.ticks(0, highest / unit, number).map((tick) => tick * unit)
    .filter((tick) => unit > 1 || Number.isInteger(tick));
}

function formatTick(value) {
  const highest = timeline.y.domain()[1];
  if (chosen.measure === 'pools' || highest < 4096) {
    return `${count(value)}${chosen.measure === 'pools' ? '' : ' B'}`;
  }
  const power = Math.floor(Math.log(highest) / Math.log(1024));
  const number = value / 1024 ** power;
  return `${Number.isInteger(number) ? number : number.toFixed(1)} ${BYTE_UNITS[power]}`;
}

function drawAxes() {
  const bottom = timeline.height - CHART.bottom;
  const amount = d3.axisLeft(timeline.y).tickValues(amountTicks()).tickFormat(formatTick);
  timeline.svg.select('g.x').attr('transform', `translate(0,${bottom})`).call(timeAxis(timeline.x));
  timeline.svg.select('g.y').attr('transform', `translate(${CHART.left},0)`).call(amount);
}

function drawCursor() {
  const x = clampedX(row().times[chosen.moment]);
  timeline.svg.select('line.cursor').raise().attr('x1', x).attr('x2', x)
    .attr('y1', CHART.top).attr('y2', timeline.height - CHART.bottom);
}

function drawLegend(shown) {
  const items = [];
  for (const band of timeline.bands) {
    const now = formatMeasure(band.values[chosen.moment]);
    const name = band.folded ? `${OTHER_BAND}: ${band.folded} more` : band.name;
    const button = element('button', {type: 'button', class: shown.includes(band) ? '' : 'off',
      'aria-pressed': String(band.name === chosen.band), title: visible(name)},
    element('span', {class: `swatch ${band.colour}`}),
    element('span', {class: 'name'}, visible(name)), element('span', {class: 'now'}, now));
    button.addEventListener('click', () => chooseBand(band.name));
    items.push(element('li', {}, button));
  }
  byId('legend').replaceChildren(...items);
}

function setUpTimeline() {
  timeline.svg = d3.select('#timeline-chart').append('svg');
  timeline.svg.append('g').attr('class', 'axis x');
  timeline.svg.append('g').attr('class', 'axis y');
  timeline.svg.append('line').attr('class', 'cursor');
  timeline.svg.append('rect').attr('class', 'brush').attr('width', 0);
  setUpReadout();
  byId('slider').addEventListener('input', (event) => chooseMoment(Number(event.target.value)));
  byId('timeline-measure').addEventListener('change', (event) => {
    chosen.measure = event.target.value;
    drawTimeline();
  });
  byId('timeline-scope').addEventListener('change', (event) => {
    chosen.scope = event.target.value;
    chosen.band = null;
    drawTimeline();
  });
  byId('whole-time').addEventListener('click', () => chooseRange(null, null));
}

function tellMoment() {
  const time = row().times[chosen.moment];
  const state = [...poolState(row(), chosen.moment).values()];
  const sum = (measure) => d3.sum(state, (held) => held[measure]);
  const own = drawsFinding()
    ? `${formatMeasure(d3.sum(timeline.bands, (band) => band.values[chosen.moment]))} of this finding; `
    : '';
  setText('moment', `at ${since(time)} (${clockTime(time)}): ${own}${plural(sum('pools'), 'pool')}, ` +
    `${bytes(sum('bytes'))} asked for, ${bytes(sum('held'))} held`);
}

function tellTimeline() {
  const finding = chosen.finding === null ? null : data.report.findings[chosen.finding];
  byId('scope-finding').hidden = byId('scope-finding').disabled = !finding;
  byId('timeline-scope').value = finding ? chosen.scope : 'pools';
  byId('timeline-measure').value = chosen.measure;
  byId('slider').min = Math.max(0, d3.bisectLeft(row().times, rangeStart()));
  byId('slider').max = Math.max(0, d3.bisectRight(row().times, rangeEnd()) - 1);
  byId('slider').value = chosen.moment;
  byId('whole-time').hidden = range.from === null;
  setText('timeline-title', rowName(row()));
  setText('timeline-range', range.from === null ? ''
    : `${clockTime(range.from)} to ${clockTime(range.to)}, ${duration(range.to - range.from)}`);
}

function drawTimeline() {
  timeline.bands = drawnBands();
  const only = timeline.bands.filter((band) => band.name === chosen.band);
  const shown = only.length ? only : timeline.bands;
  // What is around the chart first: the chart has the height that it leaves.
  tellTimeline();
  tellMoment();
  drawMarkLegend();
  drawLegend(shown);
  const width = byId('timeline-chart').clientWidth;
  timeline.height = Math.max(CHART.lowest, byId('timeline-chart').clientHeight);
  timeline.svg.attr('width', width).attr('height', timeline.height);
  timelineScales(width, shown);
  drawBands(shown);
  drawMarks(timeline.svg, timeline.x, CHART.top, timeline.height - CHART.bottom);
  drawAxes();
  drawCursor();
}

// Shows the band called NAME alone, or all again.
function chooseBand(name) {
  chosen.band = chosen.band === name ? null : name;
  drawTimeline();
}
