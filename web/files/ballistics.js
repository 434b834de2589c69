// How meters move between two messages of the daemon.

const fall = 24; // dB a second, about that of a peak programme meter
const holdTime = 1500; // ms
const floor = -90;

/** Needle is one channel of a meter: it rises at once, falls slowly, and holds its peak. */
export class Needle {
  peak = floor;
  rms = floor;
  held = floor;
  #target = floor;
  #rmsTarget = floor;
  #heldSince = 0;

  /** hear takes a reading, in dBFS; silence is −Infinity. */
  hear(peak, rms, now) {
    this.#target = Math.max(floor, peak);
    this.#rmsTarget = Math.max(floor, rms);
    if (this.#target >= this.held) {
      this.held = this.#target;
      this.#heldSince = now;
    }
  }

  /** move lets time pass, and reports whether anything is to be drawn again. */
  move(now, elapsed) {
    const {peak, rms, held} = this;
    const down = (fall * elapsed) / 1000;
    this.peak = Math.max(this.#target, this.peak - down);
    // The RMS bar rises without a jump, two thirds of its way in 50 ms; a message without sound between two others is no dip.
    const rise = (this.#rmsTarget - this.rms) * (1 - Math.exp(-elapsed / 45));
    this.rms += Math.max(rise, -2.5 * down);
    if (Math.abs(this.rms - this.#rmsTarget) < 0.02) this.rms = this.#rmsTarget;
    if (now - this.#heldSince > holdTime) this.held = Math.max(this.peak, this.held - down);
    return Math.abs(peak - this.peak) > 0.01 || Math.abs(rms - this.rms) > 0.01 || held !== this.held;
  }
}
