// The dashboard: asks the service again and again and shows what it says. Texts from events never become markup.

const texts = JSON.parse(document.body.dataset.texts);
const language = document.body.dataset.language;
const text = key => texts[key] ?? key;
const element = id => document.getElementById(id);
const whole = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });

/** Services speak English; a panel's script adds [pattern, replacement] for what its service says, in the page's language. */
export const phrases = [];

function inPagesLanguage(english) {
  const known = phrases.find(([pattern]) => pattern.test(english));
  return known ? english.replace(known[0], known[1]) : english;
}

/** A figure with about four significant digits. */
export function figure(value) {
  const size = Math.abs(value);
  if (Number.isInteger(value) || size >= 10000) {
    return whole.format(value);
  }
  return size !== 0 && size < 0.001 ? value.toExponential(2) : String(Number(value.toPrecision(4)));
}

/** Seconds as people say them. */
export function duration(seconds) {
  const unit = (value, name) =>
    new Intl.NumberFormat(language, { style: 'unit', unit: name, unitDisplay: 'short' }).format(value);
  const all = Math.round(seconds);
  const hours = Math.floor(all / 3600);
  const minutes = Math.floor(all / 60) % 60;
  if (hours > 0) {
    return `${unit(hours, 'hour')} ${unit(minutes, 'minute')}`;
  }
  return minutes > 0 ? `${unit(minutes, 'minute')} ${unit(all % 60, 'second')}` : unit(all, 'second');
}

function make(tag, content, className) {
  const made = document.createElement(tag);
  if (className) {
    made.className = className;
  }
  if (content instanceof Node) {
    made.append(content);
  } else if (content !== undefined) {
    made.textContent = content;
  }
  return made;
}

/** Sets text only when it changed, so that screen readers do not repeat it. */
function say(target, content) {
  if (target.textContent !== content) {
    target.textContent = content;
  }
}

async function fetchJson(path, options) {
  const response = await fetch(path, { headers: { Accept: 'application/json' }, ...options });
  if (!response.ok) {
    const body = await response.json().catch(() => ({}));
    throw new Error(body.error ?? `${response.status} ${response.statusText}`);
  }
  return response.json();
}

function showState(state, reason) {
  const badge = element('state');
  badge.dataset.state = state;
  say(badge, text(`state.${state}`));
  say(element('reason'), inPagesLanguage(reason));
  const usable = {
    trigger: state !== 'starting' && state !== 'unreachable',
    pause: state === 'running' || state === 'waiting',
    resume: state === 'paused',
    cancel: state === 'running' || state === 'waiting' || state === 'failed',
  };
  for (const button of document.querySelectorAll('[data-action]')) {
    button.disabled = !usable[button.dataset.action];
  }
}

function showJob(job) {
  element('no-job').hidden = job.run !== null;
  element('job').hidden = job.run === null;
  if (job.run === null) {
    return;
  }
  say(element('title'), job.title.text);
  const bar = element('progress');
  bar.max = Math.max(job.totalSteps, 1);
  bar.value = job.step;
  const facts = [[text('job.run'), job.run]];
  if (job.phase !== null) {
    facts.push([text('job.phase'), inPagesLanguage(job.phase)]);
    facts.push([text('job.step'), `${whole.format(job.step)} / ${whole.format(job.totalSteps)}`]);
  }
  if (job.etaSeconds !== null) {
    facts.push([text('job.eta'), duration(job.etaSeconds)]);
  }
  if (job.attempts > 1) {
    facts.push([text('job.attempt'), String(job.attempts)]);
  }
  element('facts').replaceChildren(...facts.map(([name, value]) => {
    const pair = make('div', make('dt', name));
    pair.append(make('dd', value));
    return pair;
  }));
  element('failure').hidden = job.lastFailure === null;
  say(element('failure'), job.lastFailure === null ? '' : `${text('job.failure')}: ${job.lastFailure.text}`);
}

const dark = matchMedia('(prefers-color-scheme: dark)');
const charts = new Map();
let chartedRun = null;

