// Hearing places: ears, which fetch and measure, and the player.

/** pathOf is where the sound of a place comes from. */
const listenPath = (place) => '/v1/listen/' + place.split('/').map(encodeURIComponent).join('/');

/** Ears lends an ear for each place, one for all who want it. */
export class Ears {
  #known = new Map();

  /** take returns the ear of a place, an EventTarget that tells format and levels. Give it back. */
  take(place) {
    let ear = this.#known.get(place);
    if (!ear) {
      ear = new Ear(place);
      this.#known.set(place, ear);
    }
    ear.takers++;
    return ear;
  }

  /** give ends an ear that nobody wants any more. */
  give(ear) {
    if (--ear.takers > 0) return;
    this.#known.delete(ear.place);
    ear.end();
  }
}

class Ear extends EventTarget {
  takers = 0;
  format = {rate: 0, channels: 0};
  #worker;

  constructor(place) {
    super();
    this.place = place;
    this.#worker = new Worker('/web/ear.js', {type: 'module', name: 'ear'});
    this.#worker.onmessage = ({data: m}) => {
      if (m.format) this.format = m.format;
      this.dispatchEvent(new CustomEvent(m.format ? 'format' : 'levels', {detail: m.format ?? m}));
    };
    this.#worker.postMessage({path: listenPath(place)});
  }

  analyse(on) {
    this.#worker.postMessage({analyse: on});
  }

  /** play sends frames to a port; null: no more. */
  play(port) {
    this.#worker.postMessage({player: port}, port ? [port] : []);
  }

  end() {
    this.#worker.terminate();
  }
}

/** Listening plays one place at a time. It tells changed, with what the player reports. */
export class Listening extends EventTarget {
  place = ''; // '': none
  report = null;
  #ears;
  #ear = null;
  #sound = null; // AudioContext
  #node = null;

  constructor(ears) {
    super();
    this.#ears = ears;
  }

  /** start listens to a place in place of the one before. It must be called by a click or a key. */
  async start(place) {
    this.stop();
    this.place = place;
    this.#changed();
    this.#ear = this.#ears.take(place);
    this.#ear.addEventListener('format', this.#retune);
    await this.#tune(this.#ear.format.rate);
  }

  stop() {
    this.place = '';
    this.report = null;
    this.#ear?.removeEventListener('format', this.#retune);
    this.#ear?.play(null);
    if (this.#ear) this.#ears.give(this.#ear);
    this.#ear = null;
    this.#silence();
    this.#changed();
  }

  /** latency is the time in ms from the arrival of a frame to the loudspeaker, as far as the browser knows it. */
  get latency() {
    if (!this.report || !this.#sound) return null;
    return 1000 * (this.report.fill + (this.#sound.baseLatency || 0) + (this.#sound.outputLatency || 0));
  }

  /** tap resolves to the next frames that the sound card gets, both channels interleaved, and their rate. */
  tap(frames) {
    return new Promise((resolve) => {
      this.addEventListener('tapped', (e) => resolve(e.detail), {once: true});
      this.#node.port.postMessage({tap: frames});
    });
  }

  #retune = (e) => {
    const {rate} = e.detail;
    if (rate && this.#sound && this.#wish !== rate) this.#tune(rate);
  };

  #wish = 0; // the rate that the AudioContext was asked for

  // The browser's rate is that of the place, if it can: nothing is then converted twice.
  async #tune(rate) {
    this.#silence();
    const place = this.place;
    this.#wish = rate;
    const sound = context(rate);
    this.#sound = sound;
    await sound.audioWorklet.addModule('/web/player.js');
    if (this.place !== place || this.#sound !== sound) return; // it was stopped meanwhile
    const node = new AudioWorkletNode(sound, 'player', {numberOfInputs: 0, outputChannelCount: [2]});
    const wire = new MessageChannel();
    node.port.postMessage({frames: wire.port2}, [wire.port2]);
    node.port.onmessage = ({data: m}) => (m.tapped ? this.dispatchEvent(new CustomEvent('tapped', {detail: m})) : this.#told(m));
    node.connect(sound.destination);
    this.#node = node;
    this.#ear.play(wire.port1);
    await sound.resume();
  }

  #told(report) {
    this.report = report;
    this.#changed();
  }

  #silence() {
    this.#node?.port.postMessage({end: true});
    this.#node?.disconnect();
    this.#node = null;
    this.#sound?.close();
    this.#sound = null;
  }

  #changed() {
    this.dispatchEvent(new Event('changed'));
  }
}

function context(rate) {
  const wish = {latencyHint: 'interactive'};
  try {
    return new AudioContext(rate ? {...wish, sampleRate: rate} : wish);
  } catch (refused) { // the player converts to what the browser has
    return new AudioContext(wish);
  }
}
