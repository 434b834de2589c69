// A fast Fourier transform of real frames.

/** Spectrum measures blocks of size frames, a power of two, with a Hann window. */
export class Spectrum {
  #window;
  #re;
  #im;
  #cos;
  #sin;

  constructor(size) {
    this.size = size;
    this.#window = Float32Array.from({length: size}, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / size));
    this.#re = new Float32Array(size);
    this.#im = new Float32Array(size);
    this.#cos = Float32Array.from({length: size / 2}, (_, i) => Math.cos((2 * Math.PI * i) / size));
    this.#sin = Float32Array.from({length: size / 2}, (_, i) => -Math.sin((2 * Math.PI * i) / size));
  }

  /**
   * levels writes size/2 levels in dBFS: a sine of full scale in the middle of bin k has 0 in out[k], one between two bins up
   * to 1.4 dB less. at(i) is sample i; the two halves of a complex block carry two channels at once, and each bin is that of
   * the louder one.
   */
  levels(left, right, out) {
    const {size} = this;
    const re = this.#re;
    const im = this.#im;
    for (let i = 0; i < size; i++) {
      re[i] = left(i) * this.#window[i];
      im[i] = right(i) * this.#window[i];
    }
    this.#transform();
    const unity = 16 / (size * size); // the window's mean is a half, and half of a sine is at −k
    for (let k = 0; k < size / 2; k++) {
      const m = (size - k) % size;
      const a = (re[k] + re[m]) / 2, b = (im[k] - im[m]) / 2;
      const c = (im[k] + im[m]) / 2, d = (re[m] - re[k]) / 2;
      out[k] = 10 * Math.log10(Math.max(1e-16, unity * Math.max(a * a + b * b, c * c + d * d)));
    }
  }

  #transform() {
    const {size} = this;
    const re = this.#re;
    const im = this.#im;
    for (let i = 1, j = 0; i < size; i++) { // bits in reverse
      let bit = size >> 1;
      for (; j & bit; bit >>= 1) j ^= bit;
      j ^= bit;
      if (i < j) {
        [re[i], re[j]] = [re[j], re[i]];
        [im[i], im[j]] = [im[j], im[i]];
      }
    }
    for (let half = 1; half < size; half *= 2) {
      const stride = size / (2 * half);
      for (let start = 0; start < size; start += 2 * half) {
        for (let k = 0; k < half; k++) {
          const c = this.#cos[k * stride], s = this.#sin[k * stride];
          const low = start + k, up = low + half;
          const x = re[up] * c - im[up] * s, y = re[up] * s + im[up] * c;
          re[up] = re[low] - x;
          im[up] = im[low] - y;
          re[low] += x;
          im[low] += y;
        }
      }
    }
  }
}
