// The pointer over the timeline: what it is over is told; a click chooses the moment, a drag a
// range of time.
// SPDX-License-Identifier: MIT

const READ_BANDS = 6;
const DRAG_LEAST = 6; // pixels; less is a click

const pointer = {from: null};

function momentAt(x) {
  return Math.max(0, d3.bisectRight(row().times, timeline.x.invert(x)) - 1);
}

function nearMarks(x) {
  return marksOf(row()).filter((mark) => Math.abs(timeline.x(mark.time) - x) < 5);
}

function readoutLines(x) {
  const moment = momentAt(x);
  const time = row().times[moment];
  const sum = d3.sum(timeline.bands, (band) => band.values[moment]);
  const bands = timeline.bands.filter((band) => band.values[moment] > 0)
    .sort((a, b) => b.values[moment] - a.values[moment]);
  const lines = [element('strong', {}, `${clockTime(time)} · ${since(time)}`),
    element('span', {}, `${formatMeasure(sum)} in all`)];
  bands.slice(0, READ_BANDS).forEach((band) => lines.push(element('span', {},
    element('span', {class: `swatch ${band.colour}`}),
    ` ${formatMeasure(band.values[moment])} ${visible(band.name)}`)));
  nearMarks(x).slice(0, 4).forEach((mark) =>
    lines.push(element('em', {}, `${markWords(mark)} at ${since(mark.time)}`)));
  return lines;
}

function tellReadout() {
  const x = d3.mouse(timeline.svg.node())[0];
  const box = byId('readout');
  box.replaceChildren(...readoutLines(x));
  box.hidden = false;
  const width = byId('timeline-chart').clientWidth;
  box.style.setProperty('left', `${x > width / 2 ? Math.max(0, x - box.offsetWidth - 12) : x + 12}px`);
}

function drawBrush() {
  const x = d3.mouse(timeline.svg.node())[0];
  const from = pointer.from === null ? x : pointer.from;
  timeline.svg.select('rect.brush').raise().attr('x', Math.min(from, x)).attr('y', CHART.top)
    .attr('width', Math.abs(x - from)).attr('height', timeline.height - CHART.top - CHART.bottom);
}

function endDrag() {
  const x = d3.mouse(timeline.svg.node())[0];
  const [from, to] = [Math.min(pointer.from, x), Math.max(pointer.from, x)];
  timeline.svg.select('rect.brush').attr('width', 0);
  pointer.from = null;
  if (to - from < DRAG_LEAST) {
    chooseMoment(momentAt(x));
  } else {
    chooseRange(timeline.x.invert(from), timeline.x.invert(to));
  }
}

function setUpReadout() {
  timeline.svg.on('mousemove', () => {
    tellReadout();
    drawBrush();
  }).on('mouseleave', () => {
    byId('readout').hidden = true;
    pointer.from = null;
    timeline.svg.select('rect.brush').attr('width', 0);
  }).on('mousedown', () => {
    d3.event.preventDefault();
    pointer.from = d3.mouse(timeline.svg.node())[0];
  }).on('mouseup', () => pointer.from !== null && endDrag())
    .on('dblclick', () => chooseRange(null, null));
}
