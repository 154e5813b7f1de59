// The releases as a table, and what a person may decide. Pure: no document, no network.

const ACTIONS = { approved: 'releases.approve', rejected: 'releases.reject', 'rolled-back': 'releases.rollBack' };

/** What a decision on a release says before all else; the others stand with its checkpoint. */
const FIGURES = [/^winRate$/, /^heldOut\/kl$/, /^heldOut\/(accuracy|sftAccuracy)$/];

/** A release as a row of the table. */
export function releaseRow(release, messages) {
  return {
    key: release.key,
    candidate: release.reference.sha256.slice(0, 12),
    sha256: release.reference.sha256,
    run: messages.text('releases.run', { run: release.run }),
    verdict: release.verdict,
    verdictName: messages.name('verdict', release.verdict),
    why: messages.said(release.reason),
    by: release.decidedBy ?? messages.text('releases.gate'),
    figures: FIGURES.flatMap(wanted => Object.entries(release.figures).filter(([name]) => wanted.test(name)))
      .map(([name, value]) => `${messages.name('metric', name)} ${messages.figure(value)}`),
    actions: release.possible.map(verdict => ({ verdict, label: messages.text(ACTIONS[verdict]) })),
  };
}

/** The title of the dialog in which a person decides. */
export function decisionTitle(release, verdict, messages) {
  return messages.text('releases.title', {
    action: { code: ACTIONS[verdict] },
    model: release.model,
    candidate: release.reference.sha256.slice(0, 12),
  });
}

/** Where a decision on the release `key` is posted. */
export const decisionPath = key => `releases/${key.split('/').map(encodeURIComponent).join('/')}`;

/** Which pages there are beside `page`, counted from 0. */
export function otherPages(page, { total, pageSize }) {
  return { previous: page > 0, next: (page + 1) * pageSize < total };
}