function newChart(metric) {
  const caption = make('figcaption', make('span', inPagesLanguage(metric)));
  const newest = make('output');
  newest.title = text('charts.newest');
  caption.append(newest);
  const canvas = make('div', undefined, 'chart');
  canvas.setAttribute('role', 'img');
  const box = make('figure', caption);
  box.append(canvas);
  element('charts').append(box);
  const chart = window.echarts.init(canvas, dark.matches ? 'dark' : null, { renderer: 'svg' });
  chart.setOption({
    animation: false,
    backgroundColor: 'transparent',
    grid: { left: 8, right: 16, top: 12, bottom: 4, containLabel: true },
    tooltip: {
      trigger: 'axis',
      confine: true,
      formatter: ([point]) => `${text('charts.step')} ${whole.format(point.value[0])}<br>${figure(point.value[1])}`,
    },
    xAxis: { type: 'value', min: 'dataMin', max: 'dataMax', splitNumber: 4, splitLine: { show: false } },
    yAxis: { type: 'value', scale: true, splitNumber: 3, axisLabel: { formatter: figure } },
    series: [{ type: 'line', showSymbol: false, lineStyle: { width: 1.5 } }],
  });
  return { chart, canvas, box, newest };
}

function clearCharts() {
  for (const { chart, box } of charts.values()) {
    chart.dispose();
    box.remove();
  }
  charts.clear();
}

function showSeries({ run, ...series }) {
  if (run !== chartedRun) {
    clearCharts();
    chartedRun = run;
  }
  for (const [metric, points] of Object.entries(series)) {
    if (!charts.has(metric)) {
      charts.set(metric, newChart(metric));
    }
    const entry = charts.get(metric);
    const { chart, canvas, newest } = entry;
    const [step, value] = points.at(-1);
    if (entry.shownStep === step) {
      continue;
    }
    entry.shownStep = step;
    say(newest, figure(value));
    canvas.setAttribute('aria-label', `${inPagesLanguage(metric)}: ${figure(value)}, ${text('charts.step')} ${whole.format(step)}`);
    chart.setOption({ series: [{ data: points, showSymbol: points.length === 1 }] });
  }
  element('no-charts').hidden = charts.size > 0;
}

function showTable(id, rows) {
  const body = element(id);
  body.closest('.scroll').hidden = rows.length === 0;
  element(`no-${id}`).hidden = rows.length > 0;
  body.replaceChildren(...rows.map(cells => {
    const row = make('tr');
    row.append(...cells);
    return row;
  }));
}

function checkpointRow(checkpoint) {
  const sha = make('code', checkpoint.reference.sha256.slice(0, 12));
  sha.title = checkpoint.reference.sha256;
  const metrics = Object.entries(checkpoint.metrics).map(([name, value]) => `${inPagesLanguage(name)} ${figure(value)}`);
  return [
    make('td', make('code', checkpoint.run)),
    make('td', whole.format(checkpoint.step), 'number'),
    make('td', text(checkpoint.complete ? 'checkpoint.complete' : 'checkpoint.partial')),
    make('td', sha),
    make('td', metrics.join(' · '), 'text'),
  ];
}

function deadLetterRow(letter) {
  const time = make('time', new Date(letter.time).toLocaleString(language));
  time.dateTime = letter.time;
  return [
    make('td', time),
    make('td', letter.topic),
    make('td', `${letter.partition} / ${letter.offset}`),
    make('td', letter.key, 'text'),
    make('td', letter.reason, 'text'),
  ];
}

/** Repeats a refresh while the page is looked at; a failed one leaves the page as it is. */
function repeat(seconds, refresh) {
  const turn = async () => {
    try {
      if (!document.hidden) {
        await refresh();
      }
    } catch (problem) {
      console.debug(problem);
    }
    setTimeout(turn, seconds * 1000);
  };
  turn();
}

async function refreshJob() {
  try {
    const job = await fetchJson('job');
    showState(job.state, job.reason.text);
    showJob(job);
  } catch (problem) {
    showState('unreachable', text('unreachable'));
    throw problem;
  }
}

async function act(action) {
  if (action === 'cancel' && !confirm(text('action.cancel.confirm'))) {
    return;
  }
  const problem = element('problem');
  try {
    await fetchJson(`job/${action}`, { method: 'POST' });
    problem.hidden = true;
    await refreshJob();
  } catch (failure) {
    problem.textContent = `${text('action.failed')} ${failure.message}`;
    problem.hidden = false;
  }
}

for (const button of document.querySelectorAll('[data-action]')) {
  button.addEventListener('click', () => act(button.dataset.action));
}
addEventListener('resize', () => charts.forEach(({ chart }) => chart.resize()));
dark.addEventListener('change', () => {
  clearCharts();
  fetchJson('job/series').then(showSeries).catch(console.debug);
});
document.addEventListener('visibilitychange', () => document.hidden || refreshJob().catch(console.debug));

repeat(1, refreshJob);
repeat(2, async () => showSeries(await fetchJson('job/series')));
repeat(5, async () => showTable('checkpoints', (await fetchJson('checkpoints')).map(checkpointRow)));
repeat(5, async () => showTable('dead-letters', (await fetchJson('dead-letters')).map(deadLetterRow)));
