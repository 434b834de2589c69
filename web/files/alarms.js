// Alarms: how they are, what they did, and who knows of them.
import {h, setText} from './dom.js';
import {ask, pathOf} from './request.js';
import {cells, Rows} from './rows.js';
import {clock, span} from './units.js';

const signs = {ok: '\u2713', pending: '\u25d4', raised: '\u26a0', acknowledged: '\u25c9', clearing: '\u25d1'};
const most = 200; // lines of history
/** when writes a time, with its day if that is not today. */
const when = (t) => (t.toDateString() === new Date().toDateString() ? '' : t.toLocaleDateString('en-CA') + ' ') + clock(t);

const isRaised = (a) => ['raised', 'acknowledged', 'clearing'].includes(a.state);

/** Alarms shows them. offer(there, raised) is called with whether there are some, and how many wait for somebody. */
export class Alarms {
  #rows;
  #store;
  #note = h('input', {type: 'text', id: 'ack-note', spellcheck: 'false', placeholder: 'what is done about it'});
  #history = h('ol', {class: 'history', 'aria-label': 'What alarms did, newest first'});
  #pasts = new Map(); // of each alarm, its last changes

  constructor(at, store, offer) {
    this.#store = store;
    this.#rows = new Rows(at, store, {
      path: '/v1/alarms', key: 'alarms', heading: 'Alarms', columns: ['State', 'Alarm', 'Watches', 'Found', 'Since', 'Raised', 'Acknowledged', 'Actions'],
      make: (a) => this.#row(a),
      done: (all) => {
        offer(Boolean(all?.length), (all ?? []).filter((a) => a.state === 'raised').length);
        this.#learn((all ?? []).map((a) => a.name).filter((name) => !this.#pasts.has(name)));
      },
    });
    at.append(h('div', {class: 'row filter'}, h('label', {for: 'ack-note', text: 'Note'}), this.#note), h('h3', {text: 'What happened'}), this.#history);
  }

  /** read reads all of it, as after a while without the daemon. */
  read() {
    this.#pasts.clear();
    this.#rows.read();
  }

  show() {
    this.#rows.show();
  }

  /** happened takes an event of the daemon. */
  happened(e) {
    if (!e.kind.startsWith('alarm')) return;
    this.#rows.read();
    if (e.device) this.#learn([e.device.replace(/^alarm\//, '')]);
  }

  // The list of alarms is without their past.
  async #learn(names) {
    for (const name of names) {
      this.#pasts.set(name, this.#pasts.get(name) ?? []);
      try {
        this.#pasts.set(name, (await ask('GET', '/v1/alarms/' + pathOf(name))).history ?? []);
      } catch (refusal) {
        this.#pasts.delete(name); // it is gone, or is asked for again
      }
    }
    if (!names.length) return;
    const all = [...this.#pasts].flatMap(([name, past]) => past.map((change) => ({name, ...change})));
    all.sort((a, b) => new Date(b.time) - new Date(a.time));
    this.#history.replaceChildren(...all.slice(0, most).map((c) => h('li', {},
      h('time', {datetime: c.time, text: when(new Date(c.time))}), ' ', h('strong', {text: c.name}), ` ${c.change}: ${c.text}`)));
  }

  #row({name}) {
    const {all, write} = cells(7);
    const ack = h('button', {type: 'button', text: 'Acknowledge', 'aria-label': `Acknowledge ${name}`, on: {click: () => this.#post(name, 'ack', {text: this.#note.value.trim()})}});
    const test = h('button', {type: 'button', text: 'Test', 'aria-label': `Test the actions of ${name}`, on: {click: () => this.#post(name, 'test', {})}});
    const at = h('tr', {}, ...all, h('td', {}, h('div', {class: 'row'}, ack, test)));
    return {at, show: (a, may) => {
      write(`${signs[a.state] ?? ''} ${a.state}${a.flapping ? ', flapping' : ''}`, a.name, `${a.on} of ${a.of}`, a.text,
        span(Math.max(0, Date.now() - new Date(a.since))), `${a.raises}\u00d7${a.raised ? ', ' + clock(new Date(a.raised)) : ''}`,
        a.ack ? `${a.ack.by}${a.ack.text ? ': ' + a.ack.text : ''}` : '');
      at.dataset.state = a.state;
      at.className = a.state === 'raised' ? 'grave' : '';
      ack.disabled = !may || !isRaised(a);
      test.disabled = !may;
      setText(test, a.actions.some((x) => x.waiting) ? 'Testing \u2026' : 'Test');
    }};
  }

  async #post(name, what, body) {
    try {
      const answer = await ask('POST', `/v1/alarms/${pathOf(name)}/${what}`, body);
      if (what === 'ack') this.#note.value = '';
      const failed = (answer?.results ?? []).filter((r) => r.error).map((r) => `${r.action}: ${r.error}`);
      if (failed.length) this.#store.refuse({status: 500, message: failed.join('; ')});
    } catch (refusal) {
      this.#store.refuse(refusal);
    }
    this.#rows.read();
  }
}
