// What became of the documents, with samples of what was dropped. Texts never become markup.
import './phrases.js';
import { descriptionOf, figureOf, languageName, nameOf } from './rules.js';

const REFRESH_MILLISECONDS = 2000;
const RATE_MILLISECONDS = 10_000;
const ID_LENGTH = 16;

const element = id => document.getElementById(id);
const chinese = document.body.dataset.language === 'zh';
const whole = new Intl.NumberFormat(document.body.dataset.language);
const percent = new Intl.NumberFormat(document.body.dataset.language, { style: 'percent', maximumFractionDigits: 1 });
const effects = chinese
  ? { repair: '修复', mask: '遮盖', drop: '丢弃' }
  : { repair: 'repaired', mask: 'masked', drop: 'dropped' };
const history = [];

function make(tag, ...content) {
  const made = document.createElement(tag);
  made.append(...content);
  return made;
}

function cell(className, ...content) {
  const made = make('td', ...content);
  made.className = className;
  return made;
}

const number = text => cell('number', text);

/** A cell with a bar as wide as the share. */
function bar(share) {
  const inside = make('div');
  inside.style.width = `${100 * share}%`;
  inside.hidden = share === 0;
  return cell('bar', inside);
}

function showOutcomes(outcomes) {
  const all = total(outcomes);
  element('outcomes').replaceChildren(...outcomes
    .filter(({ outcome, documents }) => documents > 0 || ['kept', 'duplicate', 'poison'].includes(outcome))
    .map(({ outcome, reason, documents }) => {
      const share = all === 0 ? 0 : documents / all;
      const row = make('tr', make('td', nameOf(outcome)), number(whole.format(documents)),
        number(percent.format(share)), bar(share), cell('reason', descriptionOf(outcome, reason)));
      row.dataset.outcome = outcome;
      return row;
    }));
}

function showThroughput(figures) {
  const now = { at: performance.now(), bytes: figures.bytes, documents: total(figures.outcomes) };
  history.push(now);
  while (now.at - history[0].at > RATE_MILLISECONDS) {
    history.shift();
  }
  const seconds = (now.at - history[0].at) / 1000;
  const rate = name => seconds > 0 ? (now[name] - history[0][name]) / seconds : 0;
  const kept = figures.outcomes.find(({ outcome }) => outcome === 'kept')?.documents ?? 0;
  const pairs = [
    [chinese ? '规则集' : 'profile', figures.profile],
    [chinese ? '文档' : 'documents', whole.format(now.documents)],
    [chinese ? '保留' : 'kept', now.documents === 0 ? '–' : percent.format(kept / now.documents)],
    [chinese ? '兆字节' : 'MB', (now.bytes / 1e6).toFixed(1)],
    [chinese ? '当前 篇/秒' : 'documents/s now', whole.format(Math.round(rate('documents')))],
    [chinese ? '当前 MB/秒' : 'MB/s now', (rate('bytes') / 1e6).toFixed(2)],
  ];
  element('throughput').replaceChildren(...pairs.map(([name, value]) => make('div', make('dt', name), make('dd', value))));
}

function total(outcomes) {
  return outcomes.reduce((sum, { documents }) => sum + documents, 0);
}

function sample({ id, figure, excerpt }) {
  const code = make('code', id.length > ID_LENGTH ? `${id.slice(0, ID_LENGTH)}…` : id);
  code.title = id;
  return make('li', figureOf(figure), ' ', code, make('q', excerpt));
}

function showRules(rules) {
  const open = new Set([...element('rules').querySelectorAll('details[open]')].map(details => details.dataset.rule));
  element('rules').replaceChildren(...rules.filter(({ documents }) => documents > 0).map(rule));
  element('rules').querySelectorAll('details').forEach(details => { details.open = open.has(details.dataset.rule); });
  const idle = rules.filter(({ documents }) => documents === 0).map(({ rule }) => nameOf(rule));
  element('idle-rules').textContent = idle.length === 0 ? ''
    : (chinese ? '尚未用到：' : 'without effect so far: ') + idle.join(chinese ? '、' : ', ');
}

function rule({ rule: id, effect, description, documents, samples }) {
  const head = [make('strong', nameOf(id)), ` ${effects[effect]} ${whole.format(documents)} `,
    make('small', descriptionOf(id, description), chinese ? ` · ${id}` : '')];
  if (samples.length === 0) {
    return make('p', ...head);
  }
  const list = make('ul', ...samples.map(sample));
  list.className = 'samples';
  const details = make('details', make('summary', ...head), list);
  details.dataset.rule = id;
  return details;
}

function showLanguages(languages) {
  const all = total(languages);
  element('languages').replaceChildren(...languages.map(({ language, documents, bytes, bytesPerToken }) =>
    make('tr', make('td', languageName(language)), number(whole.format(documents)), number(percent.format(documents / all)),
      bar(documents / all), number((bytes / 1e6).toFixed(2)), number(bytesPerToken > 0 ? bytesPerToken.toFixed(2) : '–'))));
}

function showClusters(clusters) {
  element('clusters').replaceChildren(...clusters.map(({ first, duplicates, excerpt }) =>
    make('li', chinese ? `${whole.format(duplicates)} 篇与 ` : `${whole.format(duplicates)} like `,
      make('code', `documents/${first}`), chinese ? ' 重复' : '', make('q', excerpt))));
}

async function showFigures() {
  const response = await fetch('documents/figures');
  if (!response.ok) {
    return;
  }
  const figures = await response.json();
  showOutcomes(figures.outcomes);
  showThroughput(figures);
  showRules(figures.rules);
  showLanguages(figures.languages);
  showClusters(figures.clusters);
}

setInterval(() => document.hidden || showFigures().catch(console.debug), REFRESH_MILLISECONDS);
showFigures().catch(console.debug);
