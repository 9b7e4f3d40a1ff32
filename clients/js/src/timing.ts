/** Waiting and pacing. Times are in milliseconds. */

/** Exponential backoff with jitter: a random time in the upper half of 1 s, 2 s, 4 s … 30 s. */
export class Backoff {
  #attempts = 0;

  constructor(
    readonly base = 1000,
    readonly cap = 30_000,
  ) {}

  next(): number {
    const ceiling = Math.min(this.cap, this.base * 2 ** this.#attempts++);
    return ceiling * (0.5 + Math.random() / 2);
  }

  reset(): void {
    this.#attempts = 0;
  }
}

/** Lets `burst` calls through at once and `perSecond` from then on, in order. Stays under the server's own limit. */
export class Pacer {
  #tokens: number;
  #filledAt = Date.now();
  #queue: (() => void)[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly perSecond = 15,
    readonly burst = 30,
  ) {
    this.#tokens = burst;
  }

  run(job: () => void): void {
    this.#queue.push(job);
    this.#drain();
  }

  clear(): void {
    this.#queue = [];
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #drain(): void {
    const now = Date.now();
    this.#tokens = Math.min(this.burst, this.#tokens + ((now - this.#filledAt) / 1000) * this.perSecond);
    this.#filledAt = now;
    while (this.#tokens >= 1) {
      const job = this.#queue.shift();
      if (!job) return;
      this.#tokens -= 1;
      job();
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#drain();
    }, 1000 / this.perSecond);
  }
}
