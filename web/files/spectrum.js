// The spectrum of a place: a curve of now with its peaks, and what it was in the last minute.

const lowest = 20; // Hz
const bottom = -110; // dBFS
const hold = 0.4; // dB that a held peak falls with each spectrum
const levelMarks = [0, -20, -40, -60, -80, -100];
const pitchMarks = [[50, '50'], [100, '100'], [200, '200'], [500, '500'], [1000, '1k'], [2000, '2k'], [5000, '5k'], [10000, '10k'], [20000, '20k']];
const foot = 12; // px for numbers

/** columns takes the loudest bin of each column of a logarithmic axis; where bins are wider than columns it draws between them. */
function columns(levels, rate, width) {
  const out = new Float32Array(width);
  const top = rate / 2;
  const perBin = top / levels.length;
  const at = (x) => (lowest * (top / lowest) ** (x / width)) / perBin;
  for (let x = 0; x < width; x++) {
    const from = at(x), to = Math.min(levels.length - 1, at(x + 1));
    if (to - from < 1) {
      const k = Math.min(levels.length - 2, Math.floor(from));
      out[x] = levels[k] + (levels[k + 1] - levels[k]) * (from - k);
      continue;
    }
    let loudest = -200;
    for (let k = Math.floor(from); k <= to; k++) loudest = Math.max(loudest, levels[k]);
    out[x] = loudest;
  }
  return out;
}

const pitchAt = (hz, rate, width) => (width * Math.log(hz / lowest)) / Math.log(rate / 2 / lowest);

/** Curve draws the latest spectrum, and the peaks before it. */
export class Curve {
  #pen;
  #width = 0;
  #height = 0;
  #now = null;
  #peaks = null;
  #rate = 0;
  #fresh = true;

  constructor(paper) {
    this.paper = paper;
    this.#pen = paper.getContext('2d');
  }

  resize(width, height) {
    fit(this.paper, this.#pen, width, height);
    this.#width = Math.round(width);
    this.#height = Math.round(height);
    this.#now = this.#peaks = null;
    this.#fresh = true;
  }

  refresh() {
    this.#fresh = true;
  }

  /** hear takes levels of bins; null: nothing is heard. */
  hear(levels, rate) {
    this.#fresh = true;
    this.#rate = rate;
    if (!levels || this.#width < 20) {
      this.#now = this.#peaks = null;
      return;
    }
    this.#now = columns(levels, rate, this.#width);
    if (!this.#peaks) this.#peaks = this.#now.slice();
    for (let x = 0; x < this.#width; x++) this.#peaks[x] = Math.max(this.#now[x], this.#peaks[x] - hold);
  }

  draw(now, elapsed, look) {
    if (!this.#fresh || this.#width < 20) return;
    this.#fresh = false;
    const pen = this.#pen;
    pen.clearRect(0, 0, this.#width, this.#height);
    this.#drawGrid(look);
    if (!this.#now) return;
    this.#trace(this.#peaks);
    pen.strokeStyle = look.muted;
    pen.stroke();
    this.#trace(this.#now);
    pen.strokeStyle = look.accent;
    pen.stroke();
  }

  #y(level) {
    return ((this.#height - foot) * Math.min(level, 0)) / bottom;
  }

  #trace(levels) {
    const pen = this.#pen;
    pen.lineWidth = 1;
    pen.beginPath();
    for (let x = 0; x < levels.length; x++) pen.lineTo(x + 0.5, Math.min(this.#height - foot, this.#y(levels[x])) + 0.5);
  }

  #drawGrid(look) {
    const pen = this.#pen;
    pen.font = `9px ${look.font}`;
    pen.fillStyle = look.line;
    for (const level of levelMarks) pen.fillRect(0, Math.round(this.#y(level)), this.#width, 1);
    const rate = this.#rate || 48000;
    const shown = pitchMarks.filter(([hz]) => hz < rate / 2);
    for (const [hz] of shown) pen.fillRect(Math.round(pitchAt(hz, rate, this.#width)), 0, 1, this.#height - foot);
    pen.fillStyle = look.muted;
    pen.textBaseline = 'bottom';
    pen.textAlign = 'center';
    for (const [hz, text] of shown) {
      const x = pitchAt(hz, rate, this.#width);
      if (x < this.#width - 8) pen.fillText(text, x, this.#height);
    }
    pen.textBaseline = 'top';
    pen.textAlign = 'left';
    for (const level of levelMarks.slice(1)) pen.fillText('\u2212' + -level, 2, this.#y(level) + 2);
  }
}

/** Waterfall draws spectra side by side, newest at the right. Who wants less motion gets a sweep in place of a scroll. */
export class Waterfall {
  #pen;
  #width = 0;
  #height = 0;
  #column = null;
  #at = 0;
  #colours = [];
  #dark = null;
  #still = matchMedia('(prefers-reduced-motion: reduce)');

  constructor(paper) {
    this.paper = paper;
    this.#pen = paper.getContext('2d', {willReadFrequently: true});
  }

  // One pixel a bin of time: a sharp screen gains nothing here.
  resize(width, height) {
    this.#width = this.paper.width = Math.max(1, Math.round(width));
    this.#height = this.paper.height = Math.max(1, Math.round(height));
    this.#column = this.#pen.createImageData(1, this.#height);
    this.#at = 0;
  }

  hear(levels, rate) {
    if (!levels || !this.#column || !this.#colours.length) return;
    const rows = columns(levels, rate, this.#height);
    const pixels = this.#column.data;
    for (let y = 0; y < this.#height; y++) {
      const level = rows[this.#height - 1 - y];
      const colour = this.#colours[Math.max(0, Math.min(255, Math.round(255 * (1 - level / bottom))))];
      pixels.set(colour, 4 * y);
    }
    const pen = this.#pen;
    if (this.#still.matches) {
      pen.putImageData(this.#column, this.#at, 0);
      this.#at = (this.#at + 1) % this.#width;
      pen.clearRect(this.#at, 0, 3, this.#height);
      return;
    }
    pen.globalCompositeOperation = 'copy';
    pen.drawImage(this.paper, -1, 0);
    pen.globalCompositeOperation = 'source-over';
    pen.putImageData(this.#column, this.#width - 1, 0);
  }

  draw(now, elapsed, look) {
    if (this.#dark === look.dark) return;
    this.#dark = look.dark;
    this.#colours = ramp(look.dark ? [[21, 25, 29], [24, 62, 74], [38, 128, 124], [140, 196, 140], [246, 238, 190]] : [[255, 255, 255], [190, 214, 216], [84, 150, 160], [24, 86, 108], [12, 30, 50]]);
    if (this.#column) this.resize(this.#width, this.#height);
  }
}

/** ramp makes 256 colours of equal steps between stops. */
function ramp(stops) {
  return Array.from({length: 256}, (_, i) => {
    const at = (i / 255) * (stops.length - 1);
    const k = Math.min(stops.length - 2, Math.floor(at));
    return [...stops[k].map((c, j) => Math.round(c + (stops[k + 1][j] - c) * (at - k))), 255];
  });
}

function fit(paper, pen, width, height) {
  const ratio = devicePixelRatio || 1;
  paper.width = Math.round(width * ratio);
  paper.height = Math.round(height * ratio);
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
}
