// A ranking on its way: who stands where, with which score and why. Pure: no document, no network.

/** The highest score that an answer can get; the lowest is 0. */
export const MAX_SCORE = 5;

/** The order of a question's answers. Equal places are ties; 1 is best. */
export class Ranking {
  /** The question as it comes: the answers in the order in which they were sampled. */
  constructor(question) {
    this.question = question;
    this.places = question.answers.map((_, index) => index + 1);
    this.notes = question.answers.map(() => ({ score: '', reason: '' }));
  }

  /** Answers from best to worst, as indices. */
  order() {
    return this.places.map((_, index) => index).sort((a, b) => this.places[a] - this.places[b] || a - b);
  }

  /** Puts an answer at a place, next to the answers that stand there. */
  place(index, place) {
    this.places[index] = Math.min(Math.max(place, 1), this.places.length);
  }

  /** Moves an answer to where another one stands; ties made before are dissolved. */
  move(index, to) {
    const order = this.order();
    order.splice(order.indexOf(index), 1);
    order.splice(to, 0, index);
    order.forEach((answer, place) => { this.places[answer] = place + 1; });
  }

  /** Moves an answer by some places, as far as there are any. */
  moveBy(index, places) {
    const to = this.order().indexOf(index) + places;
    this.move(index, Math.min(Math.max(to, 0), this.places.length - 1));
  }

  /** Whether some answers have a score and others none, which cannot be sent. */
  isHalfScored() {
    const scored = this.notes.filter(({ score }) => score !== '').length;
    return scored > 0 && scored < this.notes.length;
  }

  /** What is sent: groups of equal answers, best first. */
  judgement(annotator) {
    const groups = new Map();
    this.places.forEach((place, index) => groups.set(place, [...(groups.get(place) ?? []), index]));
    return {
      requestId: this.question.requestId,
      annotator,
      order: [...groups.keys()].sort((a, b) => a - b).map(place => groups.get(place)),
      scores: this.notes.every(({ score }) => score !== '') ? this.notes.map(({ score }) => Number(score)) : [],
      reasons: this.notes.some(({ reason }) => reason) ? this.notes.map(({ reason }) => reason) : [],
    };
  }
}
