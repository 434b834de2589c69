// What the browser's audio thread plays: frames of a place, from a ring, at the place's own level.
//
// Two clocks meet here, the daemon's and that of the listener's sound card. The ring's fill says which is faster, and a
// resampler follows: a windowed sinc whose ratio moves by less than half a per cent. Nothing is dropped or doubled but where
// the ring runs empty or over.

const wanted = 0.06; // s in the ring at first
const more = 0.02; // s that each late block adds to it,
const mostWanted = 0.16; // s, up to here
const mostFill = 0.2; // s; above it, frames are dropped down to what is wanted
const proportional = 0.05; // of the ratio for a second of fill too much: a time constant of 20 s
const integral = 0.000625; // a quarter of its square: no overshoot
const bend = 0.005; // the most that the ratio moves
const phases = 256;
const reportEvery = 0.5; // s

/** kernel is a table of a sinc in a Kaiser window, whose edge is below half of the slower rate. */
function kernel(ratio) {
  const half = Math.ceil(16 * Math.max(1, ratio));
  const edge = 0.94 / Math.max(1, ratio);
  const bessel = (x) => {
    let sum = 1;
    for (let k = 1, term = 1; k < 24; k++) sum += term *= (x / 2 / k) ** 2;
    return sum;
  };
  const table = [];
  for (let p = 0; p <= phases; p++) {
    const row = Float32Array.from({length: 2 * half}, (_, i) => {
      const x = i - half + 1 - p / phases;
      const inside = 1 - (x / half) ** 2;
      const sinc = x === 0 ? edge : Math.sin(Math.PI * edge * x) / (Math.PI * x);
      return inside > 0 ? (sinc * bessel(8 * Math.sqrt(inside))) / bessel(8) : 0;
    });
    const sum = row.reduce((a, b) => a + b); // a constant stays what it is
    table.push(row.map((x) => x / sum));
  }
  return {half, table};
}

class Player extends AudioWorkletProcessor {
  constructor() {
    super();
    this.begin({rate: 0});
    this.late = this.dropped = this.played = 0;
    this.tap = null;
    this.port.onmessage = ({data: m}) => {
      if (m.frames) m.frames.onmessage = ({data}) => (data instanceof Int16Array ? this.hear(data) : this.begin(data));
      if (m.tap) this.tap = {out: new Float32Array(2 * m.tap), at: 0};
      if (m.end) this.ended = true;
    };
  }

  begin({rate}) {
    this.rate = rate;
    this.room = Math.max(8192, 2 ** Math.ceil(Math.log2(rate)));
    this.left = new Float32Array(this.room);
    this.right = new Float32Array(this.room);
    this.written = 0;
    this.position = 0; // of the next frame that is played, with its fraction
    this.running = false;
    this.target = wanted;
    this.sum = 0;
    this.ppm = 0;
    this.reported = 0;
    if (rate) this.kernel = kernel(rate / sampleRate);
  }

  hear(frames) {
    for (let i = 0; i + 1 < frames.length; i += 2) {
      const at = this.written++ % this.room;
      this.left[at] = frames[i] / 32768;
      this.right[at] = frames[i + 1] / 32768;
    }
    if (this.fill() > mostFill) {
      this.dropped += Math.round((this.fill() - this.target) * this.rate);
      this.position = this.written - this.target * this.rate;
    }
  }

  /** fill is how much is in the ring, in seconds. */
  fill() {
    return this.rate ? (this.written - this.position) / this.rate : 0;
  }

  process(_, [[left, right]]) {
    if (this.rate) this.play(left, right ?? left);
    if (this.tap) this.record(left, right ?? left);
    if (currentTime - this.reported > reportEvery) this.report();
    return !this.ended;
  }

  play(left, right) {
    const n = left.length;
    const base = this.rate / sampleRate;
    if (!this.running) {
      if (this.fill() < this.target) return;
      this.running = true;
      this.position = Math.max(this.position, this.written - this.target * this.rate);
    }
    const excess = this.fill() - this.target;
    this.sum += (excess * n) / sampleRate;
    const bent = Math.max(-bend, Math.min(bend, proportional * excess + integral * this.sum));
    this.ppm += (bent * 1e6 - this.ppm) * 0.002;
    const ratio = base * (1 + bent);
    if (this.position + n * ratio + this.kernel.half >= this.written) {
      this.running = false;
      this.late++;
      this.target = Math.min(mostWanted, this.target + more);
      return;
    }
    for (let i = 0; i < n; i++, this.position += ratio) this.frame(left, right, i);
    this.played += n;
  }

  frame(left, right, i) {
    const {half, table} = this.kernel;
    const whole = Math.floor(this.position);
    const phase = (this.position - whole) * phases;
    const row = Math.floor(phase), part = phase - row;
    const near = table[row], next = table[row + 1];
    let l = 0, r = 0;
    for (let k = 0, at = whole - half + 1 + this.room; k < 2 * half; k++, at++) {
      const weight = near[k] + part * (next[k] - near[k]);
      l += weight * this.left[at % this.room];
      r += weight * this.right[at % this.room];
    }
    left[i] = l;
    right[i] = r;
  }

  // What a test, or who doubts, wants to see: frames as the sound card gets them.
  record(left, right) {
    const {tap} = this;
    if (!this.running && tap.at === 0) return;
    for (let i = 0; i < left.length && tap.at < tap.out.length; i++) {
      tap.out[tap.at++] = left[i];
      tap.out[tap.at++] = right[i];
    }
    if (tap.at < tap.out.length) return;
    this.tap = null;
    this.port.postMessage({tapped: tap.out, rate: sampleRate}, [tap.out.buffer]);
  }

  report() {
    this.reported = currentTime;
    this.port.postMessage({
      running: this.running, rate: this.rate, fill: this.fill(), target: this.target, ppm: this.ppm, late: this.late, dropped: this.dropped, played: this.played,
    });
  }
}

registerProcessor('player', Player);
