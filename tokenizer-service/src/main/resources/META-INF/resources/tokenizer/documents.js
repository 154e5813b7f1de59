// What became of the documents, with samples of what was dropped. Texts never become markup.

const element = id => document.getElementById(id);
const whole = new Intl.NumberFormat(document.body.dataset.language);
const chinese = document.body.dataset.language === 'zh';
const names = chinese ? {
  kept: '保留', empty: '空文本', duplicate: '重复', 'near-duplicate': '近似重复', poison: '无法读取', language: '语言不符',
  'broken-encoding': '编码损坏', contaminated: '与评测集重合', mojibake: '乱码修复', 'control-characters': '控制字符',
  'unicode-nfc': 'Unicode NFC', 'boilerplate-lines': '模板行', 'personal-data': '个人信息',
} : { kept: 'kept', empty: 'empty', duplicate: 'duplicates', 'near-duplicate': 'near duplicates', poison: 'unreadable' };
const effects = chinese
  ? { repair: '修复', mask: '遮盖', drop: '丢弃' }
  : { repair: 'repaired', mask: 'masked', drop: 'dropped' };
let last = null;

function make(tag, ...content) {
  const made = document.createElement(tag);
  made.append(...content);
  return made;
}

function showOutcomes(outcomes) {
  element('outcomes').replaceChildren(...outcomes
    .filter(({ outcome, documents }) => documents > 0 || ['kept', 'duplicate', 'poison'].includes(outcome))
    .map(({ outcome, reason, documents }) => {
      const pair = make('div', make('dt', names[outcome] ?? outcome), make('dd', whole.format(documents)));
      pair.title = reason;
      return pair;
    }));
}

function showThroughput(figures) {
  const now = { at: performance.now(), bytes: figures.bytes, documents: total(figures.outcomes) };
  const rate = last && now.at > last.at ? 1000 / (now.at - last.at) : 0;
  const documents = Math.round(last ? (now.documents - last.documents) * rate : 0);
  const megabytes = last ? (now.bytes - last.bytes) * rate / 1e6 : 0;
  last = now;
  element('throughput').textContent = chinese
    ? `规则集 ${figures.profile}；当前 ${whole.format(documents)} 篇/秒，${megabytes.toFixed(1)} MB/秒`
    : `profile ${figures.profile}; ${whole.format(documents)} documents/s, ${megabytes.toFixed(1)} MB/s right now`;
}

function total(outcomes) {
  return outcomes.reduce((sum, { documents }) => sum + documents, 0);
}

function showRules(rules) {
  element('rules').replaceChildren(...rules.map(({ rule, effect, description, documents, samples }) => {
    const count = `${effects[effect]}: ${whole.format(documents)}`;
    const summary = make('summary', make('strong', names[rule] ?? rule), ` ${rule} · ${count} `, make('small', description));
    const open = document.querySelector(`#rules details[data-rule="${CSS.escape(rule)}"]`)?.open ?? false;
    const details = make('details', summary, make('ul', ...samples.map(({ id, figure, excerpt }) =>
      make('li', make('code', id), ` ${figure} — `, make('span', excerpt)))));
    details.dataset.rule = rule;
    details.open = open;
    return details;
  }));
}

function showLanguages(languages) {
  element('languages').replaceChildren(...languages.map(({ language, documents, bytes, bytesPerToken }) =>
    make('tr', make('td', language), make('td', whole.format(documents)), make('td', (bytes / 1e6).toFixed(2)),
      make('td', bytesPerToken > 0 ? bytesPerToken.toFixed(2) : '–'))));
}

function showClusters(clusters) {
  element('clusters').replaceChildren(...clusters.map(({ first, duplicates, excerpt }) =>
    make('li', `${whole.format(duplicates)} × `, make('code', `documents/${first}`), ' ', make('span', excerpt))));
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

setInterval(() => document.hidden || showFigures().catch(console.debug), 2000);
showFigures().catch(console.debug);
