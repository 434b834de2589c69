// A meter: bars on a canvas for eyes, role=meter for ears.
import {h, setAttr, setText} from './dom.js';
import {Needle} from './ballistics.js';
import {critical, deflection, high, marks} from './scale.js';
import {dB, hundredths} from './units.js';

const spokenEvery = 1000; // ms between two values for a screen reader
const scaleRoom = 11; // px below the bars

/** Meter draws one place. look() changes when the theme does. */
export class Meter {
  top = -Infinity; // the highest peak since reset
  clipped = 0;
  #needles = [];
  #known = false; // something can be heard
  #fresh = true; // all is to be drawn again
  #spoken = 0;
  #width = 0;
  #height = 0;
  #paper;
  #pen;
  #readout;

  constructor(name, readout) {
    this.#paper = h('canvas', {'aria-hidden': 'true'});
    this.#pen = this.#paper.getContext('2d');
    this.#readout = readout;
    this.at = h('div', {class: 'meter', role: 'meter', 'aria-label': `Level of ${name}`, 'aria-valuemin': -90, 'aria-valuemax': 0,
      'aria-valuenow': -90, 'aria-valuetext': 'nothing is heard'}, this.#paper);
  }

  /** hear takes an api.LiveMeter, or null. */
  hear(reading, now) {
    if (!reading) {
      if (this.#known) this.#fresh = true;
      this.#known = false;
      this.#needles = [];
      return;
    }
    if (reading.p.length !== this.#needles.length || !this.#known) {
      this.#needles = reading.p.map(() => new Needle());
      this.#fresh = true;
    }
    this.#known = true;
    reading.p.forEach((p, i) => {
      const peak = hundredths(p);
      this.#needles[i].hear(peak, hundredths(reading.r[i]), now);
      this.top = Math.max(this.top, peak);
    });
    this.clipped += reading.n ?? 0;
  }

  reset() {
    this.top = -Infinity;
    this.clipped = 0;
    this.#spoken = 0;
  }

  /** resize takes the size in CSS pixels. */
  resize(width, height) {
    const ratio = devicePixelRatio || 1;
    this.#width = Math.round(width);
    this.#height = Math.round(height);
    this.#paper.width = Math.round(width * ratio);
    this.#paper.height = Math.round(height * ratio);
    this.#pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.#fresh = true;
  }

  refresh() {
    this.#fresh = true;
  }

  /** draw is called for each frame of the screen. */
  draw(now, elapsed, look) {
    let moved = this.#fresh;
    for (const n of this.#needles) moved = n.move(now, elapsed) || moved;
    if (now - this.#spoken > spokenEvery) {
      this.#spoken = now;
      this.#speak();
    }
    if (!moved || this.#width < 20) return;
    if (this.#fresh) this.#drawScale(look);
    this.#fresh = false;
    this.#drawBars(look);
  }

  #drawScale(look) {
    const pen = this.#pen;
    pen.clearRect(0, 0, this.#width, this.#height);
    pen.font = `9px ${look.font}`;
    pen.textBaseline = 'bottom';
    pen.fillStyle = look.muted;
    for (const mark of marks) {
      const x = deflection(mark) * (this.#width - 1);
      const text = String(-mark);
      pen.textAlign = mark === 0 ? 'right' : 'center';
      pen.fillText(text, mark === 0 ? this.#width : Math.max(x, 5), this.#height);
    }
  }

  #drawBars(look) {
    const pen = this.#pen;
    const n = Math.max(1, this.#needles.length);
    const room = this.#height - scaleRoom - 2;
    const gap = n > 4 ? 1 : 2;
    const thick = Math.max(1, (room - gap * (n - 1)) / n);
    pen.clearRect(0, 0, this.#width, room + 1);
    for (let i = 0; i < n; i++) this.#drawBar(look, i * (thick + gap), thick, this.#needles[i]);
    pen.fillStyle = look.tick;
    for (const mark of marks) pen.fillRect(Math.min(this.#width - 1, Math.round(deflection(mark) * (this.#width - 1))), 0, 1, room);
  }

  #drawBar(look, y, thick, needle) {
    const pen = this.#pen;
    const width = this.#width;
    pen.fillStyle = look.track;
    pen.fillRect(0, y, width, thick);
    if (!needle) return;
    const zones = [[-90, high, look.low, look.lowPeak], [high, critical, look.high, look.highPeak], [critical, 3, look.over, look.overPeak]];
    const peak = deflection(needle.peak) * width;
    const rms = deflection(needle.rms) * width;
    for (const [from, to, solid, faint] of zones) {
      const left = deflection(from) * width;
      const right = to > 0 ? width : deflection(to) * width;
      if (peak > left) {
        pen.fillStyle = faint;
        pen.fillRect(left, y, Math.min(peak, right) - left, thick);
      }
      if (rms > left) {
        pen.fillStyle = solid;
        pen.fillRect(left, y, Math.min(rms, right) - left, thick);
      }
    }
    if (needle.held > -70) {
      pen.fillStyle = needle.held > critical ? look.over : look.text;
      pen.fillRect(Math.min(width - 2, deflection(needle.held) * width - 1), y, 2, thick);
    }
  }

  // Slowly, as a screen reader would otherwise never end.
  #speak() {
    const loudest = this.#known ? Math.max(-90, ...this.#needles.map((n) => n.held)) : -90;
    const text = this.#known ? `peak ${loudest > -90 ? loudest.toFixed(1) : 'silence'} dBFS` : 'nothing is heard';
    setAttr(this.at, 'aria-valuenow', Math.min(0, loudest).toFixed(1));
    setAttr(this.at, 'aria-valuetext', text);
    if (!this.#readout) return;
    setText(this.#readout, this.clipped ? `CLIP ${dB(this.top)}` : this.#known ? dB(this.top) : '\u2013');
    this.#readout.classList.toggle('over', this.clipped > 0);
  }
}
