// What a model in training has written, as lines of time. Pure: no document, no network.

/**
 * For each prompt what followed it from step to step, run by run: `{prompt, lines}`, a line `{run, step, text, cut, same}`;
 * `same` if the line before it, of the same run, says the same.
 */
export function timelines(runs) {
  const prompts = new Map();
  for (const { run, samples } of runs) {
    for (const { step, texts } of samples ?? []) {
      for (const { prompt, continuation, cut } of texts) {
        const lines = prompts.get(prompt) ?? [];
        const before = lines.at(-1);
        const same = before !== undefined && before.run === run && before.text === continuation;
        prompts.set(prompt, [...lines, { run, step, text: continuation, cut, same }]);
      }
    }
  }
  return [...prompts].map(([prompt, lines]) => ({ prompt, lines }));
}
