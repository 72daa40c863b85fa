// The page as a whole: what is chosen, drawn again wherever it shows.
// SPDX-License-Identifier: MIT

function tellFacts() {
  const {recording} = data.report;
  const all = data.rows[0];
  const coverage = recording.coverage;
  const work = [[data.commands, 'command'], [data.restarts, 'restart'],
    [data.connections, 'connection']].filter(([number]) => number);
  const program = visible(recording.program || '');
  document.title = `lifeguard: ${baseName(program)}`;
  setText('facts', [baseName(program), momentOf(0), duration(all.end - all.start),
    processes(data.process_count), `${count(recording.events)} events`,
    ...work.map(([number, kind]) => `${count(number)} ${wordOf(kind, number)}`),
    coverage.pools
      ? `coverage: ${count(coverage.mismatches)} mismatches in ${plural(coverage.pools, 'comparison')}`
      : 'coverage not known',
    `${plural(recording.lost_events, 'event')} lost`,
    ...(recording.mode.survivors ? ['survivors: pools that died young are in sums'] : [])].join('  ·  '));
  byId('facts').title = `${program}\n${byId('facts').textContent}`;
}

function worstWords(worst) {
  const holders = worst.holders.map((holder) =>
    `${heldWords(holder.held_bytes, holder.held_estimated)} in ${count(holder.pools)} × ` +
    visible(holder.name || '(no name)'));
  return `${wordOf(worst.kind)} ${worst.pid} at its worst: ` +
    `${heldWords(worst.peak_bytes, worst.held_estimated)} in ${plural(worst.pools, 'pool')}, ` +
    `in the end ${heldWords(worst.held_bytes, worst.held_estimated)}; ${holders.join(', ')}`;
}

// Of each kind of process the one that grew most in memory, and what pools hold of that.
function memoryLines() {
  return (data.report.memory || []).filter((memory) => memory.rss).map(({kind, pid, rss}) =>
    element('li', {}, `${wordOf(kind)} ${pid} in memory: ` + (rss.growth_bytes
      ? `from ${bytes(rss.first_bytes)} to ${bytes(rss.peak_bytes)}; pools hold ` +
        `${heldWords(rss.pools_bytes, rss.pools_estimated)} of ${bytes(rss.growth_bytes)} ` +
        `that it grew${rss.elsewhere ? ': look at malloc' : ''}`
      : `did not grow beyond ${bytes(rss.first_bytes)}`)));
}

// A line for each kind of process: the most that one of it held, and who.
function tellWorstMoments() {
  byId('worst').replaceChildren(...(data.report.worst_moments || []).map((worst) =>
    element('li', {title: worstWords(worst)}, worstWords(worst))), ...memoryLines());
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

function treeWords(shown) {
  const time = isGrowth() ? `from ${since(rangeStart())} to ${since(rangeEnd())}`
    : `at ${since(shown.times[chosen.moment])}`;
  return `${rowName(shown)} ${time}; pools of the same name below the same pool are one cell` +
    (chosen.row === 0 ? '; what a fork copied is counted once' : '');
}

function flameWords(shown) {
  const measure = byId('flame-measure').value;
  if (isTimed(measure)) {
    return `${rowName(shown)}: what it allocated itself ` + (measure === 'moment'
      ? `and is alive at ${since(shown.times[chosen.moment])}`
      : `from ${since(rangeStart())} to ${since(rangeEnd())} and did not give back by then`);
  }
  const part = range.from === null ? '' : '; of its whole life: for a part of it, lifeguard html ' +
    `--since=+${(range.from / 1000).toFixed(3)}s --until=+${(range.to / 1000).toFixed(3)}s`;
  return `${rowName(shown)}: what it allocated itself; alive and growth as of its end, or of the ` +
    `start of its shutdown; growth is the average after the first unit${part}`;
}

function tellDetail(tree) {
  const shown = row();
  const brief = shown.full === false
    ? `; in few moments: for more, lifeguard html --pid=${shown.pid}` : '';
  setText('about', (tree ? treeWords(shown) : flameWords(shown)) + brief);
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

// The detail first: the timeline has the height that it leaves.
function drawAll() {
  drawFindings();
  drawProcesses();
  drawDetail();
  drawTimeline();
}

function chooseMoment(moment) {
  chosen.moment = moment;
  byId('slider').value = moment;
  drawCursor();
  drawTimeline();
  if (chosen.tab === 'tree' || isTimed(byId('flame-measure').value)) {
    drawDetail();
  }
}

function chooseRow(index) {
  chosen.row = index;
  chosen.moment = chosen.finding === null ? firstMoment(row())
    : worstMoment(row(), chosen.finding);
  drawAll();
}

// Zooms into a range of time, of all views; null: the whole.
function chooseRange(from, to) {
  range.from = from;
  range.to = to;
  const {times} = row();
  const last = Math.max(0, d3.bisectRight(times, rangeEnd()) - 1);
  const first = Math.min(last, d3.bisectLeft(times, rangeStart()));
  chosen.moment = Math.min(last, Math.max(first, chosen.moment));
  followRange();
  drawAll();
}

function chooseTab(tab) {
  chosen.tab = tab;
  drawDetail();
  drawTimeline();
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
  setUpKeys();
  byId('tab-tree').addEventListener('click', () => chooseTab('tree'));
  byId('tab-flame').addEventListener('click', () => chooseTab('flame'));
  byId('theme').addEventListener('click', switchTheme);
  byId('search').addEventListener('input', search);
  byId('unzoom').addEventListener('click', () => icicleZoom(currentChart(), currentChart().root));
  addEventListener('resize', drawAll);
  addEventListener('hashchange', followLink);
}

setUp();
tellFacts();
tellVerdict();
tellWorstMoments();
chooseRow(0);
followLink();
