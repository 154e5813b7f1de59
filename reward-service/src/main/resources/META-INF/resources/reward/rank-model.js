// A ranking on its way: who stands where, with which score and why. Pure: no document, no network.

/** The highest score that an answer can get; the lowest is 0. */
export const MAX_SCORE = 5;

/** Answers longer than this, in characters, are read side by side. */
const LONG = 200;

/** How often, in the time for which a question is kept, the server hears that it is looked at. */
const SIGNS_OF_LIFE = 3;

/** The order of a question's answers. Equal places are ties; 1 is best. */
export class Ranking {
  /** The question as it comes: the different answers, each with the indexes of all that are equal. */
  constructor(question) {
    this.question = question;
    const { draft } = question;
    this.places = draft?.places ?? question.answers.map((_, index) => index + 1);
    this.notes = question.answers.map((_, index) =>
      ({ score: draft?.scores[index] ?? '', reason: draft?.reasons[index] ?? '' }));
    /** Whether the person has decided on this order: only then it is a judgement. */
    this.isDecided = false;
    this.isCorrection = false;
    this.past = [];
    /** When the server last heard of it, in milliseconds. */
    this.keptAt = 0;
  }

  /** Whether the person has ordered, scored or explained something. */
  isBegun() {
    return this.places.some((place, index) => place !== index + 1)
      || this.notes.some(({ score, reason }) => score !== '' || reason !== '');
  }

  /** Whether the server has to hear at `now` that somebody still looks at it, in time before it goes to others. */
  isToBeKept(now) {
    return !this.isCorrection && now - this.keptAt >= this.question.leaseSeconds * 1000 / SIGNS_OF_LIFE;
  }

  /** Answers from best to worst, by their position in the question. */
  order() {
    return this.places.map((_, index) => index).sort((a, b) => this.places[a] - this.places[b] || a - b);
  }

  /** Puts an answer at a place, next to the answers that stand there. */
  place(index, place) {
    this.decide(this.places.map((old, answer) =>
      (answer === index ? Math.min(Math.max(place, 1), this.places.length) : old)));
  }

  /** Moves an answer to where another one stands; ties made before are dissolved. One that stays is not moved. */
  move(index, to) {
    const order = this.order();
    const from = order.indexOf(index);
    if (from === to) {
      return;
    }
    order.splice(from, 1);
    order.splice(to, 0, index);
    this.decide(this.places.map((_, answer) => order.indexOf(answer) + 1));
  }

  /** Moves an answer by some places, as far as there are any. */
  moveBy(index, places) {
    const to = this.order().indexOf(index) + places;
    this.move(index, Math.min(Math.max(to, 0), this.places.length - 1));
  }

  /** Ties all answers. */
  allEqual() {
    this.decide(this.places.map(() => 1));
  }

  /** Says that the order is right as it stands. */
  confirm() {
    this.decide(this.places);
  }

  decide(places) {
    this.past.push({ places: this.places, isDecided: this.isDecided });
    this.places = places;
    this.isDecided = true;
  }

  /** Takes the last act back; whether there was one. */
  undo() {
    const before = this.past.pop();
    Object.assign(this, before);
    return before !== undefined;
  }

  /** Begins to correct a ranking that was sent: as it was, and not decided anew. */
  correct() {
    this.isCorrection = true;
    this.isDecided = false;
    this.past = [];
  }

  /** Whether some answers have a score and others none, which cannot be sent. */
  isHalfScored() {
    const scored = this.notes.filter(({ score }) => score !== '').length;
    return scored > 0 && scored < this.notes.length;
  }

  /** Whether an answer has a lower score than one behind it, or another one than one beside it. */
  isContradictory() {
    return this.places.some((place, index) => this.places.some((other, than) => {
      const [score, against] = [this.notes[index].score, this.notes[than].score];
      return score !== '' && against !== ''
        && (place < other ? Number(score) < Number(against) : place === other && score !== against);
    }));
  }

  /** Whether the answers are better read side by side than one below the other. */
  isLong() {
    return this.question.answers.some(({ text }) => text.length > LONG);
  }

  /** What is kept of it until it is sent. */
  draft(annotator) {
    return {
      requestId: this.question.requestId,
      annotator,
      places: this.places,
      scores: this.notes.map(({ score }) => String(score)),
      reasons: this.notes.map(({ reason }) => reason),
    };
  }

  /** What is sent: groups of equal answers, best first; equal answers are tied and share score and reason. */
  judgement(annotator) {
    const groups = new Map();
    this.places.forEach((place, index) => groups.set(place,
      [...(groups.get(place) ?? []), ...this.question.answers[index].indexes]));
    return {
      requestId: this.question.requestId,
      annotator,
      order: [...groups.keys()].sort((a, b) => a - b).map(place => groups.get(place)),
      scores: this.notes.every(({ score }) => score !== '') ? this.spread(({ score }) => Number(score)) : [],
      reasons: this.notes.some(({ reason }) => reason) ? this.spread(({ reason }) => reason) : [],
      guideline: this.question.guideline,
      correction: this.isCorrection,
    };
  }

  /** A value of each note, for all answers of the request in their order there. */
  spread(value) {
    const spread = [];
    this.question.answers.forEach(({ indexes }, answer) => indexes.forEach(index => {
      spread[index] = value(this.notes[answer]);
    }));
    return spread;
  }
}

const KEYS = { '=': 'allEqual', c: 'confirm', u: 'undo', x: 'pass', b: 'back', d: 'differences', '?': 'keys' };
const ARROWS = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 };

/**
 * What a key asks for: the name of an act, `{place}` or `{moveBy}` of the answer that has the focus, or null. A key that is
 * held down or ends the composition of a character asks for nothing. In a field (`isField`) only Enter does.
 */
export function keyAct({ key, repeat, isComposing, ctrlKey, metaKey, altKey }, isField) {
  if (isComposing || altKey) {
    return null;
  }
  if (ctrlKey || metaKey) {
    return key === 'z' && !isField ? 'undo' : null;
  }
  if (!isField && key in ARROWS) {
    return { moveBy: ARROWS[key] };
  }
  if (repeat) {
    return null;
  }
  if (key === 'Enter') {
    return 'send';
  }
  if (isField) {
    return null;
  }
  return /^[1-9]$/.test(key) ? { place: Number(key) } : KEYS[key.toLowerCase()] ?? null;
}

/** The causes of not judging a request, as events name them. */
export const CAUSES = ['language', 'knowledge', 'unclear', 'harmful', 'other'];

/** What is said about the way to the next training, as a reason; `remaining` requests wait for the annotator. */
export function outlook({ there, needed }, remaining) {
  if (there >= needed) {
    return { code: 'rank.enough', arguments: { there, needed } };
  }
  return {
    code: remaining >= needed - there ? 'rank.alone' : 'rank.tooFew',
    arguments: { there, needed, requests: remaining },
  };
}
