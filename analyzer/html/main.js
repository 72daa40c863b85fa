// The page as a whole: what is chosen, drawn again wherever it shows.

function tellFacts() {
  const {recording, summary} = data.report;
  const all = data.rows[0];
  const coverage = recording.coverage;
  const work = [[data.commands, 'command'], [data.restarts, 'restart'],
    [data.connections, 'connection']].filter(([number]) => number);
  document.title = `lifeguard: ${visible(recording.program || '')}`;
  const program = visible(recording.program || '');
  byId('facts').title = program;
  setText('facts', [program.replace(/.*\//, ''), processes(data.process_count),
    `${count(recording.events)} events in ${((all.end - all.start) / 1000).toFixed(1)} s`,
    ...work.map(([number, kind]) => `${count(number)} ${wordOf(kind, number)}`),
    `coverage: ${count(coverage.mismatches)} mismatches in ${plural(coverage.pools, 'comparison')}`,
    `${count(recording.lost_events)} lost`].join('  ·  '));
  byId('summary').replaceChildren(...['error', 'warning', 'note'].map((severity) =>
    element('span', {class: `severity ${severity}`}, plural(summary[severity], severity))));
}

// A line for each kind of process: the most that one of it held, and who.
function tellWorstMoments() {
  byId('worst').replaceChildren(...(data.report.worst_moments || []).map((worst) => {
    const holders = worst.holders.map((holder) =>
      `${heldWords(holder.held_bytes, holder.held_estimated)} in ${count(holder.pools)} × ` +
      visible(holder.name || '(no name)'));
    return element('li', {}, `${wordOf(worst.kind)} ${worst.pid} at its worst: ` +
      `${heldWords(worst.peak_bytes, worst.held_estimated)} in ${plural(worst.pools, 'pool')}, ` +
      `in the end ${heldWords(worst.held_bytes, worst.held_estimated)}; ${holders.join(', ')}`);
  }));
}

function drawDetail() {
  const tree = chosen.tab === 'tree';
  for (const [name, shown] of [['tree', tree], ['flame', !tree]]) {
    byId(name).hidden = !shown;
    byId(`${name}-controls`).hidden = !shown;
    byId(`tab-${name}`).setAttribute('aria-selected', String(shown));
  }
  if (tree) {
    drawTree();
  } else {
    drawFlame();
  }
  search();
  tellDetail(tree);
}

function tellDetail(tree) {
  const shown = row();
  const time = since(shown.times[chosen.moment]);
  const own = chosen.row === 0;
  setText('about', tree
    ? `${rowName(shown)} at ${time}; pools of the same name below the same pool are one cell` +
      (own ? '; what a fork copied is counted once' : '')
    : `${rowName(shown)}: what it allocated itself; alive and growth as of its end, or of the ` +
      'start of its shutdown; growth is the average after the first unit');
  const folded = !tree && restValue(shown, byId('flame-measure').value) > 0;
  setText('detail-folded', folded
    ? `“(other)”: ${plural(shown.folded, 'smaller backtrace')} together` : '');
}

function currentChart() {
  return chosen.tab === 'tree' ? treeChart : flameChart;
}

function search() {
  const text = byId('search').value;
  const {found, share} = icicleSearch(currentChart(), text);
  setText('matches', text ? `${count(found)} found, ${(100 * share).toFixed(1)} %` : '');
}

function drawAll() {
  drawFindings();
  drawProcesses();
  drawTimeline();
  drawDetail();
}

function chooseMoment(moment) {
  chosen.moment = moment;
  byId('slider').value = moment;
  drawCursor();
  drawTimeline();
  if (chosen.tab === 'tree') {
    drawDetail();
  }
}

function chooseRow(index) {
  chosen.row = index;
  chosen.moment = data.rows[index].times.length - 1;
  drawAll();
}

function chooseTab(tab) {
  chosen.tab = tab;
  drawDetail();
}

function switchTheme() {
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  const now = document.documentElement.dataset.theme || (dark ? 'dark' : 'light');
  document.documentElement.dataset.theme = now === 'dark' ? 'light' : 'dark';
}

function setUp() {
  setUpFindings();
  setUpProcesses();
  setUpTimeline();
  setUpTree();
  setUpFlame();
  byId('tab-tree').addEventListener('click', () => chooseTab('tree'));
  byId('tab-flame').addEventListener('click', () => chooseTab('flame'));
  byId('theme').addEventListener('click', switchTheme);
  byId('search').addEventListener('input', search);
  byId('unzoom').addEventListener('click', () => icicleZoom(currentChart(), currentChart().root));
  addEventListener('resize', drawAll);
  document.addEventListener('keydown', (event) => {
    if (event.key === '/' && event.target.tagName !== 'INPUT') {
      event.preventDefault();
      byId('search').focus();
    }
  });
}

setUp();
tellFacts();
tellWorstMoments();
chooseRow(0);
