// What the explorer's panels share: asking about a version, and saying why there is no answer.
import { post, reasonOf } from '../../alignstream/api.js';
import { element, make, say } from '../../alignstream/dom.js';

/** A tab's content. `begin` is called when it is looked at for the first time, `show` whenever its texts change. */
export class Panel {
  /** @param page what knows language and version */
  constructor(name, page) {
    this.name = name;
    this.page = page;
    this.root = element(`panel-${name}`);
    this.form = this.find('form');
    this.problem = null;
    this.turn = 0;
    this.form.addEventListener('submit', event => {
      event.preventDefault();
      this.look();
    });
  }

  /** Whether it shows one version, which people choose. */
  get choosesVersion() {
    return true;
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  field(name) {
    return this.find(`[name=${name}]`);
  }

  text(code, values) {
    return this.page.messages.text(code, values);
  }

  share(value) {
    return this.page.messages.share(value);
  }

  /** The answer about a version; null if there is none, which is said, or if something else was asked meanwhile. */
  async ask(path, body, version = this.page.version) {
    const turn = this.turn;
    try {
      const answer = await post(`v1/explorer/${path}`, { version, ...body });
      return turn === this.turn ? answer : null;
    } catch (problem) {
      if (turn === this.turn) {
        this.fail(reasonOf(problem));
      }
      return null;
    }
  }

  /** Begins to ask: what was asked before is not wanted any more. */
  asking() {
    this.turn++;
    this.problem = null;
    this.sayProblem();
    this.root.setAttribute('aria-busy', 'true');
  }

  asked() {
    this.root.setAttribute('aria-busy', 'false');
  }

  fail(reason) {
    this.problem = reason;
    this.sayProblem();
    this.asked();
  }

  sayProblem() {
    say(this.find('.failure'), this.problem ? this.page.messages.said(this.problem) : '');
  }

  /** Writes a list of bars `{name, label, share, kind, title, marks}`; those that are there already move. */
  bars(list, bars) {
    const known = new Map([...list.children].map(item => [item.dataset.key, item]));
    const items = bars.map(({ key, name, label, share, kind = '', marks = [] }) => {
      const item = known.get(String(key)) ?? make('li', { data: { key } },
        make('span', { className: 'name', dir: 'auto' }),
        make('span', { className: 'track', 'aria-hidden': 'true' }, make('span', { className: 'bar' })),
        make('span', { className: 'value' }));
      item.className = kind;
      say(item.querySelector('.name'), name);
      say(item.querySelector('.value'), label);
      const track = item.querySelector('.track');
      track.querySelectorAll('.mark').forEach(mark => mark.remove());
      track.append(...marks.map(({ at, kind: mark }) =>
        make('span', { className: `mark ${mark}`, style: { insetInlineStart: `${100 * at}%` } })));
      return { item, share };
    });
    list.replaceChildren(...items.map(({ item }) => item));
    requestAnimationFrame(() => items.forEach(({ item, share }) => {
      item.querySelector('.bar').style.inlineSize = `${Math.max(0, Math.min(100, 100 * share))}%`;
    }));
  }

  begin() {
    this.look();
  }

  /** Another version was chosen. */
  versionChanged() {
    this.look();
  }
}

/** Turns a range input by itself, from its beginning to its end; `button` starts and stops it. */
export class Player {
  constructor(button, range, milliseconds, turned, text) {
    Object.assign(this, { button, range, milliseconds, turned, text, timer: 0 });
    button.addEventListener('click', () => (this.timer === 0 ? this.play() : this.stop()));
    range.addEventListener('input', () => {
      this.stop();
      turned();
    });
  }

  stop() {
    clearInterval(this.timer);
    this.timer = 0;
    this.say();
  }

  play() {
    this.range.value = this.range.min;
    this.turned();
    this.timer = setInterval(() => {
      this.range.value = Number(this.range.value) + 1;
      this.turned();
      if (this.range.value === this.range.max) {
        this.stop();
      }
    }, this.milliseconds);
    this.say();
  }

  say() {
    say(this.button, this.text(this.timer === 0 ? 'explorer.play' : 'explorer.pause'));
  }
}
