// Which heads know what a pronoun stands for: a share for each, over a set of sentences, beside what guessing gives.
import { get, reasonOf } from '../../alignstream/api.js';
import { make, say } from '../../alignstream/dom.js';
import { best, guessing } from './probability-model.js';
import { Panel } from './panel.js';

const LOOK_AGAIN_MILLISECONDS = 2000;

export class PronounsPanel extends Panel {
  constructor(page) {
    super('pronouns', page);
    this.state = null;
    this.field('set').value = page.messages.language === 'zh' ? 'zh' : 'en';
    this.field('set').addEventListener('change', () => this.see());
  }

  /** Does not measure unasked: shows what was measured before. */
  begin() {
    this.see();
  }

  versionChanged() {
    this.see();
  }

  async see() {
    this.asking();
    const turn = this.turn;
    await this.follow(turn);
  }

  async look() {
    this.asking();
    const turn = this.turn;
    const state = await this.ask('pronouns', { language: this.field('set').value });
    if (state !== null) {
      this.take(state);
      await this.follow(turn);
    }
  }

  /** Shows how far it is until it is done. */
  async follow(turn) {
    const question = new URLSearchParams({ version: this.page.version, language: this.field('set').value });
    try {
      while (turn === this.turn) {
        const state = await get(`v1/explorer/pronouns?${question}`);
        if (turn !== this.turn) {
          return;
        }
        this.take(state);
        if (state.progress !== 'RUNNING') {
          break;
        }
        do {
          await new Promise(resolve => setTimeout(resolve, LOOK_AGAIN_MILLISECONDS));
        } while (document.hidden && turn === this.turn);
      }
      this.asked();
    } catch (problem) {
      if (turn === this.turn) {
        this.fail(reasonOf(problem));
      }
    }
  }

  take(state) {
    this.state = state;
    if (state.problem) {
      this.problem = state.problem;
      this.sayProblem();
    }
    this.show();
  }

  show() {
    if (this.state === null) {
      return;
    }
    const { progress, done, sentences, solved } = this.state;
    this.find('.picture').hidden = false;
    this.find('progress').hidden = progress !== 'RUNNING';
    this.find('progress').value = done / sentences.length;
    say(this.find('.said'), this.text(progress === 'NONE' ? 'explorer.notMeasured' : 'explorer.measured',
      { done, sentences: sentences.length }));
    this.find('.heat').hidden = solved.length === 0;
    say(this.find('.verdict'), progress === 'DONE' ? this.verdict(solved, done) : '');
    if (solved.length > 0) {
      this.heat(solved, done);
    }
    this.find('.sentences').replaceChildren(...sentences.map(sentence =>
      make('li', { dir: 'auto' }, sentence.text, make('small', {},
        ` ${sentence.pronoun} → ${sentence.right}, ${this.text('explorer.not')} ${sentence.wrong}`))));
  }

  verdict(solved, done) {
    const heads = solved.flat().length;
    const { layer, head, right } = best(solved);
    const bound = guessing(done, heads);
    return this.text(right > bound ? 'explorer.knows' : 'explorer.guesses', {
      layer: layer + 1, head: head + 1, share: this.share(right / done), heads, bound: this.share(bound / done),
    });
  }

  heat(solved, done) {
    const bound = guessing(done, solved.flat().length);
    say(this.find('caption'), this.text('explorer.heat'));
    this.find('thead').replaceChildren(make('tr', {}, make('td', {}),
      ...solved[0].map((_, head) => make('th', { scope: 'col' }, `${this.text('explorer.head')} ${head + 1}`))));
    this.find('tbody').replaceChildren(...solved.map((heads, layer) => make('tr', {},
      make('th', { scope: 'row' }, `${this.text('explorer.layer')} ${layer + 1}`),
      ...heads.map(right => {
        const share = right / done;
        return make('td', {
          className: right > bound ? 'above' : '',
          style: {
            background: `color-mix(in srgb, ${share >= 0.5 ? 'var(--good)' : 'var(--bad)'} `
              + `${Math.round(80 * Math.abs(share - 0.5))}%, var(--card))`,
          },
        }, this.share(share));
      }))));
  }
}
