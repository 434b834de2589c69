// The place that has been opened: loudness, spectrum, and all that can be set.
import {h, replace, setText} from './dom.js';
import {fader, listenButton, pan, toggle} from './controls.js';
import {Live} from './live.js';
import {Curve, Waterfall} from './spectrum.js';
import {facts, title} from './subjects.js';
import {dB, hundredths, span} from './units.js';

const loudnessEvery = 100; // ms

// word, unit, what a reading says
const figures = [
  ['Momentary', 'LUFS', (r) => dB(hundredths(r.m))],
  ['Short-term', 'LUFS', (r) => dB(hundredths(r.s))],
  ['Integrated', 'LUFS', (r) => dB(hundredths(r.i))],
  ['Range', 'LU', (r) => (r.u === undefined ? '\u2013' : dB(r.u / 100))],
  ['True peak', 'dBTP', (r, top) => dB(top)],
  ['Correlation', '', (r) => (r.c?.length && r.c[0] !== null ? dB(r.c[0] / 100, 2) : '\u2013')],
  ['DC', 'ppm', (r) => (r.d ? String(Math.max(...r.d.map(Math.abs))) : '0')],
  ['Silent for', '', (r) => (r.q ? span(r.q) : '\u2013')],
];

/** Inspector shows one subject. */
export class Inspector {
  key = ''; // '': none
  #at;
  #desk;
  #live = new Live();
  #ear = null;
  #parts = null;
  #top = -Infinity;

  constructor(at, desk) {
    this.#at = at;
    this.#desk = desk;
    this.#live.addEventListener('meters', (e) => this.#measure(e.detail[0]));
  }

  /** open shows a subject, or none. */
  open(subject) {
    this.close();
    if (!subject) return;
    this.key = subject.key;
    this.#build(subject);
    this.#at.hidden = false;
    this.#live.watch({places: [subject.key], want: ['levels', 'true_peak', 'loudness'], every: loudnessEvery, own: true});
    this.#live.start();
    this.#ear = this.#desk.ears.take(subject.key);
    this.#ear.addEventListener('levels', this.#draw);
    this.#ear.addEventListener('format', this.#begin);
    this.#ear.analyse(true);
  }

  close() {
    if (!this.key) return;
    this.key = '';
    this.#live.stop();
    this.#ear.analyse(false);
    this.#ear.removeEventListener('levels', this.#draw);
    this.#ear.removeEventListener('format', this.#begin);
    this.#desk.ears.give(this.#ear);
    for (const canvas of [this.#parts.curve, this.#parts.waterfall]) this.#desk.easel.remove(canvas.paper);
    this.#at.replaceChildren();
    this.#at.hidden = true;
    this.#parts = null;
  }

  /** show takes the subject as it is now. */
  show(s, {may, heard, report}) {
    if (!this.#parts) return;
    const p = this.#parts;
    p.gain.show(s.gain, may);
    p.balance.show(s.balance, may);
    p.monitor?.show(s.monitor, may);
    p.mute?.show(s.mute, may);
    p.listen.show(heard);
    for (const port of p.ports) port.show(s.ports.now.includes(port.name), may && s.ports.available.includes(port.name) && s.ports.switched.length > 0);
    setText(p.report, heard ? report : '');
    const lines = facts(s);
    replace(p.facts, lines, ([word], i) => i + word, () => h('div', {}, h('dt'), h('dd'))).forEach((line, i) => {
      setText(line.firstChild, lines[i][0]);
      setText(line.lastChild, lines[i][1]);
    });
  }

  #build(s) {
    const name = title(s);
    const {store} = this.#desk;
    const set = (fields) => store.set(s.state, fields);
    const p = {
      gain: fader(`Gain of ${name}, opened`, (v) => set({[s.field + '.gain']: v})),
      balance: pan(`Balance of ${name}`, (v) => set({[s.field + '.balance']: v})),
      monitor: s.monitor === undefined ? null : fader(`Monitor gain of ${s.name}`, (v) => set({monitor_gain: v})),
      mute: s.mute === undefined ? null : toggle({label: `Mute ${name}, opened`, text: 'Mute', className: 'mute', press: (on) => set({output_muted: on})}),
      listen: listenButton(name, (on) => this.#desk.listen(s.key, on)),
      ports: s.kind === 'device' ? s.ports.available.map((port) => this.#port(s, port)) : [],
      curve: new Curve(h('canvas', {class: 'curve', role: 'img', 'aria-label': `Spectrum of ${name}, 20 Hz to half of its rate, \u2212110 to 0 dBFS`})),
      waterfall: new Waterfall(h('canvas', {class: 'waterfall', role: 'img', 'aria-label': `Spectrogram of ${name}`})),
      figures: figures.map(([word, unit]) => h('div', {class: 'figure'}, h('dt', {text: word}), h('dd', {}, h('span', {class: 'number', text: '\u2013'}), h('span', {class: 'unit', text: unit})))),
      report: h('p', {class: 'report'}),
      facts: h('dl', {class: 'lines'}),
    };
    this.#parts = p;
    this.#top = -Infinity;
    const row = (word, slider) => slider && h('div', {class: 'row'}, h('span', {class: 'word', 'aria-hidden': 'true', text: word}), slider.input, slider.output);
    this.#at.setAttribute('aria-label', name);
    this.#at.append(...[
      h('div', {class: 'head'}, h('h2', {text: name}), p.mute?.at, p.listen.at,
        h('button', {type: 'button', class: 'close', 'aria-label': `Close ${name}`, title: 'Close (Esc)', on: {click: () => this.#desk.open('')}}, '\u00d7')),
      h('dl', {class: 'figures'}, ...p.figures),
      h('button', {type: 'button', class: 'quiet', on: {click: () => this.#reset()}}, 'Begin loudness anew'),
      p.curve.paper, p.waterfall.paper, p.report,
      row('Gain', p.gain), row('Balance', p.balance), row('Monitor', p.monitor),
      p.ports.length ? h('fieldset', {class: 'ports'}, h('legend', {text: 'Ports'}), ...p.ports.map((port) => port.at)) : null, p.facts].filter(Boolean));
    for (const drawing of [p.curve, p.waterfall]) this.#desk.easel.add(drawing, drawing.paper);
  }

  // A side has one port or several; the last one that is pressed stays.
  #port(s, name) {
    const {store} = this.#desk;
    const button = toggle({label: `Port ${name} of ${title(s)}`, text: name.replace('_', ' '), press: (on) => {
      const now = store.devices.find((d) => d.name === s.name)?.info[s.side].port.split('+') ?? [];
      const wanted = on ? [...now.filter((p) => p !== 'none'), name] : now.filter((p) => p !== name);
      if (!wanted.length) return;
      store.set(s.state, {[s.side + '.port']: wanted.join('+')}).then((done) => done || (on && store.set(s.state, {[s.side + '.port']: name})));
    }});
    return {...button, name};
  }

  #reset() {
    this.#top = -Infinity;
    this.#live.reset();
  }

  #measure(reading) {
    if (!this.#parts) return;
    for (const t of reading?.t ?? []) this.#top = Math.max(this.#top, hundredths(t));
    figures.forEach(([, , write], i) => setText(this.#parts.figures[i].querySelector('.number'), reading ? write(reading, this.#top) : '\u2013'));
  }

  #draw = (e) => {
    this.#parts.curve.hear(e.detail.levels, e.detail.rate);
    this.#parts.waterfall.hear(e.detail.levels, e.detail.rate);
  };

  #begin = () => this.#parts.curve.hear(null, 0);
}
