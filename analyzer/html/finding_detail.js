// What opens below a finding's card: where it is, its call sites, its backtraces.
// SPDX-License-Identifier: MIT

const PARTS_LISTED = 40;

function frameItem(frame, blamed) {
  const place = frame.function
    ? frame.file ? `${baseName(frame.file)}:${frame.line}` : frame.module || '' : '';
  return element('li', blamed ? {class: 'blamed'} : {}, visible(frameName(frame)),
    element('span', {class: 'place'}, visible(place)));
}

// Without the frames that start the program.
function stackPart(title, frames, finding) {
  const shown = (frames || []).filter((frame) => !START_FRAMES.test(frame.function || ''));
  if (!shown.length) {
    return null;
  }
  const blamed = finding ? blamedFrame(finding, shown) : -1;
  const list = element('ol', {class: 'frames', start: 0});
  list.append(...shown.map((frame, i) => frameItem(frame, i === blamed)));
  return element('div', {class: 'stack'}, element('h4', {}, title), list);
}

function crashEvents(finding) {
  if (!finding.crash || !finding.crash.events.length) {
    return null;
  }
  const list = element('ol', {class: 'frames'});
  list.append(...finding.crash.events.map((event) => element('li', {},
    `${event.size ? `${bytes(event.size)} ` : ''}${event.event} `,
    visible(event.pool || '(no name)'), ' at ', ...event.stack.slice(0, 1).map((frame) => visible(frameName(frame))))));
  return element('div', {class: 'stack'}, element('h4', {}, 'the pool events before it'), list);
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

function placeAmount(index, place) {
  return (data.parts[index] || [])[2] ? `${count(place.count)} ×` : bytes(place.bytes);
}

function placeItem(finding, index, place, i) {
  const all = d3.max(finding.places, (other) => other.bytes) || 1;
  const bar = d3.create('svg').attr('class', 'share').attr('aria-hidden', 'true');
  bar.append('rect').attr('height', '100%').attr('width', `${100 * place.bytes / all}%`)
    .attr('class', `swatch ${partColour(i)}`);
  return element('li', {title: visible(chainWords(finding, place.stack, 12))},
    element('span', {class: `swatch ${partColour(i)}`}),
    element('span', {class: 'way'}, visible(wayWords(finding, place))),
    element('span', {class: 'amount'}, placeAmount(index, place)), bar.node());
}

// The ways by which the program comes to the place, the largest first.
function placesPart(finding, index) {
  const places = finding.places || [];
  if (places.length < 2) {
    return null;
  }
  const list = element('ul', {class: 'places'});
  list.append(...places.slice(0, PARTS_LISTED).map((place, i) => placeItem(finding, index, place, i)));
  const more = places.length - PARTS_LISTED;
  return element('div', {}, element('h4', {}, `called in ${count(places.length)} ways`), list,
    more > 0 ? element('p', {class: 'folded'}, `and ${count(more)} more: see lifeguard report`) : null);
}

function stepButton(text, title, index, step) {
  const button = element('button', {type: 'button', title}, text);
  button.addEventListener('click', () => stepProcess(index, step));
  return button;
}

// Steps through the processes that have the finding, the worst one first.
function processSteps(index) {
  const found = data.report.findings[index].pids.length;
  const rows = rowsOf(index);
  if (found < 2 || !rows.length) {
    return null;
  }
  const at = rows.findIndex((one) => one.row === chosen.row);
  const where = at < 0 ? rowName(row()) : `${rowName(row())}: ${at + 1} of ${count(found)}, worst first`;
  return element('p', {class: 'steps'}, stepButton('‹', 'worse one (p)', index, -1),
    element('span', {}, where), stepButton('›', 'next one (n)', index, 1));
}

function stepProcess(index, step) {
  const rows = rowsOf(index);
  const at = rows.findIndex((one) => one.row === chosen.row);
  const next = rows[Math.min(rows.length - 1, Math.max(0, at < 0 ? 0 : at + step))];
  if (next) {
    turnTo(index, next.row);
    drawAll();
  }
}

function findingFacts(finding, index) {
  const facts = element('dl');
  fact(facts, 'at', visible(finding.where));
  fact(facts, 'pool', pathWords(finding.pool.path || ''));
  fact(facts, 'holds', holdsWords(finding));
  fact(facts, 'grew in', labelWords(finding.per_unit));
  fact(facts, 'stops at', stopWords(finding));
  fact(facts, 'process', pidWords(finding));
  fact(facts, 'phase', finding.phase);
  fact(facts, 'seen', [finding.first, finding.last].filter(Boolean)
    .map((time) => `${clockTime(sinceOf(time))} (${since(sinceOf(time))})`).join(' to '));
  fact(facts, 'id', finding.fingerprint + (finding.weak ? ' (weak)' : ''));
  facts.append(element('dt', {}, 'link'),
    element('dd', {}, element('a', {href: `#finding-${index + 1}`}, `#finding-${index + 1}`)));
  return facts;
}

function findingDetail(finding, index) {
  return element('div', {class: 'detail'}, processSteps(index), findingFacts(finding, index),
    finding.advice ? element('p', {class: 'advice'}, visible(finding.advice)) : null,
    placesPart(finding, index),
    stackPart('at', finding.stack, finding),
    crashEvents(finding),
    stackPart('allocated at', finding.allocated),
    stackPart('pool made at', finding.pool.created, finding.stack.length ? null : finding),
    stackPart('others of that place are destroyed at', finding.others_destroyed),
    stackPart('destroyed at', finding.destroyed),
    ...divergenceParts(finding.divergence));
}
