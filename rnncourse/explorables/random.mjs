// Random numbers that are the same for the same seed, and draws made with them.

// A linear congruential generator: the same numbers in [0, 1) for the same seed.
export function generator(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  next(), next(); // not used: seeds close together start with numbers close together
  return next;
}

// The same seed gives the same random numbers whatever the probabilities: only the choice changes.
export function draw(probabilities, count, seed) {
  const random = generator(seed), last = probabilities.findLastIndex((p) => p > 0);
  return Array.from({ length: count }, () => {
    let left = random();
    const chosen = probabilities.findIndex((p) => (left -= p) < 0);
    return chosen < 0 ? last : chosen;
  });
}
