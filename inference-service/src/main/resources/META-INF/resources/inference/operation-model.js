// How the service does, as those who run it look at it. Pure: no document, no network.

const TIMES = {
  waiting: 'operation.times.waiting', firstToken: 'operation.times.firstToken', betweenTokens: 'operation.times.betweenTokens',
};
const ROLES = { stable: 'operation.role.stable', trial: 'operation.role.trial', older: 'operation.role.older' };

/** A duration as people read it at a glance; the distributions know no more than two digits. */
export function seconds(exact, messages) {
  const value = Number(exact.toPrecision(2));
  return value < 1 ? messages.text('operation.ms', { ms: messages.figure(value * 1000) }) : messages.text('operation.s', { s: messages.figure(value) });
}

/** The distributions as pictures: `{name, summary, bars, from, to}`, each bar's height a share of the highest. */
export function histograms(times, messages) {
  return Object.keys(TIMES).map(id => {
    const { count, p50, p99, bins } = times[id];
    const highest = Math.max(1, ...bins.map(bin => bin.count));
    return {
      id,
      name: messages.text(TIMES[id]),
      summary: count === 0
        ? messages.text('operation.times.none')
        : messages.text('operation.times.summary', { p50: seconds(p50, messages), p99: seconds(p99, messages), count }),
      bars: bins.map(bin => ({
        height: bin.count / highest,
        label: messages.text('operation.times.bar', { seconds: seconds(bin.seconds, messages), count: bin.count }),
        mark: bin.seconds === p50 ? 'p50' : bin.seconds === p99 ? 'p99' : '',
      })),
      from: bins.length === 0 ? '' : seconds(bins[0].seconds, messages),
      to: bins.length === 0 ? '' : seconds(bins.at(-1).seconds, messages),
    };
  });
}

/** So many bytes. */
const size = (bytes, messages) => (bytes < 2 ** 30
  ? messages.text('operation.mib', { mib: Number((bytes / 2 ** 20).toPrecision(3)) })
  : messages.text('operation.gib', { gib: Number((bytes / 2 ** 30).toPrecision(3)) }));

/** What is how full: `{name, value, share}`; the share is null where there is no bound. */
export function fullness({ queue, memory }, messages) {
  const of = (value, most) => messages.text('operation.of', { value, most });
  return [
    { name: messages.text('operation.waiting'), value: of(queue.waiting, queue.mostWaiting), share: queue.waiting / queue.mostWaiting },
    { name: messages.text('operation.writing'), value: of(queue.writing, queue.mostWriting), share: queue.writing / queue.mostWriting },
    {
      name: messages.text('operation.models'),
      value: messages.text('operation.ofText', { value: size(memory.models, messages), most: size(memory.available, messages) }),
      share: Math.min(1, memory.models / memory.available),
    },
  ];
}

const TELLING = ['winRate', 'heldOut/accuracy', 'heldOut/sftAccuracy', 'heldOut/kl', 'heldOut/int8Loss'];

/** An approved release as a row of the table. */
export function versionRow(version, messages) {
  return {
    run: version.run,
    sha256: version.sha256,
    role: version.role,
    roleName: messages.text(ROLES[version.role]),
    memory: version.loadedAt === null
      ? [messages.text('operation.notLoaded')]
      : [
        size(version.bytes, messages),
        messages.text('operation.cache', { share: messages.share(version.cache) }),
        messages.text('operation.since', { when: messages.time(version.loadedAt) }),
      ],
    figures: TELLING.filter(name => version.figures[name] !== undefined)
      .map(name => `${messages.name('metric', name)} ${messages.figure(version.figures[name])}`),
    canRollBack: version.next !== null,
    then: version.next === null ? '' : version.next === ''
      ? messages.text('operation.thenNothing')
      : messages.text('operation.then', { next: version.next.slice(0, 12) }),
  };
}
