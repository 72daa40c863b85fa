// The findings, worst first; opening one turns the rest of the page to it.

function poolWords(finding) {
  return visible(finding.pool.role || finding.pool.tag || '(no name)');
}

function growthWords(finding) {
  const growth = finding.per_unit;
  const per = growth.bytes ? `+${bytes(growth.bytes)}` : `+${growth.count}`;
  if (finding.rule === 'growing-in-unit') {
    return `${per} in one ${wordOf(growth.unit)}`;
  }
  return `${per} per ${wordOf(growth.unit)}, in ${growth.grew} of ${growth.units}`;
}

function findingWords(finding) {
  const words = [`${count(finding.count)} ×, ${bytes(finding.bytes)}`];
  if (finding.per_unit) {
    words.unshift(growthWords(finding));
  }
  if (finding.departure) {
    words.push(finding.departure);
  }
  return words.join('; ');
}

function frameWords(frame) {
  const hex = `+0x${frame.offset.toString(16)}`;
  const module = frame.module || '?';
  const name = frame.function || module + hex;
  const place = frame.file ? `${frame.file.replace(/.*\//, '')}:${frame.line}` : frame.module || '';
  return [visible(name), element('span', {class: 'place'}, visible(frame.function ? place : ''))];
}

function stackPart(title, frames) {
  if (!frames || !frames.length) {
    return null;
  }
  const list = element('ol', {class: 'frames', start: 0});
  list.append(...frames.map((frame) => element('li', {}, ...frameWords(frame))));
  return element('div', {class: 'stack'}, element('h4', {}, title), list);
}

function fact(list, name, text) {
  if (text) {
    list.append(element('dt', {}, name), element('dd', {}, text));
  }
}

function pidWords(finding) {
  const pids = finding.pids.slice(0, 5).join(', ');
  const more = finding.pids.length - 5;
  return `${wordOf(finding.kind)} ${pids}${more > 0 ? ` and ${more} more` : ''}`;
}

function findingDetail(finding) {
  const facts = element('dl');
  fact(facts, 'pool', visible(finding.pool.path || ''));
  fact(facts, 'process', pidWords(finding));
  fact(facts, 'phase', finding.phase);
  fact(facts, 'seen', [finding.first, finding.last].filter(Boolean)
    .map((time) => time.slice(11, 19)).join(' to '));
  fact(facts, 'id', finding.fingerprint + (finding.weak ? ' (weak)' : ''));
  return element('div', {class: 'detail'}, facts, stackPart('at', finding.stack),
    stackPart('allocated at', finding.allocated),
    stackPart('pool made at', finding.pool.created),
    stackPart('destroyed at', finding.destroyed),
    finding.advice ? element('p', {class: 'advice'}, visible(finding.advice)) : null);
}

function findingItem(finding, index) {
  const button = element('button', {type: 'button', 'aria-expanded': 'false'},
    element('span', {class: `severity ${finding.severity}`}, finding.severity),
    element('span', {class: 'rule'}, finding.rule),
    element('strong', {}, poolWords(finding)),
    element('span', {class: 'what'}, findingWords(finding)));
  button.addEventListener('click', () => chooseFinding(chosen.finding === index ? null : index));
  return element('li', {id: `finding-${index}`}, button);
}

function setUpFindings() {
  const list = byId('finding-list');
  const {findings} = data.report;
  list.append(...findings.map(findingItem));
  list.addEventListener('keydown', (event) => {
    const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
    const item = event.target.closest('li[id]');
    const next = step && (step > 0 ? item.nextElementSibling : item.previousElementSibling);
    if (next) {
      event.preventDefault();
      next.querySelector('button').focus();
    }
  });
  const notes = [];
  if (!findings.length) {
    notes.push('Nothing found.');
  }
  if (data.folded.findings) {
    notes.push(`${count(data.folded.findings)} more, less severe: see lifeguard report`);
  }
  setText('findings-folded', notes.join(' '));
}

function drawFindings() {
  [...byId('finding-list').children].forEach((item, index) => {
    const open = index === chosen.finding;
    item.firstChild.setAttribute('aria-expanded', String(open));
    if (item.childElementCount > 1 && !open) {
      item.lastChild.remove();
    } else if (item.childElementCount === 1 && open) {
      item.append(findingDetail(data.report.findings[index]));
      item.scrollIntoView({block: 'nearest'});
    }
  });
}

// The last moment at which the pools of FINDING held most in the chosen row.
function worstMoment(finding) {
  let worst = chosen.moment;
  let most = -1;
  eachMoment(row(), row().times.length - 1, (moment, state) => {
    let held = 0;
    state.forEach((value, node) => {
      held += poolPath(pools[node]) === finding.pool.path ? value.bytes + value.pools : 0;
    });
    if (held >= most) {
      [worst, most] = [moment, held];
    }
  });
  return worst;
}

function chooseFinding(index) {
  chosen.finding = index;
  chosen.band = null;
  if (index !== null) {
    const finding = data.report.findings[index];
    const found = data.rows.findIndex((shown) => finding.pids.includes(shown.pid));
    chosen.row = Math.max(0, found);
    chosen.moment = worstMoment(finding);
    chosen.band = finding.pool.role || finding.pool.tag || '(no name)';
    chosen.measure = finding.rule.endsWith('subpool') ? 'pools' : 'bytes';
    byId('timeline-measure').value = chosen.measure;
    chooseFlameMeasure(finding);
  }
  drawAll();
}
