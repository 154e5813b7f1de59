// The ranking page: order by dragging, with the arrow keys or by place (equal places are ties), score, say why.
const TEXTS = {
  en: {
    title: 'Rank answers', status: 'reward-service', name: 'Your name', start: 'Start', change: 'Change', send: 'Send',
    question: 'The request', answers: 'The answers, best on top',
    hint: 'Drag an answer, or select it and press ↑ or ↓. The same place twice is a tie; the keys 1 to 9 set it, too.'
      + ' Scores and reasons are optional. Enter sends.',
    score: 'Score', reason: 'Reason', place: 'Place', as: name => `You rank as ${name}.`,
    done: 'Everything is ranked. Thank you!', sent: 'Sent. Above is the next one.',
    remaining: n => `${n} to rank`, empty: '(empty answer)', scores: 'Score all answers or none.',
    answer: (place, text) => `Place ${place}: ${text}`,
    user: 'User', assistant: 'Assistant', system: 'System',
    offline: 'The service does not answer. Nothing is lost: send again.',
  },
  zh: {
    title: '给回答排序', status: 'reward-service', name: '你的名字', start: '开始', change: '更换', send: '提交',
    question: '请求', answers: '回答，最好的在最上面',
    hint: '拖动回答，或选中后按 ↑ ↓ 移动。名次相同表示并列，也可按数字键 1 到 9 指定名次。分数和理由可不填。按回车提交。',
    score: '分数', reason: '理由', place: '名次', as: name => `你以“${name}”的名字排序。`,
    done: '全部排完了，谢谢！', sent: '已提交，上面是下一题。',
    remaining: n => `还有 ${n} 题`, empty: '（空回答）', scores: '要么全部打分，要么都不打。',
    answer: (place, text) => `第 ${place} 名：${text}`,
    user: '用户', assistant: '助手', system: '系统',
    offline: '服务没有响应。内容还在，请再提交一次。',
  },
};
const MAX_SCORE = 5;
const $ = id => document.getElementById(id);
let language = localStorage.getItem('alignstream-language') || (navigator.language.startsWith('zh') ? 'zh' : 'en');
let question = null;
let places = []; // place of each answer, 1 is best
let notes = []; // {score, reason} of each answer, both texts

const text = key => TEXTS[language][key];
const annotator = () => $('annotator').value.trim();

function make(tag, className, content) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (content !== undefined) made.textContent = content;
  return made;
}

function translate() {
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  document.querySelectorAll('[data-text]').forEach(e => { e.textContent = text(e.dataset.text); });
  document.title = `${text('title')} · Alignstream`;
  $('language').textContent = language === 'en' ? '中文' : 'English';
  $('name').textContent = text('as')(annotator());
  say('');
  if (question) show();
  if (!$('done').hidden) $('done').textContent = text('done');
}

function say(message, problem = false) {
  $('note').textContent = message;
  $('note').classList.toggle('problem', problem);
}

/** Answers from best to worst. */
const order = () => places.map((_, i) => i).sort((a, b) => places[a] - places[b] || a - b);

function show() {
  $('remaining').textContent = text('remaining')(question.remaining);
  $('messages').replaceChildren(...question.messages.map(message => {
    const line = make('div', `message ${message.role}`, message.content);
    if (question.messages.length > 1) line.prepend(make('span', 'role', text(message.role)));
    return line;
  }));
  $('answers').replaceChildren(...order().map(item));
}

/** Draws again and puts the focus back: on the answer, or on its field with this name. */
function redraw(index, field) {
  show();
  const card = [...$('answers').children].find(other => Number(other.dataset.index) === index);
  (field ? card.querySelector(`[name=${field}]`) : card).focus();
}

function item(index) {
  const shown = question.answers[index] || text('empty');
  const card = make('li');
  card.dataset.index = index;
  card.tabIndex = 0;
  card.draggable = true;
  card.setAttribute('aria-label', text('answer')(places[index], shown));
  const row = make('div', 'row');
  row.append(
    choice(index, 'place', places.map((_, i) => i + 1), places[index], value => {
      places[index] = Number(value);
      redraw(index, 'place');
    }),
    choice(index, 'score', ['', ...Array(MAX_SCORE + 1).keys()], notes[index].score, value => { notes[index].score = value; }),
    reason(index));
  card.append(make('span', 'rank', places[index]), make('span', 'text', shown), row);
  card.addEventListener('keydown', event => event.target === card && key(event, index));
  card.addEventListener('dragstart', event => event.dataTransfer.setData('text/plain', String(index)));
  card.addEventListener('dragover', event => { event.preventDefault(); card.classList.add('over'); });
  card.addEventListener('dragleave', () => card.classList.remove('over'));
  card.addEventListener('drop', event => {
    event.preventDefault();
    const dragged = Number(event.dataTransfer.getData('text/plain'));
    if (Number.isInteger(dragged) && dragged in places) move(dragged, order().indexOf(index));
  });
  return card;
}

