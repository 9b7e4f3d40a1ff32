// A value, or a collection, that tells when it changed.

export class Topic {
  #listeners = new Set();

  subscribe(fn) {
    this.#listeners.add(fn);
    return () => this.#listeners.delete(fn);
  }

  tell(...details) {
    for (const fn of [...this.#listeners]) fn(...details);
  }
}

export class Value extends Topic {
  #value;

  constructor(value) {
    super();
    this.#value = value;
  }

  get() {
    return this.#value;
  }

  set(value) {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    this.tell(value);
  }

  /** Calls `fn` now and on every change. */
  follow(fn) {
    fn(this.#value);
    return this.subscribe(fn);
  }
}
