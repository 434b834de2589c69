// Panels that are tables of what the daemon has under a path, with buttons. A daemon without that path has no such panel.
import {h, replace, setText} from './dom.js';
import {there} from './request.js';

const every = 2000; // ms

/**
 * Rows keeps a table. make(item) returns a row: {at, show(item, may)}; its element is a tr.
 */
export class Rows {
  items = [];
  #path;
  #key;
  #make;
  #known = new Map();
  #timer = 0;
  #done;
  #store;

  constructor(at, store, {path, key, heading, columns, make, done, empty}) {
    this.#path = path;
    this.#key = key;
    this.#make = make;
    this.#done = done;
    this.#store = store;
    this.body = h('tbody');
    this.none = h('p', {class: 'empty', text: empty});
    at.append(h('h2', {text: heading}), h('div', {class: 'scroll', tabindex: '0', role: 'group', 'aria-label': heading},
      h('table', {class: 'log rows'}, h('caption', {class: 'hidden', text: heading}),
        h('thead', {}, h('tr', {}, ...columns.map((text) => h('th', {scope: 'col', text})))), this.body)));
  }

  /** read reads what there is now. It calls done with the items, or null if there is no such path. */
  async read() {
    clearTimeout(this.#timer);
    let answer;
    try {
      answer = await there(this.#path);
    } catch (refusal) {
      this.#plan();
      return;
    }
    if (!answer) return this.#done(null); // until the next hello
    this.items = answer[this.#key];
    this.show();
    this.#done(this.items);
    this.#plan();
  }

  show() {
    replace(this.body, this.items, (item) => item.name, (item) => {
      const row = this.#make(item);
      this.#known.set(item.name, row);
      return row.at;
    });
    for (const item of this.items) this.#known.get(item.name).show(item, this.#store.may);
  }

  stop() {
    clearTimeout(this.#timer);
  }

  #plan() {
    if (!document.hidden) this.#timer = setTimeout(() => this.read(), every);
  }
}

/** cells makes a row of so many cells, and write(texts), which fills them. */
export function cells(n) {
  const all = Array.from({length: n}, () => h('td'));
  return {all, write: (...texts) => texts.forEach((text, i) => setText(all[i], text))};
}
