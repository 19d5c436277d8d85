/* app.js - makes the tables and pictures of the HTML report of the data in the page. Texts of the data
 * become text nodes and attributes only, never markup. */
'use strict';
(() => {

const data = JSON.parse(document.getElementById('data').textContent);
const { texts, counts, stacks, sets, labels, nodes } = data;
const $ = id => document.getElementById(id);
const keyNamed = Object.fromEntries(data.keys.map(key => [key.name, key]));
const total = counts.calls.length;

/* ---- Elements ---- */

function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat(3).filter(child => child != null));
  return element;
}

/* A name from outside: by itself for the direction of writing, cut by the style, in full in its title. */
const name = text => h('bdi', { class: 'name', title: text }, text);

const whole = new Intl.NumberFormat('en');
const number = value => whole.format(value);
const plural = (count, word, many = word + 's') => `${number(count)} ${count === 1 ? word : many}`;

/* Three characters at most, for small cells. */
function compact(value) {
  for (const unit of ['', 'k', 'M', 'G', 'T', 'P']) {
    if (value < 1000) return (value < 10 && unit ? Math.floor(value * 10) / 10 : Math.floor(value)) + unit;
    value /= 1000;
  }
  return '∞';
}

/* Rounded down, so that only all of them are 100 %. */
function percent(part, all) {
  const value = all ? Math.floor(part / all * 10000) / 100 : 100;
  return `${part && !value ? '< 0.01' : value} %`;
}

/* ---- What a call has ---- */

/* The element of a key's domain that a count has. */
const elementOf = (domain, count) =>
  domain === 'library' ? stacks.library[counts.stack[count]] : counts[domain][count];
const valueOf = (key, count) => key.values[elementOf(key.domain, count)];
const textOf = (key, count) => texts[valueOf(key, count)];

/* A library, also a part of one; where two are called the same, with the path or the build-id. */
const libraryTexts = (() => {
  const of = (key, i) => texts[keyNamed[key].values[i]];
  const plain = keyNamed.library.values.map((_, i) => [of('library', i), of('component', i)].filter(Boolean).join(' · '));
  const times = list => list.reduce((map, text) => map.set(text, (map.get(text) || 0) + 1), new Map());
  const first = times(plain);
  const longer = plain.map((text, i) => first.get(text) > 1 && of('path', i) ? `${text} (${of('path', i)})` : text);
  const second = times(longer);
  return longer.map((text, i) => second.get(text) > 1 ? `${text} ${of('build_id', i).slice(0, 12)}` : text);
})();
const isUnknown = keyNamed.library.values.map(value => texts[value] === '[unknown]');

const syscallTexts = keyNamed.syscall.values.map((value, i) => {
  const abi = texts[keyNamed.abi.values[i]];
  return texts[value] + (abi === 'x86_64' ? '' : ` (${abi})`);
});

const executionById = new Map(data.executions.map(execution => [execution.id, execution]));
const executionOf = keyNamed.execution.values.map(value => executionById.get(texts[value]));
const commandOf = execution => execution.command.length ? execution.command.join(' ')
  : execution.attach.length ? `attached to ${execution.attach.join(', ')}` : execution.id;

/* ---- Patterns, as report/glob.c has them: fnmatch(3), in which a backslash is one ---- */

function globToRegExp(glob) {
  let source = '';
  for (let i = 0; i < glob.length; i++) {
    const c = glob[i];
    const close = c === '[' ? glob.indexOf(']', i + (/[!^]/.test(glob[i + 1] || '') ? 3 : 2)) : -1;
    if (c === '*') source += '.*';
    else if (c === '?') source += '.';
    else if (close > 0) {
      const inner = glob.slice(i + 1, close).replace(/^!/, '^').replace(/[\\\]\[&]/g, '\\$&');
      source += `[${inner}]`;
      i = close;
    } else {
      source += c.replace(/[\\^$.*+?()[\]{}|\/]/g, '\\$&');
    }
  }
  try {
    return new RegExp(`^(?:${source})$`, 's');
  } catch {
    return /$^/; /* "[z-a]" matches nothing */
  }
}

/* "[start]" is a name, too. */
function globMatcher(glob) {
  const pattern = globToRegExp(glob);
  return text => text === glob || pattern.test(text);
}

function matcher(globs, several) {
  const all = globs.split(',').filter(Boolean).map(glob => globMatcher(several ? glob.replace(/^%/, '') : glob));
  const one = text => all.some(matches => matches(text));
  return text => one(text) || (several && text.split('+').some(one));
}

/* ---- The selection ---- */

/* Each filter: what it says, in parts, and a function that tells of a count whether it passes. */
let filters = [];
let chosen = [];      /* the counts that pass, by execution */
let chosenCalls = 0;
let allCalls = 0;
const byExecution = [...counts.calls.keys()].sort((a, b) => counts.execution[a] - counts.execution[b] || a - b);
for (const calls of counts.calls) allCalls += calls;

function keyFilter(key, negated, globs) {
  const matches = matcher(globs, key.several);
  const answers = new Map();
  return {
    key: key.name, relation: negated ? 'is not' : 'is', value: globs,
    pass(count) {
      const value = valueOf(key, count);
      let answer = answers.get(value);
      if (answer === undefined) answers.set(value, answer = matches(texts[value]) !== negated);
      return answer;
    },
  };
}

/* "LIBRARY:FUNCTION", by a colon that is none of C++'s (report/query.c, find_colon). */
function splitUnder(pattern) {
  let depth = 0;
  for (let i = 0; i < pattern.length; i++) {
    depth += '[(<'.includes(pattern[i]) ? 1 : '])>'.includes(pattern[i]) ? -1 : 0;
    if (pattern[i] !== ':' || depth > 0) continue;
    if (pattern[i + 1] !== ':') return [pattern.slice(0, i), pattern.slice(i + 1)];
    i++;
  }
  return ['', pattern];
}

/* That the stack holds a function. */
function underFilter(negated, pattern) {
  const [library, fn] = splitUnder(pattern);
  const matchesLibrary = library ? globMatcher(library) : null, matchesFunction = globMatcher(fn);
  const hit = labels.function.map((text, i) =>
    matchesFunction(texts[text]) && (!library || matchesLibrary(texts[labels.library[i]].split(' ')[0])));
  const under = new Uint8Array(nodes.parent.length);
  for (let i = 1; i < under.length; i++) under[i] = under[nodes.parent[i]] || hit[nodes.label[i]] ? 1 : 0;
  return {
    key: 'the stack', relation: negated ? 'does not hold' : 'holds', value: pattern,
    pass: count => !!under[stacks.node[counts.stack[count]]] !== negated,
  };
}

const elementFilter = (domain, element, key, value) =>
  ({ key, relation: 'is', value, pass: count => elementOf(domain, count) === element });

function addFilters(added) {
  for (const filter of added)
    if (!filters.some(other => ['key', 'relation', 'value'].every(part => other[part] === filter[part]))) filters.push(filter);
  update();
}

