// How probable each candidate is to the base, the SFT and the aligned model: bars that move from one to the next.
import { make, say } from '../../alignstream/dom.js';
import { candidateRows, lines, probabilityText, VERSIONS } from './probability-model.js';
import { Panel, Player } from './panel.js';

/** Of the demo's report: its candidates, and the questions of its association table. */
const CHENGDU = ['熊猫基地', '大熊猫繁殖基地', '宽窄巷子', '火锅', '长城', '宽窄巷子历史文化街区', '锦里', '锦里古街', '武侯祠',
  '武侯祠博物馆'];
const PRESETS = [
  { prompt: '成都必去景点', separator: '：', candidates: CHENGDU },
  { prompt: '成都有啥必去的地方啊', separator: '\n', candidates: CHENGDU },
  { prompt: '请推荐成都必去景点（书面报告用）', separator: '\n', candidates: CHENGDU },
  { prompt: 'The capital of France is', separator: ' ', candidates: ['Paris', 'Lyon', 'Berlin', 'London'] },
];
const STAGE_MILLISECONDS = 1500;
const NAMES = { base: 'explorer.base', sft: 'explorer.sft', aligned: 'explorer.aligned' };

export class CandidatesPanel extends Panel {
  constructor(page) {
    super('candidates', page);
    this.answers = {};
    const preset = this.field('preset');
    PRESETS.forEach(({ prompt }, index) => preset.append(make('option', { value: index }, prompt)));
    preset.addEventListener('change', () => {
      this.fill(PRESETS[preset.value]);
      this.look();
    });
    this.player = new Player(this.find('.play'), this.field('stage'), STAGE_MILLISECONDS, () => this.move(),
      (code, values) => this.text(code, values));
    this.fill(PRESETS[0]);
  }

  /** It shows all of them. */
  get choosesVersion() {
    return false;
  }

  fill({ prompt, separator, candidates }) {
    this.field('prompt').value = prompt;
    this.field('separator').value = separator.replace('\n', '⏎');
    this.field('candidates').value = candidates.join('\n');
  }

  async look() {
    this.asking();
    this.player.stop();
    const { turn } = this;
    const answers = {};
    const question = {
      prompt: this.field('prompt').value,
      separator: this.field('separator').value.replace('⏎', '\n'),
      candidates: lines(this.field('candidates').value),
    };
    for (const version of VERSIONS.filter(one => this.page.has(one))) {
      const answer = await this.ask('candidates', question, version);
      if (turn !== this.turn) {
        return;
      }
      if (answer !== null) { // else it is said why, and the other models are shown
        answers[version] = answer.candidates;
      }
    }
    this.asked();
    this.answers = answers;
    this.show();
  }

  versionChanged() {
    // all versions are shown
  }

  show() {
    this.player.say();
    const versions = VERSIONS.filter(version => this.answers[version]);
    this.find('.picture').hidden = versions.length === 0;
    if (versions.length > 0) {
      this.field('stage').max = versions.length - 1;
      if (this.versions === undefined) {
        this.field('stage').value = versions.length - 1;
      }
      this.versions = versions;
      this.find('.key').replaceChildren(...versions.map(version =>
        make('li', { className: version }, this.text(NAMES[version]))));
      this.rows = candidateRows(this.answers);
      this.move();
      this.table();
    }
  }

  /** Shows the version that the dial points at; the others are marks on the same bars. */
  move() {
    const version = this.versions[this.field('stage').value] ?? this.versions.at(-1);
    const name = this.text(NAMES[version]);
    say(this.find('.stage'), name);
    this.field('stage').setAttribute('aria-valuetext', name);
    this.bars(this.find('.bars'), this.rows.map(({ candidate, figures }) => ({
      key: candidate,
      name: candidate,
      share: figures[version].share,
      label: `${this.share(figures[version].share)} (${probabilityText(figures[version].logProbability, this.page.messages)})`,
      kind: version,
      marks: this.versions.filter(other => other !== version)
        .map(other => ({ at: figures[other].share, kind: other })),
    })));
  }

  table() {
    this.find('thead tr').replaceChildren(make('th', { scope: 'col' }, this.text('explorer.candidate')),
      ...this.versions.map(version => make('th', { scope: 'col', className: 'number' }, this.text(NAMES[version]))));
    this.find('tbody').replaceChildren(...this.rows.map(({ candidate, figures }) => make('tr', {},
      make('th', { scope: 'row', dir: 'auto' }, candidate),
      ...this.versions.map(version => make('td', { className: 'number' },
        `${this.share(figures[version].share)} (${probabilityText(figures[version].logProbability, this.page.messages)})`)))));
  }
}
