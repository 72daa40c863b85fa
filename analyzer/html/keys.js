// Keys that work everywhere, and the list of them.
// SPDX-License-Identifier: MIT

function stepFinding(step) {
  const listed = [...byId('finding-list').children].map((item, i) => item.hidden ? -1 : i)
    .filter((i) => i >= 0);
  const at = listed.indexOf(chosen.finding);
  const next = listed[chosen.finding === null ? 0 : at + step];
  if (next !== undefined) {
    chooseFinding(next);
  }
}

function stepHaving(step) {
  if (chosen.finding === null) {
    stepRow(step);
  } else {
    stepProcess(chosen.finding, step);
  }
}

const KEYS = {
  '/': ['search in the tree or flame graph', () => byId('search').focus()],
  'j': ['next finding', () => stepFinding(1)],
  'k': ['previous finding', () => stepFinding(-1)],
  'n': ['next process; with a finding open, the next that has it', () => stepHaving(1)],
  'p': ['previous process', () => stepHaving(-1)],
  'a': ['all processes', () => chooseRow(0)],
  't': ['pool tree', () => chooseTab('tree')],
  'f': ['flame graph', () => chooseTab('flame')],
  'z': ['the whole time', () => chooseRange(null, null)],
  '?': ['these keys', () => showHelp(byId('help').hidden)],
};

const MOVES = [['arrows', 'move within a list or chart'], ['Enter', 'open, or zoom in'],
  ['Escape', 'show the whole again, or close this'], ['click on the time chart', 'choose a moment'],
  ['drag over the time chart', 'zoom into a range of time'], ['double click on it', 'the whole time']];

function showHelp(shown) {
  byId('help').hidden = !shown;
  if (shown) {
    byId('help-close').focus();
  }
}

function onKey(event) {
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) &&
    event.target.type !== 'range' && event.target.type !== 'checkbox';
  if (event.key === 'Escape' && !byId('help').hidden) {
    showHelp(false);
  } else if (!typing && !event.ctrlKey && !event.metaKey && !event.altKey && KEYS[event.key]) {
    event.preventDefault();
    KEYS[event.key][1]();
  }
}

function setUpKeys() {
  const all = Object.entries(KEYS).map(([key, [text]]) => [key, text]).concat(MOVES);
  all.forEach(([key, text]) => byId('help-keys').append(element('dt', {}, element('kbd', {}, key)),
    element('dd', {}, text)));
  document.addEventListener('keydown', onKey);
  byId('help-open').addEventListener('click', () => showHelp(true));
  byId('help-close').addEventListener('click', () => showHelp(false));
}
