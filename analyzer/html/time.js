// Times as people read them, and the range of time that all views show.
// SPDX-License-Identifier: MIT

const LONG_MS = 600000; // from here on an axis has the time of day

// The range that is zoomed into: milliseconds since the start of the recording, or null.
const range = {from: null, to: null};

function rangeStart() {
  return range.from === null ? row().start : range.from;
}

function rangeEnd() {
  return Math.max(range.to === null ? row().end : range.to, rangeStart() + 1);
}

function inRange(from, to) {
  return range.from === null || (to >= range.from && from <= range.to);
}

// The moments of SHOWN that the range begins after, and ends with.
function rangeMoments(shown) {
  return [rangeStart(), rangeEnd()].map((time) =>
    Math.max(0, d3.bisectRight(shown.times, time) - 1));
}

// "2 d 3 h 4 min": the two largest parts, or three where there are days.
function duration(ms) {
  const seconds = ms / 1000;
  if (seconds < 100) {
    return `${seconds.toFixed(seconds < 1 ? 3 : 2)} s`;
  }
  const minutes = Math.floor(seconds / 60);
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24];
  const parts = [[days, 'd'], [hours, 'h'], [minutes % 60, 'min']];
  if (!days && !hours) {
    parts.push([Math.floor(seconds) % 60, 's']);
  }
  return parts.filter(([number]) => number).map(([number, unit]) => `${number} ${unit}`).join(' ');
}

// Milliseconds since the start of the recording.
function since(ms) {
  return `+${duration(ms)}`;
}

function twoDigits(number) {
  return String(number).padStart(2, '0');
}

function dayOf(date) {
  return `${date.getFullYear()}-${twoDigits(date.getMonth() + 1)}-${twoDigits(date.getDate())}`;
}

// With the date where the recording saw more than one.
function clockTime(ms) {
  const date = new Date(data.start_ms + ms);
  const all = data.rows[0];
  const days = dayOf(new Date(data.start_ms)) !== dayOf(new Date(data.start_ms + all.end));
  return days ? momentOf(ms) : date.toLocaleTimeString('en-GB');
}

// With the date: the page may be looked at on another day.
function momentOf(ms) {
  const date = new Date(data.start_ms + ms);
  return `${dayOf(date)} ${date.toLocaleTimeString('en-GB')}`;
}

// Milliseconds since the start of the recording of a time as the report has it.
function sinceOf(time) {
  return time ? Date.parse(time) - data.start_ms : null;
}

// The axis: since the start, or the time of day where it is long.
function timeAxis(scale) {
  const [from, to] = scale.domain();
  if (to - from < LONG_MS && to < LONG_MS) {
    return d3.axisBottom(scale).ticks(8).tickFormat((ms) => `+${ms / 1000} s`);
  }
  const clock = d3.scaleTime().domain([from, to].map((ms) => new Date(data.start_ms + ms)))
    .range(scale.range());
  return d3.axisBottom(clock).ticks(8).tickFormat((date) => {
    const time = `${twoDigits(date.getHours())}:${twoDigits(date.getMinutes())}`;
    const seconds = date.getSeconds() ? `:${twoDigits(date.getSeconds())}` : '';
    return time === '00:00' && !seconds ? dayOf(date).slice(5) : time + seconds;
  });
}
