// The last 24 hours, drawn by uPlot, which is fetched when somebody looks.
import {h} from './dom.js';
import {there} from './request.js';
import {clock} from './units.js';

const every = 30000; // ms
const points = 720;

const levels = () => [-60, 0];
const counts = (_, least, most) => [0, Math.max(5, most)];
const drifts = (_, least, most) => [Math.min(-2, 1.2 * least), Math.max(2, 1.2 * most)];

// heading, unit, which list, its key, by how much values are divided, from where to where the axis goes
const graphs = [
  ['Peak', 'dBFS', 'places', 'peak', 100, levels], ['Loudness', 'LUFS', 'places', 'loudness', 100, levels],
  ['Xruns', 'in 10 s', 'devices', 'xruns', 1, counts], ['Drift', 'ppm', 'devices', 'ppm', 10, drifts],
];
const dashes = [[], [6, 3], [2, 2], [9, 3, 2, 3]];
const hues = [185, 35, 265, 110, 330, 60, 220, 10];

let loading = null;

/** plotter resolves to uPlot. */
function plotter() {
  loading ??= new Promise((resolve, reject) => {
    document.head.append(h('link', {rel: 'stylesheet', href: '/web/uplot/uPlot.min.css'}));
    document.head.append(h('script', {src: '/web/uplot/uPlot.iife.min.js', on: {load: () => resolve(globalThis.uPlot), error: reject}}));
  });
  return loading;
}

/** History shows graphs. offer(there) is called with whether there is anything. */
export class History {
  #at;
  #offer;
  #body = h('div', {class: 'graphs'});
  #hours = h('select', {id: 'hours'}, ...[1, 6, 24].map((n) => h('option', {value: n, text: `${n} h`, selected: n === 24})));
  #plots = [];
  #timer = 0;
  #seen = false;
  #latest = null;

  constructor(at, offer) {
    this.#at = at;
    this.#offer = offer;
    at.append(h('h2', {text: 'History'}), h('div', {class: 'row filter'}, h('label', {for: 'hours', text: 'Last'}), this.#hours), this.#body);
    this.#hours.addEventListener('change', () => this.read());
    new ResizeObserver(() => this.#resize()).observe(this.#body);
  }

  /** show says whether somebody looks. */
  show(seen) {
    if (seen && !this.#seen) this.read();
    this.#seen = seen;
  }

  async read() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.read(), every);
    if (document.hidden) return;
    let answer;
    try {
      answer = await there(`/v1/history?points=${points}&hours=${this.#hours.value}`);
    } catch (refusal) {
      return;
    }
    if (!answer) clearTimeout(this.#timer);
    this.#offer(Boolean(answer && (answer.places.length || answer.devices.length)));
    this.#latest = answer;
    if (answer && this.#seen) await this.draw();
  }

  /** draw draws what was read last, in the colours of now. */
  async draw() {
    if (!this.#latest || !this.#seen) return;
    const uPlot = await plotter();
    for (const plot of this.#plots) plot.destroy();
    this.#plots = [];
    this.#body.replaceChildren();
    for (const [heading, unit, list, key, divisor, range] of graphs) {
      const all = this.#latest[list];
      if (all.length) this.#plot(uPlot, `${heading} (${unit})`, all.map((x) => [x.place ?? x.device, x[key].map((v) => (v === null ? null : v / divisor))]), range);
    }
  }

  #plot(uPlot, heading, lines, range) {
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue('--' + name).trim();
    const light = colour('dark') === '1' ? 68 : 34;
    const n = lines[0][1].length;
    const now = Date.now() / 1000;
    const time = Array.from({length: n}, (_, i) => now - (n - 1 - i) * this.#latest.seconds);
    const axis = {stroke: colour('muted'), grid: {stroke: colour('line'), width: 1}, ticks: {stroke: colour('line'), width: 1}, font: `11px ${style.fontFamily}`};
    const figure = h('figure', {}, h('figcaption', {text: heading}));
    this.#body.append(figure);
    this.#plots.push(new uPlot({
      width: Math.max(280, figure.clientWidth), height: 180, cursor: {sync: {key: 'history'}},
      scales: {x: {range: [now - this.#hours.value * 3600, now]}, y: {range}},
      axes: [{...axis, values: (_, all) => all.map((t) => clock(new Date(t * 1000)).slice(0, 5))}, {...axis, size: 52}],
      series: [{value: (_, t) => (t === null ? '\u2013' : clock(new Date(t * 1000)))}, ...lines.map(([label], i) => ({label, stroke: `hsl(${hues[i % hues.length]} 65% ${light}%)`, dash: dashes[Math.floor(i / 2) % dashes.length], width: 1, spanGaps: false}))],
    }, [time, ...lines.map(([, values]) => values)], figure));
  }

  #resize() {
    for (const plot of this.#plots) plot.setSize({width: Math.max(280, plot.root.parentElement.clientWidth), height: 180});
  }
}