const choices = [['program', 'program'], ['execution', 'execution']].map(([id, domain]) => {
  const select = $(id), key = keyNamed[domain === 'program' ? 'program_path' : 'execution'];
  const title = i => domain === 'program' ? texts[keyNamed.program.values[i]] : commandOf(executionOf[i]);
  select.append(h('option', { value: '' }, 'all'));
  key.values.forEach((_, i) => {
    const text = domain === 'program' ? title(i) : `${title(i)}, ${executionOf[i].start.slice(0, 19).replace('T', ' ')}`;
    select.append(h('option', { value: i }, text.length > 80 ? text.slice(0, 79) + '…' : text));
  });
  $(id + '-label').hidden = key.values.length < 2;
  select.addEventListener('change', () => update());
  return { select, domain };
});

function passes(count) {
  return choices.every(({ select, domain }) => !select.value || counts[domain][count] === +select.value) &&
    filters.every(filter => filter.pass(count));
}

/* ---- Cuts: calls by keys (report/cube.c does the same) ---- */

const RESULTS = new Set(['errors', 'seconds']);

function newRow(values) {
  return { values, calls: 0, issued: 0, on_stack: 0, inexact: 0, incomplete: 0, errors: 0, seconds: 0, runs: 0,
    known: data.results, stacks: new Set(), execution: -1, count: -1 };
}

function noteRun(row, count) {
  if (row.execution !== counts.execution[count]) row.runs++;
  row.execution = counts.execution[count];
}

function addCalls(row, count) {
  const calls = counts.calls[count], stack = counts.stack[count];
  row.calls += calls;
  if (stacks.inexact[stack]) row.inexact += calls;
  if (stacks.incomplete[stack]) row.incomplete += calls;
  if (data.results) {
    row.errors += counts.errors[count];
    row.seconds += counts.nanoseconds[count] / 1e9;
  }
  row.known = row.known && executionOf[counts.execution[count]].results;
  noteRun(row, count);
  row.stacks.add(stack);
}

function addOnStack(row, count) {
  if (row.count !== count) row.on_stack += counts.calls[count];
  row.count = count;
  noteRun(row, count);
}

function cube(keys, inclusive) {
  const rows = new Map(), sum = newRow([]);
  const ofLibrary = keys.some(key => key.domain === 'library');
  const rowOf = (count, library) => {
    const values = keys.map(key => key.domain === 'library' ? key.values[library] : valueOf(key, count));
    const id = values.join();
    let row = rows.get(id);
    if (!row) rows.set(id, row = newRow(values));
    return row;
  };
  for (const count of chosen) {
    const stack = counts.stack[count], row = rowOf(count, stacks.library[stack]);
    addCalls(row, count);
    addCalls(sum, count);
    addOnStack(sum, count);
    sum.issued += counts.calls[count];
    if (!ofLibrary) addOnStack(row, count);
    else if (inclusive)
      for (let set = stacks.set[stack]; set; set = sets.rest[set]) addOnStack(rowOf(count, sets.library[set]), count);
    (ofLibrary && inclusive ? rowOf(count, stacks.issuer[stack]) : row).issued += counts.calls[count];
  }
  return { rows: [...rows.values()], sum };
}

/* ---- Quality ---- */

function tile(value, what, meaning, look) {
  const mark = look === undefined ? null : h('span', { class: 'mark' }, look ? '! look' : '✓ good');
  return h('li', { class: look ? 'look' : null }, mark, h('div', { class: 'number' }, value), h('div', { class: 'what' }, what), h('p', null, meaning));
}

function addUp(of) {
  return data.executions.reduce((sum, execution) => sum + (of(execution) || 0), 0);
}

function showQuality() {
  const entries = addUp(execution => execution.entries);
  const ends = {};
  for (const execution of data.executions)
    for (const [end, calls] of Object.entries(execution.ends)) ends[end] = (ends[end] || 0) + calls;
  const incomplete = Object.entries(ends).filter(([end, calls]) => end !== 'complete' && calls);
  let inexact = 0, unknown = 0;
  counts.calls.forEach((calls, i) => {
    const stack = counts.stack[i];
    if (stacks.inexact[stack]) inexact += calls;
    if (isUnknown[stacks.library[stack]]) unknown += calls;
  });
  const lost = addUp(execution => execution.lost), killed = addUp(execution => execution.killed);
  const cut = data.executions.filter(execution => execution.cut_short).length;
  const blind = data.executions.some(execution => execution.denied === null);
  const vsyscall = addUp(execution => execution.vsyscall), paused = addUp(execution => execution.paused);
  const part = entries === allCalls ? '' : `A part of the ${number(entries)} that were seen: the report was asked for these only. `;
  const libraries = new Set(counts.stack.map(stack => stacks.library[stack])).size;
  $('tiles').append(
    tile(number(allCalls), 'system calls',
      `${part}By ${plural(libraries, 'library', 'libraries')}, on ${plural(stacks.node.length, 'distinct stack')}, in ${plural(data.executions.length, 'run')}.`),
    tile(percent(ends.complete || 0, allCalls), 'complete',
      incomplete.length ? `Stacks that were followed to their beginning. Of the others, what is further out is not known: ${incomplete.map(([end, calls]) => `${number(calls)} ${end}`).join(', ')}.`
        : 'All stacks were followed to their beginning.', incomplete.length > 0),
    tile(number(unknown), 'unknown', unknown ? 'Calls of which the library could not be found. They count as [unknown]; none is a guess.'
      : 'The library that asked is known of every call.', unknown > 0),
    tile(number(inexact), 'inexact', inexact ? 'Calls whose library rests on a heuristic, or on a tail call that may not have been.'
      : 'No library rests on a heuristic.', inexact > 0),
    tile(number(lost), 'lost', lost ? 'Entries into the kernel that are known to have been missed: the numbers are too small.'
      : 'No entry into the kernel is known to have been missed.', lost > 0),
    tile(blind && !addUp(execution => execution.denied) ? 'not known' : number(addUp(execution => execution.denied)), 'denied',
      blind ? 'Calls that a filter of the program’s own denied: of some runs the engine cannot tell.'
        : 'Calls that a filter of the program’s own denied. They were asked for, and count.'),
    tile(number(killed), 'killed', killed ? 'Calls in which the thread was killed, or not seen to come back alive.' : 'No thread was killed in a system call.'),
    tile(cut ? number(cut) : 'none', 'cut short', cut ? 'Runs of which tracing ended before the last process did: what came later is not here.'
      : 'Every run was traced until its last process had ended.', cut > 0));
  if (vsyscall) $('tiles').append(tile(number(vsyscall), 'through the vsyscall page', 'Old calls that are no entries into the kernel: they are in no table here.', true));
  const refused = addUp(execution => execution.refused);
  if (refused) $('tiles').append(tile(number(refused), 'refused', 'Calls that the user had refused, by --inject or --policy: they were asked for, and count, but the kernel did not see them.', true));
  if (paused) $('tiles').append(tile(number(paused), 'in a pause', 'Entries into the kernel while recording was paused, as was asked for: they are in no table here.', true));
  if (data.agent) $('tiles').append(agentTile(data.agent));
  showExecutions();
}

