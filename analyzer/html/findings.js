// The findings, worst first; opening one turns the rest of the page to it.

function poolWords(finding) {
  return visible(finding.pool.role || finding.pool.tag || '(no name)');
}

// "command OPTS": which of them grew, where one label has them.
function unitWords(growth) {
  return growth.label ? `${wordOf(growth.unit)} ${visible(growth.label)}` : wordOf(growth.unit);
}

function growthWords(finding) {
  const growth = finding.per_unit;
  const per = growth.bytes ? `+${bytes(growth.bytes)}` : `+${growth.count}`;
  if (finding.rule === 'growing-in-unit') {
    return `${per} in one ${unitWords(growth)}`;
  }
  return `${per} per ${unitWords(growth)}, in ${growth.grew} of ${growth.units}`;
}

// "all 300 OPTS, none of 4,000 others"
function labelWords(growth) {
  if (!growth || !growth.label_units) {
    return '';
  }
  const units = growth.label_units;
  const others = units.others
    ? `, ${units.others_grew ? count(units.others_grew) : 'none'} of ${count(units.others)} others`
    : '';
  return `${count(units.grew)} of ${count(units.units)} ${visible(growth.label)}${others}`;
}

// What is held is read from the blocks, or else estimated.
function heldWords(held, estimated) {
  return `${estimated ? 'about ' : ''}${bytes(held)}`;
}

function holdsWords(finding) {
  if (!finding.peak_bytes) {
    return '';
  }
  const end = finding.held_bytes < finding.peak_bytes
    ? `, ${bytes(finding.held_bytes)} in the end` : '';
  const peak = heldWords(finding.peak_bytes, finding.held_estimated);
  return `${peak} for ${bytes(finding.bytes)} asked for${end}`;
}

function stopWords(finding) {
  if (!finding.stops_at) {
    return '';
  }
  return finding.rule === 'leaked-subpool' ? plural(finding.stops_at, 'pool')
    : bytes(finding.stops_at);
}

function findingWords(finding) {
  const words = [`${count(finding.count)} ×, ${bytes(finding.bytes)}`];
  if (finding.per_unit) {
    words.unshift(growthWords(finding));
  }
  if (finding.peak_bytes) {
    words.push(`holds ${heldWords(finding.peak_bytes, finding.held_estimated)}`);
  }
  if (finding.stops_at) {
    words.push(`stops at ${stopWords(finding)}`);
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

// Where the unit that leaked went another way than one that did not.
function divergenceParts(turn) {
  if (!turn) {
    return [];
  }
  const own = `went another way in number ${count(turn.unit)}, which leaked: ${turn.event} at`;
  const other = `... than in number ${count(turn.other_unit)}: ${turn.other_event} at`;
  return [stackPart(own, turn.stack), stackPart(other, turn.other_stack)];
}

function findingDetail(finding) {
  const facts = element('dl');
  fact(facts, 'at', visible(finding.where));
  fact(facts, 'pool', visible(finding.pool.path || ''));
  fact(facts, 'holds', holdsWords(finding));
  fact(facts, 'grew in', labelWords(finding.per_unit));
  fact(facts, 'stops at', stopWords(finding));
  fact(facts, 'process', pidWords(finding));
  fact(facts, 'phase', finding.phase);
  fact(facts, 'seen', [finding.first, finding.last].filter(Boolean)
    .map((time) => time.slice(11, 19)).join(' to '));
  fact(facts, 'id', finding.fingerprint + (finding.weak ? ' (weak)' : ''));
  return element('div', {class: 'detail'}, facts, stackPart('at', finding.stack),
    stackPart('allocated at', finding.allocated),
    stackPart('pool made at', finding.pool.created),
    stackPart('others of that place are destroyed at', finding.others_destroyed),
    stackPart('destroyed at', finding.destroyed),
    ...divergenceParts(finding.divergence),
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
