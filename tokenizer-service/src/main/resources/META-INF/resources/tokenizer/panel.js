// Documents by outcome, and a text split by the tokenizer in use. Texts never become markup.

const element = id => document.getElementById(id);
const whole = new Intl.NumberFormat(document.body.dataset.language);
const names = document.body.dataset.language === 'zh'
  ? { kept: '保留', empty: '空文本', duplicate: '重复', poison: '无法读取' }
  : { kept: 'kept', empty: 'empty', duplicate: 'duplicates', poison: 'unreadable' };

function make(tag, ...content) {
  const made = document.createElement(tag);
  made.append(...content);
  return made;
}

async function showOutcomes() {
  const response = await fetch('documents/outcomes');
  if (!response.ok) {
    return;
  }
  const outcomes = await response.json();
  element('outcomes').replaceChildren(...outcomes.map(({ outcome, reason, documents }) => {
    const pair = make('div', make('dt', names[outcome] ?? outcome), make('dd', whole.format(documents)));
    pair.title = reason;
    return pair;
  }));
}

function showTokens({ tokens, merges }) {
  element('tokens').replaceChildren(...tokens.map(({ id, text }) => {
    const token = make('li', make('code', text), ' ', make('small', String(id)));
    token.style = 'border: 1px solid var(--line); border-radius: .4rem; padding: .1rem .4rem';
    return token;
  }));
  element('merges-heading').hidden = merges.length === 0;
  element('merges').replaceChildren(...merges.map(({ order, left, right, token }) =>
    make('li', make('small', `${order}. `), make('code', `${left} + ${right} → ${token}`))));
}

async function tokenize(event) {
  event.preventDefault();
  const problem = element('tokenize-problem');
  try {
    const response = await fetch('tokenize', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ text: element('text').value }),
    });
    const body = await response.json().catch(() => ({}));
    if (!response.ok) {
      throw new Error(body.error ?? `${response.status} ${response.statusText}`);
    }
    problem.hidden = true;
    showTokens(body);
  } catch (failure) {
    problem.textContent = failure.message;
    problem.hidden = false;
  }
}

element('tokenize').addEventListener('submit', tokenize);
setInterval(() => document.hidden || showOutcomes().catch(console.debug), 2000);
showOutcomes().catch(console.debug);
