// What the page knows of the daemon: read every few seconds, and whenever an event says that it has changed.
import {ask, pathOf} from './request.js';

const every = 3000; // ms
const soon = 150; // ms after an event, so that a burst of them is one reading

/** Store tells changed when something may differ, and refused when a change did not succeed. */
export class Store extends EventTarget {
  devices = [];
  loops = [];
  routes = [];
  states = new Map(); // of loops: subject → audio(7I) state of its client end
  session = {known: false, open: false};
  version = null;
  loaded = false;

  #timer = 0;
  #stale = new Set(); // loops whose state is to be read
  #running = false;
  #again = false;
  #turn = 0;
  #epoch = 0; // of changes: what was read across one is older than its answer

  /** may reports whether changes are allowed. */
  get may() {
    return this.session.known;
  }

  async readSession() {
    const turn = ++this.#turn; // an answer that was late must not end a session that began meanwhile
    const session = await ask('GET', '/v1/session');
    if (turn !== this.#turn) return this.session;
    this.session = session;
    this.#changed();
    return this.session;
  }

  /** happened takes an event of the daemon. */
  happened(event) {
    if (event.loop) this.#stale.add(event.loop);
    this.soon();
  }

  soon() {
    this.#plan(soon);
  }

  stop() {
    clearTimeout(this.#timer);
    this.#timer = 0;
  }

  /** forget shows nothing any more. */
  forget() {
    this.stop();
    this.#epoch++;
    this.devices = this.loops = this.routes = [];
    this.states.clear();
    this.loaded = false;
    this.#changed();
  }

  /** read reads everything that can be seen. */
  async read() {
    if (this.#running) {
      this.#again = true;
      return;
    }
    this.#running = true;
    this.#again = false;
    const epoch = this.#epoch;
    try {
      const [devices, loops, routes] = await Promise.all(['devices', 'loops', 'routes'].map((what) => ask('GET', '/v1/' + what)));
      if (epoch !== this.#epoch) this.#again = true;
      else await this.#take(devices.devices, loops.loops, routes.routes);
    } catch (refusal) {
      // /v1/live says that the daemon is away
    } finally {
      this.#running = false;
    }
    this.#plan(this.#again ? soon : every);
  }

  async #take(devices, loops, routes) {
    Object.assign(this, {devices, loops, routes});
    await this.#readStates();
    this.loaded = true;
    this.#changed();
  }

  async #readStates() {
    const names = new Set(this.loops.map((l) => l.name));
    for (const name of this.states.keys()) if (!names.has(name)) this.states.delete(name);
    const wanted = [...names].filter((name) => !this.states.has(name) || this.#stale.has(name));
    this.#stale.clear();
    for (const name of wanted) { // one after the other: a hundred loops are no burst
      try {
        this.states.set(name, (await ask('GET', '/v1/states/' + pathOf(name + '/client'))).info);
      } catch (refusal) {
        this.states.delete(name);
      }
    }
  }

  /** set changes fields of a device, a loop or a route, and keeps the answer. It returns whether that succeeded. */
  async set(subject, fields) {
    this.#epoch++;
    try {
      const answer = await ask('PATCH', '/v1/states/' + pathOf(subject), fields);
      this.#keep(subject, answer.info);
      this.#changed();
      return true;
    } catch (refusal) {
      this.refuse(refusal);
      return false;
    } finally {
      this.#epoch++;
    }
  }

  /** change sends another request, and reads what there is after it. */
  async change(method, path, body) {
    try {
      await ask(method, path, body);
      return true;
    } catch (refusal) {
      this.refuse(refusal);
      return false;
    } finally {
      await this.read();
    }
  }

  refuse(refusal) {
    if (refusal.status === 401) this.session = {...this.session, known: false};
    this.dispatchEvent(new CustomEvent('refused', {detail: refusal}));
    this.#changed();
  }

  #keep(subject, info) {
    const device = this.devices.find((d) => d.name === subject);
    const route = this.routes.find((r) => 'route/' + r.name === subject);
    if (device) device.info = info;
    else if (route) Object.assign(route, {gain: info.play.gain, balance: info.play.balance, mute: info.output_muted, pause: info.play.pause});
    else this.states.set(subject.replace(/\/client$/, ''), info);
  }

  #plan(wait) {
    clearTimeout(this.#timer);
    if (!document.hidden) this.#timer = setTimeout(() => this.read(), wait);
  }

  #changed() {
    this.dispatchEvent(new Event('changed'));
  }
}
