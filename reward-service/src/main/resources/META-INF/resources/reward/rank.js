// The ranking page: order by dragging or by number keys (equal numbers are ties), score 0 to 5, say why.
const TEXTS = {
  en: {
    title: 'Rank answers', status: 'Status', name: 'Your name', start: 'Start', send: 'Send (Enter)',
    hint: 'Drag the answers, best on top, or focus one and press 1–9 for its place; the same place twice is a tie. Scores (0–5) and reasons are optional.',
    score: 'Score', reason: 'Reason', place: 'Place', done: 'Everything is ranked. Thank you!', sent: 'Sent.',
    remaining: n => `${n} to rank`, empty: '(empty answer)',
    scores: 'Score all answers or none.',
  },
  zh: {
    title: '给回答排序', status: '状态', name: '你的名字', start: '开始', send: '提交（回车）',
    hint: '拖动回答，最好的放最上面；也可以选中一个回答后按 1–9 指定名次，名次相同表示并列。打分（0–5）和理由可不填。',
    score: '分数', reason: '理由', place: '名次', done: '全部排完了，谢谢！', sent: '已提交。',
    remaining: n => `还有 ${n} 题`, empty: '（空回答）',
    scores: '要么全部打分，要么都不打。',
  },
};
const $ = id => document.getElementById(id);
let language = localStorage.getItem('alignstream-language') || (navigator.language.startsWith('zh') ? 'zh' : 'en');
let question = null;
let places = []; // place of each answer, 1 is best

const text = key => TEXTS[language][key];

function translate() {
  document.documentElement.lang = language;
  document.querySelectorAll('[data-text]').forEach(e => { e.textContent = text(e.dataset.text); });
  document.title = `${text('title')} · Alignstream`;
  $('language').textContent = language === 'en' ? '中文' : 'English';
  if (question) show();
}

function judgements() {
  return [...$('answers').children].map(item => ({
    index: Number(item.dataset.index),
    score: item.querySelector('.score').value,
    reason: item.querySelector('.reason').value,
  }));
}

function show() {
  const before = new Map(judgements().map(j => [j.index, j]));
  $('remaining').textContent = text('remaining')(question.remaining);
  $('messages').replaceChildren(...question.messages.map(message => {
    const line = document.createElement('div');
    line.className = `message ${message.role}`;
    line.textContent = message.content;
    return line;
  }));
  const order = places.map((_, i) => i).sort((a, b) => places[a] - places[b] || a - b);
  $('answers').replaceChildren(...order.map(i => item(i, before.get(i))));
}

function item(index, old) {
  const li = document.createElement('li');
  li.dataset.index = index;
  li.tabIndex = 0;
  li.draggable = true;
  const rank = document.createElement('span');
  rank.className = 'rank';
  rank.textContent = places[index];
  rank.title = text('place');
  const answer = document.createElement('span');
  answer.className = 'text';
  answer.textContent = question.answers[index] || text('empty');
  const row = document.createElement('div');
  row.className = 'row';
  row.append(field('score', 'number', old?.score), field('reason', 'text', old?.reason));
  li.append(rank, answer, row);
  li.addEventListener('keydown', event => {
    if (event.target === li && /^[1-9]$/.test(event.key)) {
      places[index] = Math.min(Number(event.key), places.length);
      show();
      [...$('answers').children].find(other => Number(other.dataset.index) === index).focus();
    }
  });
  li.addEventListener('dragstart', event => event.dataTransfer.setData('text/plain', String(index)));
  li.addEventListener('dragover', event => { event.preventDefault(); li.classList.add('over'); });
  li.addEventListener('dragleave', () => li.classList.remove('over'));
  li.addEventListener('drop', event => {
    event.preventDefault();
    drop(Number(event.dataTransfer.getData('text/plain')), index);
  });
  return li;
}

function field(name, type, value) {
  const label = document.createElement('label');
  const input = document.createElement('input');
  input.className = name;
  input.type = type;
  input.value = value ?? '';
  input.setAttribute('aria-label', text(name));
  input.placeholder = text(name);
  if (type === 'number') Object.assign(input, { min: 0, max: 5, step: 0.5 });
  else input.maxLength = 2000;
  label.append(input);
  return label;
}

// The dragged answer takes the place of the one that it is dropped on; ties made before are dissolved.
function drop(dragged, target) {
  if (!Number.isInteger(dragged) || dragged < 0 || dragged >= places.length) return;
  const order = judgements().map(j => j.index);
  const to = order.indexOf(target);
  order.splice(order.indexOf(dragged), 1);
  order.splice(to, 0, dragged);
  order.forEach((index, place) => { places[index] = place + 1; });
  show();
}

async function next() {
  const annotator = $('annotator').value.trim();
  const response = await fetch(`/ranking-requests/next?annotator=${encodeURIComponent(annotator)}`);
  if (!response.ok) return fail(response);
  question = response.status === 204 ? null : await response.json();
  $('task').hidden = !question;
  $('answers').replaceChildren();
  if (!question) {
    $('note').textContent = text('done');
    return;
  }
  places = question.answers.map((_, i) => i + 1);
  show();
  $('answers').firstElementChild.focus();
}

async function send() {
  if (!question) return;
  const byIndex = judgements().sort((a, b) => a.index - b.index);
  const scored = byIndex.filter(j => j.score !== '').length;
  if (scored > 0 && scored < byIndex.length) {
    $('note').textContent = text('scores');
    return;
  }
  const groups = new Map();
  places.forEach((place, index) => groups.set(place, [...(groups.get(place) || []), index]));
  const response = await fetch('/rankings', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      requestId: question.requestId,
      annotator: $('annotator').value.trim(),
      order: [...groups.keys()].sort((a, b) => a - b).map(place => groups.get(place)),
      scores: scored ? byIndex.map(j => Number(j.score)) : [],
      reasons: byIndex.some(j => j.reason) ? byIndex.map(j => j.reason) : [],
    }),
  });
  if (!response.ok) return fail(response);
  $('note').textContent = text('sent');
  await next();
}

async function fail(response) {
  const body = await response.json().catch(() => ({}));
  $('note').textContent = body.error || `${response.status} ${response.statusText}`;
}

$('language').addEventListener('click', () => {
  language = language === 'en' ? 'zh' : 'en';
  localStorage.setItem('alignstream-language', language);
  translate();
});
$('who').addEventListener('submit', event => {
  event.preventDefault();
  localStorage.setItem('alignstream-annotator', $('annotator').value.trim());
  next();
});
$('send').addEventListener('click', send);
document.addEventListener('keydown', event => {
  if (event.key === 'Enter' && question && event.target.closest('#answers')) {
    event.preventDefault();
    send();
  }
});
$('annotator').value = localStorage.getItem('alignstream-annotator') || '';
translate();
