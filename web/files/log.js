// What happened since the page was opened: the last 500 events.
import {h} from './dom.js';
import {clock} from './units.js';

const most = 500;

/** textOf says what an event is about, and what it was. */
export function textOf(e) {
  const end = e.end ? `/${e.end}` : '';
  const about = e.device ?? (e.loop ? e.loop + end : '');
  const changes = (e.changes ?? []).map((c) => `${c.field}: ${c.old} \u2192 ${c.new}`).join(', ');
  const who = e.program ? `${e.program}${e.pid ? ' ' + e.pid : ''}` : '';
  return [about, [who, changes, e.note].filter(Boolean).join(' \u00b7 ')];
}

// What somebody has to look at.
const grave = new Set(['underrun', 'overrun', 'gone', 'client gone', 'alarm', 'error']);

/** Log keeps events, newest first. */
export class Log {
  #rows = h('tbody');
  #filter = h('input', {type: 'search', id: 'filter', placeholder: 'Filter: underrun, console, set \u2026', spellcheck: 'false'});
  #none = h('p', {class: 'empty', text: 'Nothing has happened since this page was opened.'});

  constructor(at) {
    at.append(h('h2', {text: 'Events'}),
      h('div', {class: 'row filter'}, h('label', {for: 'filter', text: 'Show'}), this.#filter),
      h('div', {class: 'scroll', tabindex: '0', role: 'group', 'aria-label': 'Event log'},
        h('table', {class: 'log'}, h('caption', {class: 'hidden', text: 'Events, newest first'}),
          h('thead', {}, h('tr', {}, ...['Time', 'Event', 'Where', 'What'].map((text) => h('th', {scope: 'col', text})))), this.#rows)),
      this.#none);
    this.#filter.addEventListener('input', () => this.#sift());
  }

  add(e) {
    const [about, what] = textOf(e);
    const time = new Date(e.time);
    const row = h('tr', {class: grave.has(e.kind) ? 'grave' : ''},
      h('td', {}, h('time', {datetime: e.time, text: clock(time)})), h('td', {text: (grave.has(e.kind) ? '\u26a0 ' : '') + e.kind}), h('td', {text: about}), h('td', {text: what}));
    row.hidden = !this.#wanted(row);
    this.#rows.prepend(row);
    while (this.#rows.children.length > most) this.#rows.lastChild.remove();
    this.#none.hidden = true;
  }

  #sift() {
    for (const row of this.#rows.children) row.hidden = !this.#wanted(row);
  }

  #wanted(row) {
    const words = this.#filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const text = row.textContent.toLowerCase();
    return words.every((w) => text.includes(w));
  }
}
