// The playground and the vocabulary of the tokenizer in use. Texts never become markup.

const element = id => document.getElementById(id);
const chinese = document.body.dataset.language === 'zh';
const whole = new Intl.NumberFormat(document.body.dataset.language);
const fraction = new Intl.NumberFormat(document.body.dataset.language, { maximumFractionDigits: 2 });
const kinds = chinese ? { CONTROL: '控制词元', BYTE: '字节' } : { CONTROL: 'control token', BYTE: 'bytes' };
const HUES = [210, 35, 140, 285, 0, 180];
const TYPING_MS = 250;
const PLAY_MS = 450;

function make(tag, ...content) {
  const made = document.createElement(tag);
  made.append(...content);
  return made;
}

async function json(path, options) {
  const response = await fetch(path, options);
  const body = await response.json().catch(() => ({}));
  if (!response.ok) {
    throw Object.assign(new Error(body.error ?? `${response.status} ${response.statusText}`), { status: response.status });
  }
  return body;
}

// Spaces and line ends can be seen; everything else is as it is.
const visible = text => text.replace(/\n/g, '⏎').replace(/\t/g, '⇥').replace(/^ | $/g, '␣').replace(/^$/, '∅');

let split = null;
let timer = 0;

/** Tokens after the first `count` merges, and which of them the last merge made. */
function tokensAt(count) {
  const opening = new Set(split.pieces);
  const tokens = split.symbols.map((id, place) => ({ id, opens: opening.has(place) }));
  for (const { position, id } of split.steps.slice(0, count)) {
    tokens.splice(position, 2, { id, opens: tokens[position].opens });
  }
  return tokens;
}

function chip({ id, opens }, index, made) {
  const { text, kind, bytes } = split.names[id];
  const span = make('span', visible(text));
  const hue = HUES[index % HUES.length];
  span.style.background = `light-dark(hsl(${hue} 80% 88%), hsl(${hue} 45% 28%))`;
  span.style.padding = '.2rem .3rem';
  span.style.borderRadius = '.3rem';
  span.style.whiteSpace = 'pre';
  span.style.marginInlineStart = opens && index > 0 ? '.55rem' : '1px';
  span.style.outline = made ? '2px solid var(--accent)' : '';
  span.style.fontSize = kind === 'BYTE' ? '.75em' : '';
  span.title = `${id}${kinds[kind] ? ` · ${kinds[kind]}` : ''} · ${bytes} B`;
  return span;
}

function showStep() {
  const count = Number(element('step').value);
  const tokens = tokensAt(count);
  const last = count > 0 ? split.steps[count - 1] : null;
  element('playground-tokens').replaceChildren(
    ...tokens.map((token, index) => chip(token, index, last !== null && index === last.position)));
  element('playground-tokens').setAttribute('aria-label', tokens.map(({ id }) => split.names[id].text).join(' | '));
  const name = id => visible(split.names[id].text);
  if (last === null) {
    element('step-text').textContent = chinese ? '合并之前：单个字符' : 'before any merge: single characters';
  } else {
    const before = tokensAt(count - 1);
    const parts = `${name(before[last.position].id)} + ${name(before[last.position + 1].id)} → ${name(last.id)}`;
    element('step-text').textContent = chinese
      ? `第 ${count} / ${split.steps.length} 步：${parts}（学到的第 ${whole.format(last.order)} 个合并）`
      : `step ${count} of ${split.steps.length}: ${parts} (merge no. ${whole.format(last.order)} learned)`;
  }
  const text = element('playground-text').value;
  const bytes = new TextEncoder().encode(text).length;
  const characters = [...text].length;
  element('playground-figures').textContent = tokens.length === 0 ? '' : chinese
    ? `${whole.format(characters)} 个字符，${whole.format(tokens.length)} 个词元，每个词元 ${fraction.format(bytes / tokens.length)} 字节`
    : `${whole.format(characters)} characters, ${whole.format(tokens.length)} tokens, ${fraction.format(bytes / tokens.length)} bytes a token`;
}

