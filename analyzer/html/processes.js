// The processes, one below the other as they lived; what is typed finds some of them.
// SPDX-License-Identifier: MIT

function processes(number) {
  return `${count(number)} process${number === 1 ? '' : 'es'}`;
}

function rowName(shown) {
  return shown.pid === undefined ? `all ${processes(data.process_count)}`
    : `${wordOf(shown.kind)} ${shown.pid}`;
}

// Where a life lies in the range that is shown.
function drawLifeline(rect, shown) {
  const all = data.rows[0];
  const [from, to] = range.from === null ? [all.start, all.end] : [range.from, range.to];
  const place = (time) => 100 * Math.min(1, Math.max(0, (time - from) / Math.max(to - from, 1)));
  const left = place(shown.start);
  rect.setAttribute('x', `${Math.min(left, 99)}%`);
  rect.setAttribute('width', `${Math.max(1, place(shown.end) - left)}%`);
}

function lifeline() {
  const svg = d3.create('svg').attr('class', 'life').attr('aria-hidden', 'true');
  svg.append('rect').attr('y', 4).attr('height', 8).attr('rx', 2);
  return svg.node();
}

// As ps shows it, without the program's name.
function titleOf(shown) {
  return shown.title === null || shown.title === undefined ? ''
    : string(shown.title).replace(/^[\w.-]+: /, '');
}

function processWords(shown) {
  return [rowName(shown), titleOf(shown)].filter(Boolean).join(' · ');
}

function lifeWords(shown) {
  return `${clockTime(shown.start)} to ${clockTime(shown.end)}, ${duration(shown.end - shown.start)}`;
}

function processRow(shown, index) {
  const peak = shown.peaks ? d3.max(shown.peaks) : shown.peak;
  const option = element('div', {role: 'option', id: `process-${index}`,
    title: `${visible(processWords(shown))}\n${lifeWords(shown)}`},
    element('span', {class: 'name'}, visible(processWords(shown))),
    lifeline(), element('span', {class: 'peak'}, peak ? `peak ${bytes(peak)}` : ''));
  option.addEventListener('click', () => shown.peaks ? chooseRow(index) : tellOther(shown));
  return option;
}

// Processes without a row: what there is of them, and how to get the rest.
const otherProcesses = data.others.map(([pid, kind, start, end, peak, title]) =>
  ({pid, kind, start, end, peak, title}));

function tellOther(shown) {
  setText('processes-folded', `${visible(processWords(shown))}: ${clockTime(shown.start)}, ` +
    `${duration(shown.end - shown.start)}, peak ${bytes(shown.peak)}. To draw it: ` +
    `lifeguard html --pid=${shown.pid} DIR`);
}

function stepRow(step) {
  let next = chosen.row + step;
  while (data.rows[next] && byId(`process-${next}`).hidden) {
    next += step;
  }
  if (data.rows[next]) {
    chooseRow(next);
  }
}

function setUpProcesses() {
  const list = byId('process-list');
  list.append(...data.rows.concat(otherProcesses).map(processRow));
  list.addEventListener('keydown', (event) => {
    const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
    if (step) {
      event.preventDefault();
      stepRow(step);
    }
  });
  byId('process-search').addEventListener('input', drawProcesses);
}

function isProcessListed(shown, index, text) {
  return index === 0 ||
    (processWords(shown).toLowerCase().includes(text) && inRange(shown.start, shown.end));
}

function tellProcesses(hidden) {
  const folded = data.process_count - (data.rows.length - 1) - otherProcesses.length;
  const notes = [];
  if (hidden) {
    notes.push(`${processes(hidden)} not shown.`);
  }
  if (otherProcesses.length) {
    notes.push(`${processes(otherProcesses.length)} at the end of the list: select one for the command that draws it.`);
  }
  if (folded > 0) {
    notes.push(`${processes(folded)} more: in “all” only`);
  }
  setText('processes-folded', notes.join(' '));
}

function drawProcesses() {
  const text = byId('process-search').value.toLowerCase();
  let hidden = 0;
  [...byId('process-list').children].forEach((option, index) => {
    option.setAttribute('aria-selected', String(index === chosen.row));
    const shown = data.rows[index] || otherProcesses[index - data.rows.length];
    option.hidden = !isProcessListed(shown, index, text);
    hidden += option.hidden;
    drawLifeline(option.querySelector('rect'), shown);
  });
  byId('process-list').setAttribute('aria-activedescendant', `process-${chosen.row}`);
  byId(`process-${chosen.row}`).scrollIntoView({block: 'nearest'});
  tellProcesses(hidden);
}
