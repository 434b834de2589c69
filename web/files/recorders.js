// Recorders: what they write, and what they lost.
import {h} from './dom.js';
import {ask, pathOf} from './request.js';
import {cells, Rows} from './rows.js';
import {count, format} from './units.js';

const signs = {stopped: '\u25a0', armed: '\u25d4', recording: '\u25cf', waiting: '\u2026', failing: '\u26a0'};

/** length writes seconds as h:mm:ss. */
const length = (s) => `${Math.floor(s / 3600)}:${String(Math.floor(s / 60) % 60).padStart(2, '0')}:${String(Math.floor(s) % 60).padStart(2, '0')}`;

/** bytes writes a size. */
function bytes(n) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const k = n > 0 ? Math.min(4, Math.floor(Math.log10(n) / 3)) : 0;
  return `${(n / 1000 ** k).toFixed(k ? 1 : 0)} ${units[k]}`;
}

/** Recorders shows them. offer(there) is called with whether there are some. */
export class Recorders {
  #rows;
  #store;

  constructor(at, store, offer) {
    this.#store = store;
    this.#rows = new Rows(at, store, {
      path: '/v1/recorders', key: 'recorders', heading: 'Recorders', columns: ['State', 'Recorder', 'Of', 'File', 'Length', 'Written', 'Gaps', 'Disk', 'Actions'],
      make: (r) => this.#row(r), done: (all) => offer(Boolean(all?.length)),
    });
  }

  read() {
    this.#rows.read();
  }

  show() {
    this.#rows.show();
  }

  #row({name}) {
    const {all, write} = cells(8);
    const post = (what, body) => this.#post(name, what, body);
    const start = h('button', {type: 'button', text: 'Start', 'aria-label': `Start ${name}`, on: {click: () => post('start')}});
    const stop = h('button', {type: 'button', text: 'Stop', 'aria-label': `Stop ${name}`, on: {click: () => post('stop')}});
    const text = h('input', {type: 'text', class: 'mark', 'aria-label': `Text of a mark in ${name}`, placeholder: 'mark'});
    const mark = h('button', {type: 'button', text: 'Mark', 'aria-label': `Mark ${name}`, on: {click: () => {
      post('mark', {text: text.value.trim() || 'mark'});
      text.value = '';
    }}});
    const at = h('tr', {}, ...all, h('td', {}, h('div', {class: 'row'}, start, stop, text, mark)));
    return {at, show: (r, may) => {
      const lasts = r.lasts ? `, ${Math.floor(r.lasts / 3600)} h` : '';
      write(`${signs[r.state] ?? ''} ${r.state}`, r.name, r.of, r.error || r.file || r.path, length(r.seconds),
        `${count(r.segments, 'segment')}, ${bytes(r.bytes)}${r.format ? ', ' + format(r.format) : ''}`, r.gaps ? `${r.gaps} (${count(r.missing, 'frame')})` : '0', r.free ? bytes(r.free) + lasts : '');
      at.className = r.state === 'failing' ? 'grave' : '';
      const busy = r.state === 'recording' || r.state === 'waiting';
      start.disabled = !may || busy;
      stop.disabled = !may || r.state === 'stopped';
      text.disabled = mark.disabled = !may || r.state !== 'recording';
    }};
  }

  async #post(name, what, body) {
    try {
      await ask('POST', `/v1/recorders/${pathOf(name)}/${what}`, body);
    } catch (refusal) {
      this.#store.refuse(refusal);
    }
    this.read();
  }
}
