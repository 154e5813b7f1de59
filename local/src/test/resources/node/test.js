// What the tests of the pages' models need of node:test: they are collected for the caller, who runs them.
export const test = (name, body) => globalThis.collectedTests.push({ name, body });