/* How many calls the engine agent counted without a stop. */
function agentTile({ calls, counted, stops, patched, unpatched }) {
  const list = parts => Object.entries(parts).map(([what, count]) => `${number(count)} ${what}`).join(', ');
  const not = Object.values(unpatched).reduce((a, b) => a + b, 0);
  return tile(percent(counted, calls), 'by the agent',
    `Of ${plural(calls, 'call')}, counted within the program. The others stopped: ${list(stops)}. ` +
    `Sites: ${number(patched)} patched${not ? `, ${number(not)} not (${list(unpatched)})` : ''}.`);
}

const exitOf = execution => execution.exit_signal ? `signal ${execution.exit_signal}`
  : execution.exit_status < 0 ? 'not known' : String(execution.exit_status);

function showExecutions() {
  const box = $('executions'), many = data.executions.length;
  box.querySelector('summary').textContent = many === 1 ? 'The run' : `The ${many} runs`;
  box.open = many < 4;
  const seconds = execution => ((Date.parse(execution.end.slice(0, 23) + 'Z') - Date.parse(execution.start.slice(0, 23) + 'Z')) / 1000).toFixed(1);
  box.querySelector('div').append(h('table', { class: 'runs' },
    h('thead', null, h('tr', null, ['Command', 'Started (UTC)', 'Seconds', 'Exit', 'Calls', 'Complete', 'Engine', 'System'].map((title, i) =>
      h('th', { scope: 'col', class: [2, 4, 5].includes(i) ? 'n' : null }, title)))),
    h('tbody', null, data.executions.map(execution => h('tr', null,
      h('th', { scope: 'row' }, name(commandOf(execution))),
      h('td', null, execution.start.slice(0, 19).replace('T', ' ')),
      h('td', { class: 'n' }, seconds(execution)),
      h('td', null, exitOf(execution)),
      h('td', { class: 'n' }, number(execution.entries)),
      h('td', { class: 'n' }, percent(execution.ends.complete, Object.values(execution.ends).reduce((a, b) => a + b, 0))),
      h('td', null, execution.engine),
      h('td', null, name(`${execution.kernel} ${execution.machine}`)))))));
}

/* ---- What the runs have not shown ---- */

/* Rows of a table of the data as objects. */
const rowsOf = ({ columns, rows }) => rows.map(row => Object.fromEntries(columns.map((column, i) => [column, row[i]])));
const rounded = value => value === null ? '?' : whole.format(Math.round(value));

