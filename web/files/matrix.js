// The matrix: a row for each source, a column for each sink, a button at each crossing.
import {fader, toggle} from './controls.js';
import {h, setAttr, setText} from './dom.js';
import {places, routeName} from './patch.js';
import {pathOf} from './request.js';
import {dB, gainDB, ppm} from './units.js';

/** Matrix makes and removes routes. */
export class Matrix {
  #at;
  #store;
  #table = h('table', {class: 'matrix'});
  #hint = h('p', {class: 'hint'});
  #popover = h('div', {class: 'popover', role: 'dialog', hidden: true});
  #cells = []; // rows of {button, from, to}
  #laid = '';
  #crossing = () => undefined;
  #drag = null; // {make, done, last}: what a stroke does to each cell that it meets, and where it was last
  #opened = '';
  #gain = null;
  #mute = null;
  #focus = [0, 0];

  constructor(at, store) {
    this.#at = at;
    this.#store = store;
    at.append(h('h2', {text: 'Routes'}), this.#hint, h('div', {class: 'scroll', tabindex: '0', role: 'group', 'aria-label': 'Route matrix'}, this.#table), this.#popover);
    this.#table.addEventListener('pointerdown', (e) => this.#press(e));
    this.#table.addEventListener('pointerover', (e) => this.#meet(e.target));
    this.#table.addEventListener('pointerleave', () => this.#drag && (this.#drag.last = null));
    this.#table.addEventListener('keydown', (e) => this.#key(e));
    this.#table.addEventListener('click', (e) => e.detail === 0 && this.#click(e.target)); // a key, or a screen reader
    addEventListener('pointerup', () => (this.#drag = null));
    addEventListener('pointercancel', () => (this.#drag = null));
    this.#popover.addEventListener('keydown', (e) => e.key === 'Escape' && this.#shut());
  }

  /** show takes what there is now. */
  show() {
    const all = places(this.#store);
    this.#crossing = all.crossing;
    const laid = JSON.stringify([all.sources, all.sinks]);
    if (laid !== this.#laid) this.#lay(all.sources, all.sinks);
    this.#laid = laid;
    setText(this.#hint, this.#store.may
      ? 'Click a crossing to make or remove a route, or drag across several. Arrow keys move, Space switches, G opens the gain. Routes made here are gone after a restart.'
      : 'Read only: sign in to make or remove routes.');
    for (const row of this.#cells) for (const cell of row) this.#showCell(cell);
    this.#showGain();
  }

  #lay(sources, sinks) {
    const label = (p) => [h('span', {class: 'name', text: p.name}), h('span', {class: 'side', text: p.note})];
    this.#cells = sources.map((s) => sinks.map((t) => ({from: s.place, to: t.place, button: h('button', {type: 'button', tabindex: '-1'}, h('span', {class: 'dot'}))})));
    this.#table.replaceChildren(
      h('caption', {class: 'hidden', text: 'Routes: sources are rows, sinks are columns'}),
      h('thead', {}, h('tr', {}, h('td', {class: 'corner'}, h('span', {text: 'from \u2193 to \u2192'})), ...sinks.map((t) => h('th', {scope: 'col'}, h('div', {}, ...label(t)))))),
      h('tbody', {}, ...sources.map((s, y) => h('tr', {}, h('th', {scope: 'row'}, ...label(s)), ...this.#cells[y].map((c) => h('td', {}, c.button))))));
    this.#aim(0, 0, false);
  }

  #showCell({button, from, to}) {
    const route = this.#crossing(from, to);
    setAttr(button, 'aria-pressed', route ? 'true' : 'false');
    setAttr(button, 'aria-disabled', this.#store.may ? null : 'true');
    const state = route ? `: ${route.name}, ${route.waits_for ? 'waits for ' + route.waits_for : route.state}, ${dB(gainDB(route.gain))} dB` : '';
    setAttr(button, 'aria-label', `${from} to ${to}${state}`);
    setAttr(button, 'title', `${from} \u2192 ${to}${state}`);
    button.className = !route ? '' : route.error ? 'faulty' : route.state;
    setText(button.firstChild, !route ? '' : route.mute ? 'M' : route.gain === 255 ? '0' : dB(gainDB(route.gain), 0));
  }

  #cellOf(target) {
    const button = target.closest?.('button');
    for (const [y, row] of this.#cells.entries()) {
      const x = row.findIndex((c) => c.button === button);
      if (x >= 0) return {...row[x], x, y};
    }
    return null;
  }

  #press(e) {
    const cell = this.#cellOf(e.target);
    if (!cell || e.button !== 0) return;
    this.#aim(cell.y, cell.x, true);
    e.preventDefault(); // no text is selected
    e.target.releasePointerCapture?.(e.pointerId); // a finger meets other cells, too
    const route = this.#crossing(cell.from, cell.to);
    if (e.shiftKey && route) return this.#open(route.name);
    this.#drag = {make: !route, done: new Set()};
    this.#meet(e.target);
  }

  // The browser tells where a pointer is a few times a second: a fast one has met what is between two places, too.
  #meet(target) {
    const cell = this.#drag && this.#cellOf(target);
    if (!cell) return;
    const from = this.#drag.last ?? cell;
    const steps = Math.max(1, Math.abs(cell.x - from.x), Math.abs(cell.y - from.y));
    for (let i = 0; i <= steps; i++) {
      const between = (a, b) => Math.round(a + ((b - a) * i) / steps);
      const met = this.#cells[between(from.y, cell.y)][between(from.x, cell.x)];
      if (this.#drag.done.has(met.button)) continue;
      this.#drag.done.add(met.button);
      this.#switch(met, this.#drag.make);
    }
    this.#drag.last = cell;
  }

  #click(target) {
    const cell = this.#cellOf(target);
    if (cell) this.#switch(cell, !this.#crossing(cell.from, cell.to));
  }

  async #switch({from, to}, make) {
    const route = this.#crossing(from, to);
    if (!this.#store.may || make === Boolean(route)) return;
    if (!make) {
      if (this.#opened === route.name) this.#shut();
      await this.#store.change('DELETE', '/v1/routes/' + pathOf(route.name));
      return;
    }
    const name = routeName(from, to, this.#store.routes);
    if (await this.#store.change('POST', '/v1/routes', {name, from, to})) this.#open(name);
  }

  #key(e) {
    const cell = this.#cellOf(e.target);
    if (!cell) return;
    const step = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], Home: [0, -999], End: [0, 999]}[e.key];
    if (step) {
      e.preventDefault();
      this.#aim(cell.y + step[0], cell.x + step[1], true);
    } else if (e.key === 'g' || e.key === 'G') {
      const route = this.#crossing(cell.from, cell.to);
      if (route) this.#open(route.name, true);
    }
  }

  // One cell at a time can be reached with Tab, arrows reach the others.
  #aim(y, x, focus) {
    const {button: before} = this.#cells[this.#focus[0]]?.[this.#focus[1]] ?? {};
    if (before) before.tabIndex = -1;
    y = Math.max(0, Math.min(this.#cells.length - 1, y));
    x = Math.max(0, Math.min((this.#cells[0]?.length ?? 1) - 1, x));
    this.#focus = [y, x];
    const cell = this.#cells[y]?.[x];
    if (!cell) return;
    cell.button.tabIndex = 0;
    if (focus) cell.button.focus();
  }

  #open(name, focus = false) {
    if (this.#opened !== name) {
      const set = (fields) => this.#store.set('route/' + name, fields);
      this.#opened = name;
      this.#gain = fader(`Gain of route ${name}`, (gain) => set({'play.gain': gain}));
      this.#mute = toggle({label: `Mute route ${name}`, text: 'M', className: 'mute', press: (on) => set({output_muted: on})});
      this.#popover.setAttribute('aria-label', `Route ${name}`);
      this.#popover.replaceChildren(h('div', {class: 'head'}, h('h3', {text: name}),
        h('button', {type: 'button', class: 'close', 'aria-label': 'Close', on: {click: () => this.#shut()}}, '\u00d7')),
      h('p', {class: 'facts'}), h('div', {class: 'row'}, this.#mute.at, this.#gain.input, this.#gain.output));
    }
    this.#popover.hidden = false;
    this.#place();
    this.#showGain();
    if (focus) this.#gain.input.focus();
  }

  // Beside its cell, where there is room.
  #place() {
    const cell = this.#cells.flat().find((c) => this.#crossing(c.from, c.to)?.name === this.#opened);
    if (!cell) return;
    const {right, bottom} = cell.button.getBoundingClientRect();
    const {offsetWidth: width, offsetHeight: height} = this.#popover;
    this.#popover.style.left = `${Math.max(8, Math.min(right + 6, innerWidth - width - 12))}px`;
    this.#popover.style.top = `${Math.max(8, Math.min(bottom + 6, innerHeight - height - 12))}px`;
  }

  #shut() {
    this.#opened = '';
    this.#popover.hidden = true;
    const [y, x] = this.#focus;
    this.#cells[y]?.[x]?.button.focus();
  }

  #showGain() {
    if (!this.#opened) return;
    const route = this.#store.routes.find((r) => r.name === this.#opened);
    if (!route) return this.#shut();
    this.#gain.show(route.gain, this.#store.may);
    this.#mute.show(route.mute, this.#store.may);
    const state = route.waits_for ? 'waits for ' + route.waits_for : route.state;
    setText(this.#popover.querySelector('.facts'), [`${route.from} \u2192 ${route.to}`, state, route.clock ? ppm(route.clock.ppm) : '', route.error].filter(Boolean).join(' \u00b7 '));
  }
}
