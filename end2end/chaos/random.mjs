// Chance that can be had again: the same seed and name, the same draws.

/** A stream of draws of its own for each `name`, so that one more draw here moves nothing there. */
export class Random {
  #state;

  constructor(seed, name) {
    const mixed = (hash, letter) => Math.imul(hash ^ letter.codePointAt(0), 16_777_619);
    this.#state = [...name].reduce(mixed, seed ^ 2_166_136_261);
  }

  /** At least 0, below 1 (mulberry32). */
  fraction() {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let bits = this.#state;
    bits = Math.imul(bits ^ (bits >>> 15), bits | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from `least` to `most`. */
  between(least, most) {
    return least + Math.floor(this.fraction() * (most - least + 1));
  }

  pick(items) {
    return items[this.between(0, items.length - 1)];
  }

  /** The same items in another order. */
  shuffled(items) {
    const mixed = [...items];
    for (let last = mixed.length - 1; last > 0; last -= 1) {
      const other = this.between(0, last);
      [mixed[last], mixed[other]] = [mixed[other], mixed[last]];
    }
    return mixed;
  }
}
