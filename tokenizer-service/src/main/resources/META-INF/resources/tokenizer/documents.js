// Documents by outcome. Texts never become markup.

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

setInterval(() => document.hidden || showOutcomes().catch(console.debug), 2000);
showOutcomes().catch(console.debug);
