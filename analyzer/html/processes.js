// The processes, one below the other as they lived.

function processes(number) {
  return `${count(number)} process${number === 1 ? '' : 'es'}`;
}

function rowName(shown) {
  return shown.pid === undefined ? `all ${processes(data.process_count)}`
    : `${wordOf(shown.kind)} ${shown.pid}`;
}

function lifeline(shown) {
  const all = data.rows[0];
  const whole = Math.max(all.end - all.start, 1);
  const left = 100 * (shown.start - all.start) / whole;
  const svg = d3.create('svg').attr('class', 'life').attr('aria-hidden', 'true');
  svg.append('rect').attr('x', `${left}%`).attr('y', 4).attr('height', 8).attr('rx', 2)
    .attr('width', `${Math.max(0.4, 100 * (shown.end - shown.start) / whole)}%`);
  return svg.node();
}

function processRow(shown, index) {
  const peak = d3.max(shown.peaks);
  const option = element('div', {role: 'option', id: `process-${index}`},
    element('span', {class: 'name'}, rowName(shown)), lifeline(shown),
    element('span', {class: 'peak'}, peak ? `peak ${bytes(peak)}` : ''));
  option.addEventListener('click', () => chooseRow(index));
  return option;
}

function setUpProcesses() {
  const list = byId('process-list');
  list.append(...data.rows.map(processRow));
  list.addEventListener('keydown', (event) => {
    const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
    const next = chosen.row + step;
    if (step && data.rows[next]) {
      event.preventDefault();
      chooseRow(next);
    }
  });
  const folded = data.process_count - (data.rows.length - 1);
  if (folded > 0) {
    setText('processes-folded', `${processes(folded)} more, with the fewest events: in “all” only`);
  }
}

function drawProcesses() {
  [...byId('process-list').children].forEach((option, index) => {
    option.setAttribute('aria-selected', String(index === chosen.row));
  });
  byId('process-list').setAttribute('aria-activedescendant', `process-${chosen.row}`);
  byId(`process-${chosen.row}`).scrollIntoView({block: 'nearest'});
}