async function showSplit() {
  stop();
  const problem = element('playground-problem');
  try {
    split = await json('vocabulary/split', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ text: element('playground-text').value }),
    });
    problem.hidden = true;
    element('playground-steps').hidden = split.steps.length === 0;
    element('playground-steps').style.display = split.steps.length === 0 ? 'none' : 'flex';
    element('step').max = split.steps.length;
    element('step').value = split.steps.length;
    showStep();
  } catch (failure) {
    problem.textContent = failure.message;
    problem.hidden = failure.status === 409;
  }
}

function stop() {
  clearInterval(timer);
  timer = 0;
  element('step-play').textContent = chinese ? '▶ 播放' : '▶ Play';
}

function play() {
  if (timer !== 0) {
    stop();
    return;
  }
  const step = element('step');
  if (Number(step.value) === Number(step.max)) {
    step.value = 0;
  }
  showStep();
  element('step-play').textContent = chinese ? '⏸ 暂停' : '⏸ Pause';
  timer = setInterval(() => {
    step.value = Number(step.value) + 1;
    showStep();
    if (Number(step.value) === Number(step.max)) {
      stop();
    }
  }, PLAY_MS);
}

let page = 0;
let tokenizerThere = false;

async function showVocabulary() {
  const query = new URLSearchParams({
    search: element('vocabulary-text').value,
    order: element('vocabulary-order').value,
    page,
  });
  const found = await json(`vocabulary?${query}`);
  tokenizerThere = true;
  page = found.page;
  element('vocabulary-matches').textContent = chinese
    ? `${whole.format(found.vocabularySize)} 个词元中的 ${whole.format(found.matches)} 个`
    : `${whole.format(found.matches)} of ${whole.format(found.vocabularySize)} tokens`;
  element('vocabulary-rows').replaceChildren(...found.tokens.map(row));
  element('vocabulary-table').hidden = found.matches === 0;
  element('vocabulary-pages').hidden = found.pages === 1;
  element('vocabulary-pages').style.display = found.pages === 1 ? 'none' : 'flex';
  element('vocabulary-page').textContent = `${whole.format(page + 1)} / ${whole.format(found.pages)}`;
  element('vocabulary-previous').disabled = page === 0;
  element('vocabulary-next').disabled = page + 1 === found.pages;
}

function row({ id, text, kind, characters, bytes, frequency }) {
  const cells = [id, frequency, characters, bytes].map(value => {
    const cell = make('td', value === null ? '–' : whole.format(value));
    cell.className = 'number';
    return cell;
  });
  const code = make('code', visible(text));
  code.style.whiteSpace = 'pre';
  return make('tr', make('td', code, kinds[kind] ? make('small', ` ${kinds[kind]}`) : ''), ...cells);
}

/** Calls `action` when nothing has been typed for a moment. */
function afterTyping(action) {
  let pending = 0;
  return () => {
    clearTimeout(pending);
    pending = setTimeout(() => action().catch(console.debug), TYPING_MS);
  };
}

function search(turn) {
  page = turn === undefined ? 0 : page + turn;
  return showVocabulary();
}

element('playground').addEventListener('submit', event => event.preventDefault());
element('playground-text').addEventListener('input', afterTyping(showSplit));
element('step').addEventListener('input', () => { stop(); showStep(); });
element('step-play').addEventListener('click', play);
element('vocabulary-search').addEventListener('submit', event => event.preventDefault());
element('vocabulary-text').addEventListener('input', afterTyping(() => search()));
element('vocabulary-order').addEventListener('change', () => search().catch(console.debug));
element('vocabulary-previous').addEventListener('click', () => search(-1).catch(console.debug));
element('vocabulary-next').addEventListener('click', () => search(1).catch(console.debug));

// Until there is a tokenizer, look for one now and then.
async function begin() {
  await showSplit();
  await showVocabulary().catch(console.debug);
  if (!tokenizerThere) {
    setTimeout(begin, 2000);
  }
}

begin();