function s(tag, attributes, ...children) {
  const element = document.createElementNS($('curve').namespaceURI, tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/* The least of 1, 2, 5, 10 ... of which five are enough. */
function stepOf(most) {
  const ten = 10 ** Math.floor(Math.log10(most / 5));
  return Math.max(1, [1, 2, 5, 10].map(times => times * ten).find(step => step * 5 >= most));
}

function drawCurve(all, points) {
  const samples = Math.max(all.samples > 1 ? 2 * all.samples : 1, 1);
  const pairs = Math.max(1.05 * Math.max(Math.min(all.wide_high ?? 0, 1.5 * (all.estimated ?? 0)), all.seen), 1);
  const x = value => 60 + value / samples * 630, y = value => 300 - value / pairs * 280;
  const path = list => list.map((point, i) => `${i ? 'L' : 'M'}${x(point.samples).toFixed(1)} ${y(point.pairs).toFixed(1)}`).join('');
  const picture = $('curve');
  for (let at = 0; at <= pairs; at += stepOf(pairs))
    picture.append(s('path', { class: 'grid', d: `M60 ${y(at)}H690` }), s('text', { x: 52, y: y(at) + 4, 'text-anchor': 'end' }, number(at)));
  for (let at = 0; at <= samples; at += stepOf(samples))
    picture.append(s('text', { x: x(at), y: 320, 'text-anchor': 'middle' }, number(at)));
  if (all.estimated !== null) {
    const high = Math.min(all.wide_high, pairs);
    picture.append(s('rect', { class: 'band', x: 60, width: 630, y: y(high), height: y(all.wide_low) - y(high) }),
      s('path', { class: 'all', d: `M60 ${y(all.estimated)}H690` }));
  }
  picture.append(s('text', { x: 375, y: 342, 'text-anchor': 'middle' }, 'runs'),
    s('path', { class: 'seen', d: path(points.filter(point => point.samples <= all.samples)) }),
    s('path', { class: 'seen more', d: path(points.filter(point => point.samples >= all.samples)) }),
    s('circle', { class: 'dot', cx: x(all.samples), cy: y(all.seen), r: 5 }));
}

/* Columns are a title and a function that makes a row's cell; the last one is the name. */
function plainTable(columns, rows) {
  return h('table', { class: 'rows' },
    h('thead', null, h('tr', null, columns.map(([title], i) => h('th', { scope: 'col', class: i ? 'n' : null }, title)))),
    h('tbody', null, rows.map(row => h('tr', null, columns.map(([, text], i) =>
      i ? h('td', { class: 'n' }, text(row)) : h('th', { scope: 'row' }, name(text(row))))))));
}

function showCoverage() {
  $('coverage').hidden = $('to-coverage').hidden = !data.coverage;
  if (!data.coverage) return;
  const [estimates, points, workloads, cover] = ['estimates', 'curve', 'workloads', 'cover'].map(table => rowsOf(data.coverage[table]));
  const all = estimates[0], steps = new Map(cover.map(step => [step.workload, step.step]));
  $('coverage-words').textContent = `${plural(all.seen, 'pair')} in ${plural(all.samples, 'run')}, ${number(all.once)} of these in one run alone`
    + (all.estimated === null ? '.' : `; about ${rounded(all.estimated)} in all (95 %: ${rounded(all.wide_low)} to ${rounded(all.wide_high)}). `
      + `Sample coverage ${(100 * all.coverage).toFixed(1)} %. The next run shows a new pair with a chance of ${(100 * all.chance).toFixed(0)} %.`)
    + (all.samples < 10 ? ' Estimates by fewer than 10 runs say little.' : '');
  drawCurve(all, points);
  $('coverage-libraries').replaceChildren(plainTable([
    ['library', row => [row.library, row.component].filter(Boolean).join(' · ')], ['runs', row => number(row.samples)],
    ['pairs', row => number(row.seen)], ['in one run', row => number(row.once)], ['about', row => rounded(row.estimated)],
    ['from', row => rounded(row.wide_low)], ['to', row => rounded(row.wide_high)], ['runs to 95 %', row => rounded(row.more_95)],
  ], estimates));
  $('coverage-by-workload').hidden = workloads.length < 2;
  $('coverage-workloads').replaceChildren(plainTable([
    ['workload', row => row.workload], ['runs', row => number(row.runs)], ['pairs', row => number(row.pairs)],
    ['in each run', row => number(row.common_pairs)], ['only there', row => number(row.only_pairs)], ['libraries', row => number(row.libraries)],
    ['only there', row => number(row.only_libraries)], ['step of the cover', row => steps.has(row.workload) ? number(steps.get(row.workload)) : '–'],
  ], workloads));
}

/* ---- Matrices ---- */

const LEVELS = 7;

function level(calls, most) {
  return most <= 1 ? LEVELS : 1 + Math.min(LEVELS - 1, Math.floor(Math.log(calls) / Math.log(most) * (LEVELS - 0.001)));
}

/* Calls by rows and columns: {rows, columns} of {text, calls, choose}, and a Map of Maps. The sums of rows are of calls,
 * each counted once, though a call may be in several columns. */
function tally(columnsOf) {
  const cells = new Map(), rowSums = new Map(), columnSums = new Map();
  const add = (map, key, calls) => map.set(key, (map.get(key) || 0) + calls);
  for (const count of chosen) {
    const row = stacks.library[counts.stack[count]], calls = counts.calls[count];
    if (!cells.has(row)) cells.set(row, new Map());
    add(rowSums, row, calls);
    for (const column of columnsOf(count)) {
      add(cells.get(row), column, calls);
      add(columnSums, column, calls);
    }
  }
  return { cells, rowSums, columnSums };
}

const byMost = sums => (a, b) => (sums.get(b) || 0) - (sums.get(a) || 0);

/* A table of libraries and columns that arrow keys go through: one cell at a time can be tabbed to. */
function matrix(place, options) {
  const { caption, rows, columns, columnText, tallied: { cells, rowSums, columnSums } } = options;
  let most = 0;
  for (const row of cells.values()) for (const calls of row.values()) most = Math.max(most, calls);
  const head = columns.map(column => h('th', { scope: 'col' }, h('span', null, name(columnText(column)))));
  const body = rows.map(row => {
    const line = h('tr', null, h('th', { scope: 'row' }, name(libraryTexts[row])), h('td', { class: 'total' }, number(rowSums.get(row) || 0)));
    for (const column of columns) { /* there may be many: by hand */
      const calls = cells.get(row)?.get(column), cell = line.insertCell();
      if (!calls) continue;
      cell.className = `v v${level(calls, most)}`;
      cell.textContent = compact(calls);
    }
    return line;
  });
  const table = h('table', { class: 'heat', role: 'grid', 'aria-label': caption, 'aria-readonly': 'true' },
    h('thead', null, h('tr', null, h('td', { class: 'corner' }, 'calls'), h('th', { scope: 'col', class: 'total' }, 'all'), head)),
    h('tbody', null, body),
    h('tfoot', null, h('tr', null, h('th', { scope: 'row' }, 'all'), h('td', { class: 'total' }, number(chosenCalls)),
      columns.map(column => h('td', null, compact(columnSums.get(column) || 0))))));
  const readout = h('p', { class: 'readout', 'aria-live': 'polite' }, 'Point at a cell, or go to it, for its number.');
  table.style.setProperty('--fit', Math.min(1, 900 / (columns.length * 27 + 240)).toFixed(3));
  roam(table, options, readout);
  const focused = place.contains(document.activeElement);
  place.replaceChildren(h('div', { class: 'matrix' }, table), readout, scale(most));
  if (focused) table.querySelector('[tabindex]')?.focus({ preventScroll: true });
}

const TITLES = 2; /* cells of a line before those of the columns: the library, and the sum */

/* What there is to say of a cell: line 0 and cell 0 are the headings. */
function sayCell({ rows, columns, columnText, columnTitle, tallied: { cells, rowSums, columnSums } }, y, x) {
  const row = rows[y - 1], column = columns[x - TITLES], strong = text => h('strong', null, name(text));
  if (!y) return [strong(columnText(column)), `: ${plural(columnSums.get(column) || 0, 'call')}${columnTitle ? `; ${columnTitle(column)}` : ''}`];
  if (x < TITLES) return [strong(libraryTexts[row]), `: ${plural(rowSums.get(row) || 0, 'call')}, ${percent(rowSums.get(row) || 0, chosenCalls)} of the selection`];
  const calls = cells.get(row)?.get(column) || 0;
  if (!calls) return [strong(libraryTexts[row]), ' does not ask for ', strong(columnText(column))];
  return [strong(libraryTexts[row]), ' asks for ', strong(columnText(column)), `: ${plural(calls, 'call')}, ${percent(calls, chosenCalls)} of the selection`];
}

function scale(most) {
  const steps = Array.from({ length: LEVELS }, (_, i) => h('i', { class: `v${i + 1}` }));
  return h('p', { class: 'scale', 'aria-hidden': 'true' }, '1 call', steps, `${number(most)}`);
}

function roam(table, options, readout) {
  const { rows, columns, chooseColumn } = options;
  const exists = (y, x) => y >= 0 && y <= rows.length && x >= 0 && x < columns.length + TITLES && (y > 0 || x >= TITLES) && x !== 1;
  const cellAt = (y, x) => table.rows[y].cells[x];
  let y = rows.length ? 1 : 0, x = TITLES;
  const place = target => {
    const cell = target.closest?.('th, td');
    return cell && exists(cell.parentNode.rowIndex, cell.cellIndex) ? [cell.parentNode.rowIndex, cell.cellIndex] : null;
  };
  const show = (atY, atX) => readout.replaceChildren(...sayCell(options, atY, atX));
  const act = (atY, atX) => {
    const found = [];
    if (atY) found.push(elementFilter('library', rows[atY - 1], 'library', libraryTexts[rows[atY - 1]]));
    if (atX >= TITLES) found.push(chooseColumn(columns[atX - TITLES]));
    if (atY && atX >= TITLES && !options.tallied.cells.get(rows[atY - 1])?.get(columns[atX - TITLES])) return;
    addFilters(found);
  };
  const go = (toY, toX) => {
    if (!exists(toY, toX)) return;
    cellAt(y, x).removeAttribute('tabindex');
    [y, x] = [toY, toX];
    cellAt(y, x).tabIndex = 0;
    cellAt(y, x).focus();
    show(y, x);
  };
  if (columns.length) cellAt(y, x).tabIndex = 0;
  table.addEventListener('pointerover', event => { const at = place(event.target); if (at) show(...at); });
  table.addEventListener('focusin', () => show(y, x));
  table.addEventListener('click', event => { const at = place(event.target); if (at) act(...at); });
  table.addEventListener('keydown', event => {
    const beside = { ArrowLeft: x === TITLES ? 0 : x - 1, ArrowRight: x ? x + 1 : TITLES };
    const moves = { ArrowUp: [y - 1, x], ArrowDown: [y + 1, x], ArrowLeft: [y, beside.ArrowLeft], ArrowRight: [y, beside.ArrowRight],
      Home: [y, y ? 0 : TITLES], End: [y, columns.length + TITLES - 1] };
    if (moves[event.key]) go(...moves[event.key]);
    else if (event.key === 'Enter' || event.key === ' ') act(y, x);
    else return;
    event.preventDefault();
  });
}

/* ---- Who asks for what ---- */

function wordsTable(caption, { cells, rowSums }) {
  const rows = [...rowSums.keys()].sort((a, b) => rowSums.get(b) - rowSums.get(a) || libraryTexts[a].localeCompare(libraryTexts[b]));
  return h('div', { class: 'scroll' }, h('table', { class: 'words' },
    h('caption', { class: 'quiet-text' }, caption),
    h('thead', null, h('tr', null, h('th', { scope: 'col' }, 'Library'), h('th', { scope: 'col', class: 'n' }, 'Calls'), h('th', { scope: 'col' }, 'System calls'))),
    h('tbody', null, rows.map(row => h('tr', null, h('th', { scope: 'row' }, name(libraryTexts[row])), h('td', null, number(rowSums.get(row))),
      h('td', null, [...cells.get(row)].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([column, calls], i) =>
        [i ? ', ' : '', h('b', null, syscallTexts[column]), `\u00a0${number(calls)}`])))))));
}

let whoTally;

function showWho() {
  whoTally = tally(count => [counts.syscall[count]]);
  const all = $('who-all').checked, { rowSums, columnSums } = whoTally;
  const rows = (all ? [...libraryTexts.keys()] : [...rowSums.keys()]).sort((a, b) => byMost(rowSums)(a, b) || libraryTexts[a].localeCompare(libraryTexts[b]));
  const columns = (all ? [...syscallTexts.keys()] : [...columnSums.keys()]).sort((a, b) => byMost(columnSums)(a, b) || syscallTexts[a].localeCompare(syscallTexts[b]));
  matrix($('who-matrix'), {
    caption: 'Calls by library and system call', rows, columns, tallied: whoTally,
    columnText: column => syscallTexts[column],
    chooseColumn: column => elementFilter('syscall', column, 'syscall', syscallTexts[column]),
  });
  if ($('who-words').open) showWords();
}

function showWords() {
  $('who-words').querySelector('div').replaceChildren(wordsTable('System calls of each library', whoTally));
}

/* ---- Capabilities ---- */

const capabilitiesOf = keyNamed.capability.values.map(value => texts[value].split('+'));
const meaningOf = new Map(data.capabilities.map(capability => [capability.name, capability.meaning]));

function showCapabilities() {
  const tallied = tally(count => capabilitiesOf[counts.syscall[count]]);
  const order = [...data.capabilities.map(capability => capability.name), 'none'];
  matrix($('capability-matrix'), {
    caption: 'Calls by library and capability', tallied,
    rows: [...tallied.rowSums.keys()].sort((a, b) => byMost(tallied.rowSums)(a, b) || libraryTexts[a].localeCompare(libraryTexts[b])),
    columns: order.filter(capability => tallied.columnSums.has(capability)),
    columnText: column => column, columnTitle: column => meaningOf.get(column) || 'none of these',
    chooseColumn: column => keyFilter(keyNamed.capability, false, column),
  });
}

function showMeanings() {
  $('meanings').append(...data.capabilities.flatMap(capability =>
    [h('dt', null, capability.name), h('dd', null, capability.meaning, h('small', null, capability.source))]),
    h('dt', null, 'none'), h('dd', null, 'none of these'));
}

/* ---- Phases ---- */

function showPhases() {
  const phaseTexts = keyNamed.phase.values.map(value => texts[value]);
  const rank = text => ({ load: 0, main: 1, exit: 3 })[text] ?? 2;
  const tallied = tally(count => [counts.phase[count]]);
  const columns = [...tallied.columnSums.keys()].sort((a, b) => rank(phaseTexts[a]) - rank(phaseTexts[b]) || phaseTexts[a].localeCompare(phaseTexts[b]));
  matrix($('phase-matrix'), {
    caption: 'Calls by library and phase', columns, tallied,
    rows: [...tallied.rowSums.keys()].sort((a, b) => byMost(tallied.rowSums)(a, b) || libraryTexts[a].localeCompare(libraryTexts[b])),
    columnText: column => phaseTexts[column],
    chooseColumn: column => elementFilter('phase', column, 'phase', phaseTexts[column]),
  });
  $('phase-words').replaceChildren(...columns.flatMap(phase => {
    const all = chosen;
    chosen = chosen.filter(count => counts.phase[count] === phase);
    const words = wordsTable(`System calls of each library in the phase ${phaseTexts[phase]}`, tally(count => [counts.syscall[count]]));
    chosen = all;
    return [h('h3', null, name(phaseTexts[phase]), ` (${plural(tallied.columnSums.get(phase), 'call')})`), words];
  }));
}

/* ---- The table ---- */

const PRESETS = [
  ['library, system call', 'library,component,syscall', 'calls,issued,on_stack'], ['libraries', 'library,component', 'calls,issued,on_stack'],
  ['capabilities', 'library,capability', 'calls,inexact,incomplete'], ['classes', 'library,class', 'calls'],
  ['system calls', 'syscall,abi', 'calls,stacks'], ['phases', 'program,phase,syscall', 'calls'], ['C functions called', 'library,via,syscall', 'calls'],
  ['functions', 'library,function,syscall', 'calls'], ['entries', 'library,entry,from', 'calls,stacks'],
  ['instructions', 'site,syscall', 'calls'], ['ends of stacks', 'end', 'calls,stacks'],
  ['all of the CSV', 'program,phase,library,component,syscall,abi,nr', 'calls,issued,on_stack,inexact,incomplete,runs'],
];
const MEASURES_ABOUT = {
  calls: 'that the library asked for', issued: 'with its instruction', on_stack: 'with it on the stack', inexact: 'rest on a heuristic',
  incomplete: 'of broken stacks', errors: 'returned an error', seconds: 'from entry to return', runs: 'in how many runs', stacks: 'on how many stacks',
};
const STEP = 200;
let by = [], measures = [], order = { column: 'calls', down: true }, shown = STEP, result;

function choose(keys, wanted) {
  by = keys.split(',').filter(key => keyNamed[key] && (key !== 'component' || keyNamed.component.values.some(value => texts[value])));
  measures = wanted.split(',').filter(measure => data.measures.includes(measure));
  if (!by.length) by = ['library'];
  if (!measures.length) measures = ['calls'];
  order = { column: measures[0], down: true };
  for (const box of document.querySelectorAll('#by input')) box.checked = by.includes(box.value);
  for (const box of document.querySelectorAll('#measures input')) box.checked = measures.includes(box.value);
}

function box(value, about, change) {
  return h('label', null, h('input', { type: 'checkbox', value, onchange: change }), h('span', null, value, ' ', h('small', null, about)));
}

function startTable() {
  const toggle = (list, input, all) => {
    const next = input.checked ? [...list, input.value] : list.filter(item => item !== input.value);
    if (!next.length) input.checked = true;
    return next.length ? all ? all.filter(item => next.includes(item)) : next : list;
  };
  const changed = () => { $('preset').value = ''; if (!by.includes(order.column) && !measures.includes(order.column)) order = { column: measures[0], down: true }; shown = STEP; showTable(); };
  $('by').append(...data.keys.map(key => box(key.name, key.about, event => { by = toggle(by, event.target); changed(); })));
  $('measures').append(...data.measures.filter(measure => data.results || !RESULTS.has(measure)).map(measure =>
    box(measure, MEASURES_ABOUT[measure], event => { measures = toggle(measures, event.target, data.measures); changed(); })));
  $('preset').append(h('option', { value: '', hidden: true }, 'own choice'), ...PRESETS.map(([title], i) => h('option', { value: i }, title)));
  $('preset').addEventListener('change', event => { const [, keys, wanted] = PRESETS[event.target.value]; choose(keys, wanted); shown = STEP; showTable(); });
  $('more').addEventListener('click', () => { shown += 5 * STEP; printTable(); });
  for (const details of document.querySelectorAll('.choice')) {
    details.addEventListener('keydown', event => { if (event.key === 'Escape') { details.open = false; details.querySelector('summary').focus(); } });
    details.addEventListener('focusout', event => { if (event.relatedTarget && !details.contains(event.relatedTarget)) details.open = false; });
  }
  document.addEventListener('pointerdown', event => { for (const details of document.querySelectorAll('.choice[open]')) if (!details.contains(event.target)) details.open = false; });
  choose(...PRESETS[0].slice(1));
  $('preset').value = '0';
  if (data.asked.length) {
    choose(data.asked.filter(column => keyNamed[column]).join(), data.asked.filter(column => data.measures.includes(column)).join());
    $('preset').value = '';
  }
}

function measureText(row, measure) {
  if (measure === 'stacks') return number(row.stacks.size);
  if (RESULTS.has(measure) && !row.known) return '?';
  return measure === 'seconds' ? row.seconds.toFixed(6) : number(row[measure]);
}

const measureNumber = (row, measure) => measure === 'stacks' ? row.stacks.size : row[measure];
const collator = new Intl.Collator('en', { numeric: true });

function sortRows() {
  const column = by.indexOf(order.column), sign = order.down ? -1 : 1;
  const textOrder = (a, b, i) => collator.compare(texts[a.values[i]], texts[b.values[i]]);
  result.rows.sort((a, b) => {
    let compared = column >= 0 ? sign * textOrder(a, b, column) : sign * (measureNumber(a, order.column) - measureNumber(b, order.column));
    compared = compared || measureNumber(b, measures[0]) - measureNumber(a, measures[0]);
    for (let i = 0; i < by.length && !compared; i++) compared = textOrder(a, b, i);
    return compared;
  });
}

function showTable() {
  result = cube(by.map(key => keyNamed[key]), measures.includes('issued') || measures.includes('on_stack'));
  printTable();
}

function heading(column, isMeasure) {
  const sorted = order.column === column;
  return h('th', { scope: 'col', class: isMeasure ? 'n' : null, 'aria-sort': sorted ? order.down ? 'descending' : 'ascending' : 'none' },
    h('button', { type: 'button', 'data-column': column, onclick: () => {
      order = { column, down: sorted ? !order.down : isMeasure };
      printTable();
      document.querySelector(`#rows [data-column="${column}"]`).focus();
    } }, column));
}

function printTable() {
  const table = $('rows'), rows = result.rows;
  sortRows();
  table.caption.textContent = `${plural(rows.length, 'row')} of ${plural(chosenCalls, 'call')}${rows.length > shown ? `, of which ${number(shown)} are shown` : ''}`;
  table.tHead.replaceChildren(h('tr', null, by.map(key => heading(key, false)), measures.map(measure => heading(measure, true))));
  table.tBodies[0].replaceChildren(...rows.slice(0, shown).map(row => h('tr', null,
    row.values.map((value, i) => h(i ? 'td' : 'th', i ? null : { scope: 'row' }, texts[value] ? name(texts[value]) : h('span', { class: 'none' }, '–'))),
    measures.map(measure => h('td', { class: 'n' }, measureText(row, measure))))));
  table.tFoot.replaceChildren(h('tr', null, h('th', { scope: 'row', colspan: by.length }, 'all'), measures.map(measure => h('td', { class: 'n' }, measureText(result.sum, measure)))));
  $('more').hidden = rows.length <= shown;
  $('more').textContent = `Show ${number(Math.min(5 * STEP, rows.length - shown))} more`;
}

/* ---- Flame graph ---- */

const FRAME = 20, LEAST = 0.4; /* pixels: height of a frame, least width of one that is drawn */
const flame = (() => {
  /* The frames, and behind them a leaf for each system call of a stack's innermost frame. All come behind their parents. */
  const frames = nodes.parent.length, leaves = new Map(), leafOf = new Uint32Array(total), parents = Array.from(nodes.parent), leafCalls = [];
  for (let i = 0; i < total; i++) {
    const node = stacks.node[counts.stack[i]], key = node * syscallTexts.length + counts.syscall[i];
    if (!leaves.has(key)) {
      leaves.set(key, parents.length);
      parents.push(node);
      leafCalls.push(counts.syscall[i]);
    }
    leafOf[i] = leaves.get(key);
  }
  const size = parents.length, parent = Uint32Array.from(parents), depth = new Uint32Array(size), values = new Float64Array(size), x = new Float64Array(size);
  const first = new Uint32Array(size + 1), children = new Uint32Array(size);
  for (let i = 1; i < size; i++) {
    depth[i] = depth[parent[i]] + 1;
    first[parent[i] + 1]++;
  }
  for (let i = 1; i <= size; i++) first[i] += first[i - 1];
  const next = first.slice();
  for (let i = 1; i < size; i++) children[next[parent[i]]++] = i;

  const canvas = $('canvas'), box = $('flame'), pen = canvas.getContext('2d'), probe = h('span', { hidden: true });
  document.body.append(probe);
  let zoomed = 0, current = 0, lines = [], colours = {}, matches = null, printing = false, ready = false;

  const isLeaf = node => node >= frames;
  const libraryOf = node => isLeaf(node) || !node ? '' : texts[labels.library[nodes.label[node]]];
  const functionOf = node => !node ? 'all' : isLeaf(node) ? syscallTexts[leafCalls[node - frames]] : texts[labels.function[nodes.label[node]]];
  const isEnd = node => node && !isLeaf(node) && !libraryOf(node);
  const titleOf = node => isEnd(node) ? `[${functionOf(node)}]` : functionOf(node) || libraryOf(node);
  const marksOf = node => isLeaf(node) ? [] : Object.entries(data.mark_names).filter(([bit]) => data.marks[node] & bit).map(([, mark]) => mark);

  /* The libraries with the most calls have colours of their own. */
  const colourOf = new Map();
  function rank() {
    const sums = new Map();
    for (let i = 1; i < frames; i++) {
      const library = libraryOf(i);
      if (library && libraryOf(parent[i]) !== library) sums.set(library, (sums.get(library) || 0) + values[i]);
    }
    [...sums].sort((a, b) => b[1] - a[1]).forEach(([library], i) => colourOf.set(library, Math.min(i, 8)));
    $('legend').replaceChildren(...[...colourOf].filter(([, colour]) => colour < 8).map(([library, colour]) =>
      h('li', null, h('button', { type: 'button', onclick: () => { $('search').value = library; search(); } }, h('i', { class: `c${colour}` }), name(library)))),
      ...(colourOf.size > 8 ? [h('li', null, h('i', { class: 'c8' }), 'others')] : []),
      h('li', null, h('i', { class: 'c9' }), 'system calls'));
  }

  function readColours() {
    for (const variable of ['f0', 'f1', 'f2', 'f3', 'f4', 'f5', 'f6', 'f7', 'f8', 'f9', 'card', 'ink', 'soft', 'match', 'accent']) {
      probe.style.color = `var(--${variable})`;
      colours[variable] = getComputedStyle(probe).color;
    }
  }

  function sum() {
    values.fill(0);
    for (const count of chosen) values[leafOf[count]] += counts.calls[count];
    for (let i = size - 1; i > 0; i--) values[parent[i]] += values[i];
    for (let i = 0; i < size; i++)
      if (first[i + 1] - first[i] > 1) children.subarray(first[i], first[i + 1]).sort((a, b) => values[b] - values[a] || a - b);
    for (let i = 0; i < size; i++) {
      let at = x[i];
      for (let j = first[i]; j < first[i + 1]; j++) {
        x[children[j]] = at;
        at += values[children[j]];
      }
    }
    if (!colourOf.size) rank();
  }

  /* On paper the width is not that of the window; the style makes it fit. */
  const PAPER = 1000;
  const widthNow = () => printing ? PAPER : box.clientWidth;

  /* What is wide enough to be seen, by depth. */
  function lay() {
    const width = widthNow(), from = x[zoomed], unit = width / (values[zoomed] || 1), todo = [zoomed];
    lines = [];
    const put = (node, left, wide) => (lines[depth[node]] ||= []).push({ node, left, wide });
    for (let node = zoomed; node;) put(node = parent[node], 0, width);
    while (todo.length) {
      const node = todo.pop(), wide = values[node] * unit;
      put(node, (x[node] - from) * unit, wide);
      for (let j = first[node]; j < first[node + 1]; j++)
        if (values[children[j]] * unit >= LEAST) todo.push(children[j]);
    }
    $('flame-space').style.height = printing ? 'auto' : `${lines.length * FRAME}px`;
  }

  function cut(text, wide) {
    let most = Math.floor(wide / 5); /* of which there is no more room in any case */
    if (text.length <= most && pen.measureText(text).width <= wide) return text;
    for (most = Math.min(most, text.length) - 1; most > 1; most--) {
      const shorter = text.slice(0, most) + '…';
      if (pen.measureText(shorter).width <= wide) return shorter;
    }
    return '';
  }

  function drawBox({ node, left, wide }, y) {
    const leaf = isLeaf(node), dimmed = depth[node] < depth[zoomed];
    const colour = leaf ? 'f9' : !node || isEnd(node) ? 'f8' : `f${colourOf.get(libraryOf(node)) ?? 8}`;
    pen.globalAlpha = dimmed ? 0.5 : matches && !matches(node) ? 0.35 : 1;
    pen.fillStyle = colours[colour];
    pen.fillRect(left, y, Math.max(wide - 1, LEAST), FRAME - 1);
    pen.globalAlpha = 1;
    if (matches && matches(node)) {
      pen.fillStyle = colours.match;
      pen.fillRect(left, y + FRAME - 5, Math.max(wide - 1, 1), 4);
    }
    if (node === current && box.matches(':focus')) {
      pen.strokeStyle = colours.ink;
      pen.lineWidth = 2;
      pen.strokeRect(left + 1, y + 1, Math.max(wide - 3, 1), FRAME - 3);
    }
    const text = cut(node ? titleOf(node) : 'all', wide - 8);
    if (!text) return;
    pen.fillStyle = leaf ? colours.card : colours.ink;
    pen.fillText(`\u2068${text}\u2069`, left + 4, y + 14);
  }

  function draw() {
    if (!ready) return;
    const ratio = printing ? 2 : window.devicePixelRatio || 1, width = widthNow();
    const height = printing ? Math.min(lines.length, 60) * FRAME : Math.max(box.clientHeight, FRAME);
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    canvas.style.height = printing ? 'auto' : `${height}px`;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.font = '12px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif';
    const top = printing ? 0 : box.scrollTop;
    const from = Math.floor(top / FRAME), to = Math.min(lines.length, Math.ceil((top + height) / FRAME));
    for (let line = from; line < to; line++)
      for (const one of lines[line] || []) drawBox(one, line * FRAME - top);
  }

  function describe(node) {
    const marks = marksOf(node), library = libraryOf(node);
    $('frame').replaceChildren(...(!node ? ['all stacks'] : isLeaf(node) ? ['system call ', h('strong', null, titleOf(node))]
      : isEnd(node) ? ['stacks of which the rest is not known: ', h('strong', null, functionOf(node))]
      : [h('strong', null, name(titleOf(node))), library ? ' in ' : '', library ? name(library) : '', marks.length ? ` (${marks.join(', ')})` : '']),
      `: ${plural(values[node], 'call')}, ${percent(values[node], chosenCalls)}`);
  }

  function go(node) {
    if (node == null || !values[node]) return;
    current = node;
    describe(node);
    const y = depth[node] * FRAME;
    if (y < box.scrollTop) box.scrollTop = y;
    else if (y + FRAME > box.scrollTop + box.clientHeight) box.scrollTop = y + FRAME - box.clientHeight;
    draw();
  }

  function zoom(node) {
    zoomed = values[node] ? node : 0;
    while (isLeaf(zoomed)) zoomed = parent[zoomed];
    lay();
    $('zoom-out').disabled = !zoomed;
    go(node);
  }

  function at(event) {
    const rect = canvas.getBoundingClientRect(), line = Math.floor((event.clientY - rect.top + box.scrollTop) / FRAME), left = event.clientX - rect.left;
    return (lines[line] || []).find(one => left >= one.left && left < one.left + Math.max(one.wide, 1))?.node;
  }

  /* The nearest in the same line: of what is drawn. */
  function beside(step) {
    const line = (lines[depth[current]] || []).slice().sort((a, b) => a.left - b.left);
    return line[line.findIndex(one => one.node === current) + step]?.node;
  }

  function child() {
    let best = null;
    for (let j = first[current]; j < first[current + 1]; j++)
      if (values[children[j]] > (best == null ? 0 : values[best])) best = children[j];
    return best;
  }

  function search() {
    const wanted = $('search').value.toLowerCase();
    const hits = new Map();
    const hit = text => {
      if (!hits.has(text)) hits.set(text, text.toLowerCase().includes(wanted));
      return hits.get(text);
    };
    matches = !wanted ? null : node => node > 0 && (hit(titleOf(node)) || hit(libraryOf(node)));
    let found = 0;
    if (wanted) {
      const under = new Uint8Array(size);
      for (let i = 1; i < size; i++) {
        const own = values[i] > 0 && matches(i);
        if (own && !under[parent[i]]) found += values[i];
        under[i] = under[parent[i]] || own ? 1 : 0;
      }
    }
    $('found').textContent = wanted ? `${plural(found, 'call')} (${percent(found, chosenCalls)}) under a match` : '';
    draw();
  }

  box.addEventListener('scroll', draw);
  box.addEventListener('focus', () => { describe(current); draw(); });
  box.addEventListener('blur', draw);
  canvas.addEventListener('pointermove', event => { const node = at(event); if (node != null) { describe(node); canvas.title = titleOf(node); } });
  canvas.addEventListener('click', event => { const node = at(event); if (node != null) zoom(node); });
  box.addEventListener('keydown', event => {
    const moves = { ArrowUp: () => go(current ? parent[current] : 0), ArrowDown: () => go(child()), ArrowLeft: () => go(beside(-1)), ArrowRight: () => go(beside(1)),
      Home: () => go(0), Enter: () => zoom(current), ' ': () => zoom(current), Escape: () => zoom(zoomed ? parent[zoomed] : 0) };
    if (!moves[event.key]) return;
    moves[event.key]();
    event.preventDefault();
  });
  $('search').addEventListener('input', search);
  $('zoom-out').addEventListener('click', () => zoom(0));
  new ResizeObserver(() => { if (ready && !printing) { lay(); draw(); } }).observe(box);

  return {
    show() {
      ready = true;
      sum();
      zoom(values[zoomed] ? zoomed : 0);
      if ($('search').value) search();
    },
    repaint() { readColours(); draw(); },
    print(on) { printing = on; readColours(); lay(); draw(); },
    zoom, size, titleOf, valueOf: node => values[node], current: () => current, zoomed: () => zoomed, child,
  };
})();

/* ---- All together ---- */

function showSelection() {
  $('chips').replaceChildren(...filters.map((filter, i) => h('li', null,
    h('button', { type: 'button', onclick: () => { filters.splice(i, 1); update(); $('filter-globs').focus(); } },
      h('span', null, `${filter.key} ${filter.relation}`), name(filter.value), h('span', { 'aria-hidden': 'true' }, '✕'), h('span', { class: 'quiet-text' }, 'remove this filter')))));
  const some = chosen.length < total;
  $('shown').replaceChildren(h('strong', null, number(chosenCalls)), ` of ${plural(allCalls, 'call')}${some ? `, ${percent(chosenCalls, allCalls)}` : ''}`);
  $('status').textContent = some ? `${compact(chosenCalls)} of ${compact(allCalls)} calls selected` : 'all calls';
  $('status').className = some ? 'some' : '';
}

function update() {
  chosen = byExecution.filter(passes);
  chosenCalls = chosen.reduce((sum, count) => sum + counts.calls[count], 0);
  shown = STEP;
  showSelection();
  waiting = SECTIONS.map(([id, show]) => ({ show, seen: isSeen($(id)) })).sort((a, b) => b.seen - a.seen).map(({ show }) => show);
  clearTimeout(timer);
  showNext();
}

/* What is in sight is made anew at once, then the other sections, one after the other, so that none has to be waited for. */
const SECTIONS = [['who', showWho], ['capabilities', showCapabilities], ['stacks', () => flame.show()], ['phases', showPhases], ['table', showTable]];
let waiting = [], timer;

function isSeen(element) {
  const { top, bottom } = element.getBoundingClientRect();
  return top < innerHeight && bottom > 0;
}

function showNext() {
  waiting.shift()();
  $('main').setAttribute('aria-busy', waiting.length > 0);
  if (waiting.length) timer = setTimeout(showNext);
}

function showAll() {
  clearTimeout(timer);
  while (waiting.length) waiting.shift()();
  $('main').setAttribute('aria-busy', false);
}

function startFilter() {
  const select = $('filter-key');
  select.append(...data.keys.map(key => h('option', { value: key.name }, key.name)), h('option', { value: 'under' }, 'under a function'));
  select.value = 'library';
  const suggest = () => {
    const key = keyNamed[select.value];
    const values = key ? [...new Set(key.values)].map(value => texts[value]) : [...new Set(labels.function)].map(value => texts[value]);
    $('filter-values').replaceChildren(...values.filter(text => text && text.length < 200).sort().slice(0, 300).map(value => h('option', { value })));
  };
  select.addEventListener('change', suggest);
  suggest();
  $('filter').addEventListener('submit', event => {
    event.preventDefault();
    const globs = $('filter-globs').value, negated = $('filter-not').value === '!';
    if (!globs) return $('filter-globs').focus();
    $('filter-globs').value = '';
    addFilters([keyNamed[select.value] ? keyFilter(keyNamed[select.value], negated, globs) : underFilter(negated, globs)]);
  });
}

function startTheme() {
  const set = theme => {
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
    flame.repaint();
  };
  try {
    $('theme').value = localStorage.getItem('systrace-lib-theme') || '';
  } catch { /* files may have no storage */ }
  set($('theme').value);
  $('theme').addEventListener('change', event => {
    set(event.target.value);
    try {
      localStorage.setItem('systrace-lib-theme', event.target.value);
    } catch { /* likewise */ }
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => flame.repaint());
}

/* On paper all that is folded is open, and the light colours are used. */
function startPrint() {
  const opened = [], root = document.documentElement;
  let theme;
  addEventListener('beforeprint', () => {
    theme = root.dataset.theme;
    root.dataset.theme = 'light';
    showAll();
    for (const details of document.querySelectorAll('main details:not(.choice):not([open])')) {
      details.open = true;
      opened.push(details);
    }
    showWords();
    flame.print(true);
  });
  addEventListener('afterprint', () => {
    for (const details of opened.splice(0)) details.open = false;
    if (theme) root.dataset.theme = theme;
    else delete root.dataset.theme;
    flame.print(false);
  });
}

function start() {
  const programs = [...new Set(keyNamed.program.values.map(value => texts[value]))];
  const title = programs.length > 4 ? `${programs.slice(0, 3).join(', ')} and ${programs.length - 3} more` : programs.join(', ');
  document.title = `System calls of ${title}`.slice(0, 200);
  $('title').replaceChildren('System calls of ', h('bdi', null, title.length > 120 ? title.slice(0, 119) + '…' : title));
  const commands = [...new Set(data.executions.map(commandOf))];
  $('subtitle').replaceChildren(commands.length === 1 ? name(commands[0]) : plural(data.executions.length, 'run'));
  $('footer').append(`Made by systrace-lib ${data.version}. Everything in this page is of the record of the runs; it loads nothing.`);
  $('who-all').addEventListener('change', showWho);
  $('who-words').addEventListener('toggle', () => { if ($('who-words').open) showWords(); });
  showQuality();
  showCoverage();
  showMeanings();
  startFilter();
  startTable();
  startTheme();
  startPrint();
  update();
  showAll();
}

start();
/* For the console, and for tests. */
window.systraceReport = { data, keyNamed, cube, flame, addFilters, keyFilter, underFilter, showAll, reset: () => { filters = []; update(); } };
})();
