// The findings, worst first, as cards; opening one turns the rest of the page to it.
// SPDX-License-Identifier: MIT

function kindWords(finding) {
  const phase = finding.phase === 'start-up' ? ' · at start-up' : '';
  return ` · ${wordOf(finding.kind)}${phase}`;
}

function findingItem(finding, index) {
  const pool = finding.pool.role || finding.pool.tag || '(no name)';
  const button = element('button', {type: 'button', 'aria-expanded': 'false'},
    element('span', {class: `severity ${finding.severity}`}, finding.severity),
    element('span', {class: 'about'}, element('span', {class: 'rule'}, finding.rule),
      kindWords(finding)),
    element('span', {class: 'number'}, String(index + 1)),
    element('strong', {}, visible(cardTitle(finding))),
    element('span', {class: 'pool'}, element('span', {class: `swatch ${bandColour(pool)}`}),
      visible(pool)),
    element('span', {class: 'what'}, findingWords(finding)), judgedPart(index));
  button.addEventListener('click', () => chooseFinding(chosen.finding === index ? null : index));
  return element('li', {id: `finding-${index + 1}`}, button);
}

function moveFocus(event) {
  const step = {ArrowDown: 'nextElementSibling', ArrowUp: 'previousElementSibling'}[event.key];
  let item = event.target.closest('li[id]');
  do {
    item = step && item && item[step];
  } while (item && item.hidden);
  if (item) {
    event.preventDefault();
    item.querySelector('button').focus();
  }
}

function setUpFindings() {
  const list = byId('finding-list');
  list.append(...data.report.findings.map(findingItem));
  list.addEventListener('keydown', moveFocus);
  setUpFilters();
}

// On a narrow page the views stand in the open card, else beside the cards.
function placeWork() {
  const open = chosen.finding === null ? null : byId(`finding-${chosen.finding + 1}`);
  const narrow = matchMedia('(max-width: 900px)').matches;
  if (narrow && open) {
    open.firstChild.after(byId('work'));
  }
}

function drawFindings() {
  document.querySelector('main').append(byId('work'));
  [...byId('finding-list').children].forEach((item, index) => {
    const open = index === chosen.finding;
    item.firstChild.setAttribute('aria-expanded', String(open));
    item.querySelectorAll('.detail').forEach((detail) => detail.remove());
    if (open) {
      item.append(findingDetail(data.report.findings[index], index));
    }
  });
  placeWork();
  drawFilters();
}

// Shows FINDING as ROW has it.
function turnTo(index, rowIndex) {
  chosen.row = rowIndex;
  chosen.moment = worstMoment(row(), index);
}

function chooseFinding(index) {
  chosen.finding = index;
  chosen.band = null;
  chosen.scope = index === null ? 'pools' : 'finding';
  chosen.measure = index === null ? 'bytes' : findingMeasure(index);
  if (index !== null) {
    const rows = rowsOf(index);
    turnTo(index, rows.length ? rows[0].row : 0);
    chooseFlameMeasure(data.report.findings[index]);
  }
  writeLink();
  drawAll();
  if (index !== null) {
    byId(`finding-${index + 1}`).scrollIntoView({block: 'start'});
  }
}

// The finding that the page's address names, by its number or its id.
function linkedFinding() {
  const name = location.hash.slice(1);
  const number = /^finding-(\d+)$/.exec(name);
  const index = number ? Number(number[1]) - 1
    : data.report.findings.findIndex((finding) => finding.fingerprint === name);
  return data.report.findings[index] ? index : null;
}

function writeLink() {
  const link = chosen.finding === null ? ' ' : `#finding-${chosen.finding + 1}`;
  if (location.hash !== link.trim()) {
    history.replaceState(null, '', link.trim() || location.pathname + location.search);
  }
}

function followLink() {
  const index = linkedFinding();
  if (index !== null && index !== chosen.finding) {
    chooseFinding(index);
  }
}
