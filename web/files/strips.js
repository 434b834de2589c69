// All strips, and the meters that they want.
import {replace} from './dom.js';
import {Strip} from './strip.js';
import {subjects} from './subjects.js';

const most = 256; // places that a viewer may watch

/** Strips keeps a list of strips as the store has it. */
export class Strips {
  #list;
  #desk;
  #live;
  #strips = new Map();
  #watched = [];

  constructor(list, desk, live) {
    this.#list = list;
    this.#desk = desk;
    this.#live = live;
    live.addEventListener('meters', (e) => this.#hear(e.detail));
  }

  /** show takes what there is now. visible: somebody looks at it. */
  show(visible) {
    const {store, easel} = this.#desk;
    const all = subjects(store);
    const keys = new Set(all.map((s) => s.key));
    for (const [key, strip] of this.#strips) {
      if (keys.has(key)) continue;
      easel.remove(strip.meter.at);
      this.#strips.delete(key);
    }
    for (const s of all) {
      if (this.#strips.has(s.key)) continue;
      const strip = new Strip(s, this.#desk);
      this.#strips.set(s.key, strip);
      easel.add(strip.meter, strip.meter.at);
    }
    replace(this.#list, all, (s) => s.key, (s) => this.#strips.get(s.key).at);
    for (const s of all) {
      this.#strips.get(s.key).show(s, {may: store.may, opened: this.#desk.opened === s.key, heard: this.#desk.heard === s.key});
    }
    this.#watch(visible ? all.slice(0, most).map((s) => s.key) : []);
    return all;
  }

  #watch(places) {
    if (places.join('\n') === this.#watched.join('\n')) return;
    this.#watched = places;
    this.#live.watch({places, want: ['levels']});
  }

  #hear(readings) {
    if (readings.length !== this.#watched.length) return; // of a request before
    const now = performance.now();
    readings.forEach((r, i) => this.#strips.get(this.#watched[i])?.meter.hear(r, now));
  }
}
