'use strict';

// Language: both stand in the page, one is shown. #zh or #en in the address decides, else the browser's language.
const root = document.documentElement;
const names = { en: 'en', zh: 'zh-CN' };

function speak(language) {
  root.dataset.language = language;
  root.lang = names[language];
  document.title = root.dataset[language === 'zh' ? 'titleZh' : 'titleEn'];
  for (const button of document.querySelectorAll('button[data-speak]')) {
    button.setAttribute('aria-pressed', String(button.dataset.speak === language));
  }
  for (const option of document.querySelectorAll('option[data-zh]')) {
    option.textContent = option.dataset[language];
  }
}

for (const button of document.querySelectorAll('button[data-speak]')) {
  button.addEventListener('click', () => speak(button.dataset.speak));
}
const asked = location.hash.slice(1);
speak(asked in names ? asked : navigator.language.startsWith('zh') ? 'zh' : 'en');

// Cross-attention: a sentence and whose shares are chosen, a table shows them.
const sentence = document.getElementById('sentence');
if (sentence) {
  const layer = document.getElementById('layer');
  const sentences = JSON.parse(document.getElementById('sentences').textContent);
  const table = document.getElementById('shares');
  const written = document.getElementById('written');
  const cell = (kind, text) => Object.assign(document.createElement(kind), { textContent: text });

  const show = () => {
    const { source, target, text, shares } = sentences[Number(sentence.value)];
    const rows = shares[layer.value];
    written.textContent = text;
    const head = document.createElement('tr');
    head.append(cell('td', ''));
    for (const word of source) {
      const th = cell('th', word);
      th.scope = 'col';
      head.append(th);
    }
    const body = target.map((word, t) => {
      const row = document.createElement('tr');
      const th = cell('th', word);
      th.scope = 'row';
      row.append(th);
      for (const share of rows[t]) {
        const td = cell('td', String(Math.round(share * 100)));
        td.style.setProperty('--share', String(share));
        td.classList.toggle('strong', share > 0.55);
        row.append(td);
      }
      return row;
    });
    table.tHead.replaceChildren(head);
    table.tBodies[0].replaceChildren(...body);
  };
  sentence.addEventListener('change', show);
  layer.addEventListener('change', show);
  show();
}
