// What lifeguard check made of the findings, where the page is from it.
// SPDX-License-Identifier: MIT

function verdictOf(index) {
  return data.gate ? data.gate.verdicts[index] : null;
}

// Whether there was a baseline that had something.
function hasBaseline() {
  return data.gate.gone.length > 0 || data.gate.verdicts.some((verdict) => verdict.was);
}

// "fails: not in the baseline", "passes: suppressed (known upstream)"
function judgedWords(verdict) {
  if (verdict.fails) {
    const why = verdict.limit ? `: beyond the limit ${visible(verdict.limit)}`
      : verdict.state === 'grown' ? ': grown beyond the baseline'
        : hasBaseline() ? ': not in the baseline' : '';
    return `fails${why}`;
  }
  if (verdict.suppressed) {
    const reason = verdict.reason ? ` (${visible(verdict.reason)})` : '';
    return `passes: suppressed by ${visible(verdict.suppressed)}${reason}`;
  }
  return verdict.was ? 'passes: in the baseline'
    : verdict.severity === 'off' ? 'passes: off in the policy' : 'passes';
}

// The line in a finding's card; null where nothing was judged.
function judgedPart(index) {
  const verdict = verdictOf(index);
  return verdict && element('span', {class: verdict.fails ? 'judged fails' : 'judged'},
    judgedWords(verdict));
}

// At first, only what fails is listed, where something does.
function tellVerdict() {
  if (!data.gate) {
    return;
  }
  const {failing, passing, doubts} = data.gate;
  const line = byId('verdict');
  line.hidden = false;
  line.classList.toggle('failed', failing > 0 || doubts.length > 0);
  setText('verdict', `check: ${data.gate.verdict || 'NO VERDICT'}; ${plural(failing, 'finding')} ` +
    `${failing === 1 ? 'fails' : 'fail'}, ${count(passing)} let pass` +
    doubts.map((doubt) => `; ${visible(doubt)}`).join(''));
  byId('filter-fails-label').hidden = false;
  byId('filter-fails').checked = filter.fails = failing > 0;
}
