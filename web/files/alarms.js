// Alarms: how they are, what they did since the page was opened, and who knows of them.
import {h, setText} from './dom.js';
import {textOf} from './log.js';
import {ask, pathOf} from './request.js';
import {cells, Rows} from './rows.js';
import {clock, span} from './units.js';

const signs = {ok: '\u2713', pending: '\u25d4', raised: '\u26a0', acknowledged: '\u25c9', clearing: '\u25d1'};
const most = 200; // lines of history
const isRaised = (a) => ['raised', 'acknowledged', 'clearing'].includes(a.state);

/** Alarms shows them. offer(there, raised) is called with whether there are some, and how many wait for somebody. */
export class Alarms {
  #rows;
  #store;
  #note = h('input', {type: 'text', id: 'ack-note', spellcheck: 'false', placeholder: 'what is done about it'});
  #history = h('ol', {class: 'history', 'aria-label': 'What alarms did, newest first'});

  constructor(at, store, offer) {
    this.#store = store;
    this.#rows = new Rows(at, store, {
      path: '/v1/alarms', key: 'alarms', heading: 'Alarms', columns: ['State', 'Alarm', 'Watches', 'Found', 'Since', 'Raised', 'Acknowledged', 'Actions'],
      make: (a) => this.#row(a),
      done: (all) => offer(Boolean(all?.length), (all ?? []).filter((a) => a.state === 'raised').length),
    });
    at.append(h('div', {class: 'row filter'}, h('label', {for: 'ack-note', text: 'Note'}), this.#note), h('h3', {text: 'Since this page was opened'}), this.#history);
  }

  read() {
    this.#rows.read();
  }

  show() {
    this.#rows.show();
  }

  /** happened takes an event of the daemon. */
  happened(e) {
    if (!e.kind.startsWith('alarm')) return;
    const [about, what] = textOf(e);
    this.#history.prepend(h('li', {}, h('time', {datetime: e.time, text: clock(new Date(e.time))}), ` ${e.kind} `, h('strong', {text: about}), ` ${what}`));
    while (this.#history.children.length > most) this.#history.lastChild.remove();
    this.read();
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
    this.read();
  }
}
