// What the tests of the pages' models need of node:assert/strict.
function fail(actual, expected) {
  throw new Error(`expected ${JSON.stringify(expected)} but was ${JSON.stringify(actual)}`);
}

function same(one, other) {
  if (Object.is(one, other)) {
    return true;
  }
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) {
    return false;
  }
  const keys = Object.keys(one);
  return Object.getPrototypeOf(one) === Object.getPrototypeOf(other)
    && keys.length === Object.keys(other).length
    && keys.every(key => Object.hasOwn(other, key) && same(one[key], other[key]));
}

export default {
  equal(actual, expected) {
    if (!Object.is(actual, expected)) {
      fail(actual, expected);
    }
  },

  deepEqual(actual, expected) {
    if (!same(actual, expected)) {
      fail(actual, expected);
    }
  },
};
