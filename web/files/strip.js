// One strip: a place with its meter and its fader.
import {h, setAttr, setText} from './dom.js';
import {fader, listenButton, toggle} from './controls.js';
import {Meter} from './meter.js';
import {title} from './subjects.js';

/** Strip shows a subject. desk: {store, open(key), listen(key, on)}. */
export class Strip {
  #desk;
  #subject;

  constructor(subject, desk) {
    this.#desk = desk;
    this.#subject = subject;
    const name = title(subject);
    this.#name = h('span', {class: 'name'});
    this.#side = h('span', {class: 'side'});
    this.#open = h('button', {type: 'button', class: 'open', 'aria-expanded': 'false', on: {click: () => desk.open(subject.key)}}, this.#name, this.#side);
    this.#peak = h('button', {type: 'button', class: 'peak', title: 'Highest peak in dBFS. Click to begin anew.',
      on: {click: () => this.meter.reset()}}, '\u2013');
    this.meter = new Meter(name, this.#peak);
    this.#fader = fader(`Gain of ${name}`, (gain) => desk.store.set(subject.state, {[subject.field + '.gain']: gain}));
    this.#mute = toggle({label: `Mute ${name}`, text: 'M', className: 'mute', press: (on) => desk.store.set(subject.state, {output_muted: on})});
    this.#listen = listenButton(name, (on) => desk.listen(subject.key, on));
    this.#facts = h('p', {class: 'facts'});
    this.at = h('li', {class: 'strip', data: {kind: subject.kind}},
      h('div', {class: 'head'}, this.#open, this.#peak), this.meter.at,
      h('div', {class: 'row'}, this.#mute.at, this.#fader.input, this.#fader.output, this.#listen.at), this.#facts);
  }

  #name;
  #side;
  #open;
  #peak;
  #fader;
  #mute;
  #listen;
  #facts;

  /** show takes the subject as it is now. */
  show(s, {may, opened, heard}) {
    this.#subject = s;
    setText(this.#name, s.name);
    setText(this.#side, s.kind === 'device' ? s.side : s.kind);
    setAttr(this.#open, 'title', `${title(s)}: open`);
    setAttr(this.#open, 'aria-expanded', opened);
    this.#fader.show(s.gain, may);
    this.#mute.show(s.mute ?? false, may && s.mute !== undefined);
    this.#mute.at.classList.toggle('absent', s.mute === undefined);
    this.#listen.show(heard);
    const text = s.facts.join(' \u00b7 ');
    setText(this.#facts, s.warn ? '\u26a0 ' + (s.error || text) : text);
    setAttr(this.#facts, 'title', s.warn ? s.error : text);
    this.at.classList.toggle('warn', s.warn);
    this.at.classList.toggle('opened', opened);
    this.at.classList.toggle('idle', !s.open);
    this.at.classList.toggle('muted', s.mute === true);
  }
}
