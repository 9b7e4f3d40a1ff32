export class Backoff {
base;
cap;
#attempts = 0;
constructor(base = 1000, cap = 30_000) {
this.base = base;
this.cap = cap;
}
next() {
const ceiling = Math.min(this.cap, this.base * 2 ** this.#attempts++);
return ceiling * (0.5 + Math.random() / 2);
}
reset() {
this.#attempts = 0;
}
}
export class Pacer {
perSecond;
burst;
#tokens;
#filledAt = Date.now();
#queue = [];
#timer;
constructor(perSecond = 15, burst = 30) {
this.perSecond = perSecond;
this.burst = burst;
this.#tokens = burst;
}
run(job) {
this.#queue.push(job);
this.#drain();
}
clear() {
this.#queue = [];
clearTimeout(this.#timer);
this.#timer = undefined;
}
#drain() {
const now = Date.now();
this.#tokens = Math.min(this.burst, this.#tokens + ((now - this.#filledAt) / 1000) * this.perSecond);
this.#filledAt = now;
while (this.#tokens >= 1) {
const job = this.#queue.shift();
if (!job)
return;
this.#tokens -= 1;
job();
}
this.#timer ??= setTimeout(() => {
this.#timer = undefined;
this.#drain();
}, 1000 / this.perSecond);
}
}
