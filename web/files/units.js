// Numbers as people read them. A minus is U+2212, which is as wide as a digit.

const signed = (x, digits) => (x < 0 && Number(x.toFixed(digits)) !== 0 ? '\u2212' : '') + Math.abs(x).toFixed(digits);

/** dB writes a level; null, undefined and −∞ are silence. */
export function dB(x, digits = 1) {
  return x === null || x === undefined || !Number.isFinite(x) ? '\u2212\u221e' : signed(x, digits);
}

/** hundredths turns what /v1/live says into a number; silence is −Infinity. */
export const hundredths = (x) => (x === null || x === undefined ? -Infinity : x / 100);

/** gainDB is a gain of audio(7I), 0 to 255, in dB: 255 is unity. */
export const gainDB = (gain) => (gain > 0 ? 20 * Math.log10(gain / 255) : -Infinity);

/** balance writes 0 to 64, of which 32 is the middle. */
export function balance(x) {
  if (x === 32) return 'C';
  return (x < 32 ? 'L' : 'R') + Math.round((Math.abs(x - 32) * 100) / 32);
}

/** ppm writes by how much a clock is fast. */
export const ppm = (x) => (x === null || x === undefined ? 'drift \u2013' : (x > 0 ? '+' : '') + signed(x, Math.abs(x) < 100 ? 1 : 0) + ' ppm');

/** rate writes frames per second. */
export const rate = (x) => (x % 1000 ? (x / 1000).toFixed(x % 100 ? 3 : 1) : x / 1000) + ' kHz';

/** format writes rate, channels and encoding. */
export const format = (f) => (f ? `${rate(f.rate)} ${f.channels} ch ${f.format}` : '');

/** count writes a number and its noun. */
export const count = (n, one, many = one + 's') => `${n.toLocaleString('en')} ${n === 1 ? one : many}`;

/** span writes a time in ms in the largest unit that fits. */
export function span(ms) {
  const s = ms / 1000;
  if (s < 10) return s.toFixed(1) + ' s';
  if (s < 120) return Math.round(s) + ' s';
  if (s < 7200) return Math.round(s / 60) + ' min';
  return s < 172800 ? Math.round(s / 3600) + ' h' : Math.round(s / 86400) + ' d';
}

/** clock writes the time of day of a date. */
export const clock = (date) => date.toLocaleTimeString('en-GB', {hour12: false});
