// Which findings are listed: by severity, rule, process, time and text.
// SPDX-License-Identifier: MIT

const SEVERITIES = ['error', 'warning', 'note'];

const filter = {severities: new Set(SEVERITIES), rule: '', text: '', process: false, fails: false};

function findingText(finding) {
  return [cardTitle(finding), finding.rule, poolWords(finding), finding.pool.path,
    finding.fingerprint, ...culpritStack(finding).map(frameName)].join('\n').toLowerCase();
}

function isListed(finding, index) {
  const shown = row();
  return (!filter.fails || verdictOf(index).fails) && filter.severities.has(finding.severity) &&
    (!filter.rule || finding.rule === filter.rule) &&
    (!filter.process || shown.pid === undefined || finding.pids.includes(shown.pid)) &&
    inRange(sinceOf(finding.first) || 0, sinceOf(finding.last) || Infinity) &&
    findingText(finding).includes(filter.text);
}

function severityButton(severity) {
  const number = data.report.summary[severity];
  const button = element('button', {type: 'button', class: `severity ${severity}`,
    'aria-pressed': 'true', title: `show or hide each ${severity}`}, plural(number, severity));
  button.addEventListener('click', () => {
    if (!filter.severities.delete(severity)) {
      filter.severities.add(severity);
    }
    drawFilters();
  });
  return button;
}

function setUpFilters() {
  byId('summary').append(...SEVERITIES.map(severityButton));
  const rules = [...new Set(data.report.findings.map((finding) => finding.rule))].sort();
  byId('filter-rule').append(...rules.map((rule) => element('option', {value: rule}, rule)));
  byId('filter-rule').addEventListener('change', (event) => {
    filter.rule = event.target.value;
    drawFilters();
  });
  byId('filter-text').addEventListener('input', (event) => {
    filter.text = event.target.value.toLowerCase();
    drawFilters();
  });
  byId('filter-process').addEventListener('change', (event) => {
    filter.process = event.target.checked;
    drawFilters();
  });
  byId('filter-fails').addEventListener('change', (event) => {
    filter.fails = event.target.checked;
    drawFilters();
  });
}

function tellFiltered(hidden) {
  const notes = [];
  if (!data.report.findings.length) {
    notes.push('Nothing found.');
  }
  if (hidden) {
    notes.push(`${count(hidden)} not shown by the filters.`);
  }
  if (data.folded.findings) {
    notes.push(`${count(data.folded.findings)} more, less severe: see lifeguard report`);
  }
  setText('findings-folded', notes.join(' '));
}

function drawFilters() {
  let hidden = 0;
  [...byId('finding-list').children].forEach((item, index) => {
    const listed = index === chosen.finding || isListed(data.report.findings[index], index);
    item.hidden = !listed;
    hidden += !listed;
  });
  [...byId('summary').children].forEach((button, i) =>
    button.setAttribute('aria-pressed', String(filter.severities.has(SEVERITIES[i]))));
  tellFiltered(hidden);
}