function choice(index, name, values, chosen, changed) {
  const label = make('label', name, text(name));
  const select = make('select');
  select.name = name;
  select.append(...values.map(value => {
    const option = make('option', undefined, value === '' ? '–' : String(value));
    option.value = value;
    option.selected = String(value) === String(chosen);
    return option;
  }));
  select.addEventListener('change', () => changed(select.value));
  label.append(select);
  return label;
}

function reason(index) {
  const label = make('label', 'reason', text('reason'));
  const input = make('input');
  input.name = 'reason';
  input.maxLength = 2000;
  input.value = notes[index].reason;
  input.addEventListener('input', () => { notes[index].reason = input.value; });
  label.append(input);
  return label;
}

function key(event, index) {
  const at = order().indexOf(index);
  if (/^[1-9]$/.test(event.key)) {
    places[index] = Math.min(Number(event.key), places.length);
    redraw(index);
  } else if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
    event.preventDefault();
    move(index, Math.min(Math.max(at + (event.key === 'ArrowUp' ? -1 : 1), 0), places.length - 1));
  }
}

// The moved answer takes the place of the one that stood there; ties made before are dissolved.
function move(index, to) {
  const now = order();
  now.splice(now.indexOf(index), 1);
  now.splice(to, 0, index);
  now.forEach((answer, place) => { places[answer] = place + 1; });
  redraw(index);
}

async function next() {
  const response = await fetch(`/ranking-requests/next?annotator=${encodeURIComponent(annotator())}`);
  if (!response.ok) return fail(response);
  question = response.status === 204 ? null : await response.json();
  $('who').hidden = true;
  $('as').hidden = false;
  $('name').textContent = text('as')(annotator());
  $('task').hidden = !question;
  $('remaining').hidden = !question;
  $('done').hidden = Boolean(question);
  if (!question) {
    $('done').textContent = text('done');
    return;
  }
  places = question.answers.map((_, i) => i + 1);
  notes = question.answers.map(() => ({ score: '', reason: '' }));
  show();
  $('answers').firstElementChild.focus();
}

async function send() {
  if (!question) return;
  const scored = notes.filter(note => note.score !== '').length;
  if (scored > 0 && scored < notes.length) return say(text('scores'), true);
  const groups = new Map();
  places.forEach((place, index) => groups.set(place, [...(groups.get(place) || []), index]));
  const response = await fetch('/rankings', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      requestId: question.requestId,
      annotator: annotator(),
      order: [...groups.keys()].sort((a, b) => a - b).map(place => groups.get(place)),
      scores: scored ? notes.map(note => Number(note.score)) : [],
      reasons: notes.some(note => note.reason) ? notes.map(note => note.reason) : [],
    }),
  });
  if (!response.ok) return fail(response);
  await next();
  if (question) say(text('sent'));
}

async function fail(response) {
  const body = await response.json().catch(() => ({}));
  complain(body.error || `${response.status} ${response.statusText}`);
}

function complain(message) {
  if ($('task').hidden) {
    $('done').hidden = false;
    $('done').textContent = message;
  } else {
    say(message, true);
  }
}

const unlessOffline = action => action().catch(problem => {
  console.debug(problem);
  complain(text('offline'));
});

$('language').addEventListener('click', () => {
  language = language === 'en' ? 'zh' : 'en';
  localStorage.setItem('alignstream-language', language);
  translate();
});
$('who').addEventListener('submit', event => {
  event.preventDefault();
  localStorage.setItem('alignstream-annotator', annotator());
  unlessOffline(next);
});
$('change').addEventListener('click', () => {
  question = null;
  for (const id of ['as', 'task', 'done', 'remaining']) $(id).hidden = true;
  $('who').hidden = false;
  $('annotator').select();
});
$('send').addEventListener('click', () => unlessOffline(send));
document.addEventListener('keydown', event => {
  if (event.key === 'Enter' && question && event.target.closest('#answers')) {
    event.preventDefault();
    unlessOffline(send);
  }
});
$('annotator').value = localStorage.getItem('alignstream-annotator') || '';
translate();
if ($('annotator').value) unlessOffline(next);
else $('annotator').focus();
