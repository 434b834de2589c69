// The way to /v1/live, which comes back by itself.
import {ask, socket} from './request.js';

const firstWait = 250; // ms
const longestWait = 8000;
const patience = 6000; // ms without meters that were asked for

/**
 * Live tells: hello (the daemon is there), meters, event, refused, down (it went away; detail: ms until the next try), locked
 * (it wants the token).
 */
export class Live extends EventTarget {
  #socket = null;
  #wait = firstWait;
  #timer = 0;
  #watchdog = 0;
  #meters = null;
  #events;

  constructor({events = false} = {}) {
    super();
    this.#events = events;
  }

  /** start connects, and goes on doing so until stop. */
  start() {
    this.stop();
    const s = socket('/v1/live');
    this.#socket = s;
    s.onopen = () => s.send(JSON.stringify({events: this.#events, meters: this.#meters ?? undefined}));
    s.onmessage = (message) => this.#told(JSON.parse(message.data));
    s.onclose = () => this.#socket === s && this.#lost();
  }

  /** stop disconnects. */
  stop() {
    clearTimeout(this.#timer);
    clearTimeout(this.#watchdog);
    const s = this.#socket;
    this.#socket = null;
    s?.close();
  }

  /** watch asks for meters, as api.LiveMeters; no places: none. */
  watch(meters) {
    this.#meters = meters;
    this.#send({meters});
    this.#expect();
  }

  /** reset lets loudness of own meters begin anew. */
  reset() {
    this.#send({reset: true});
  }

  #send(request) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(request));
  }

  #told(message) {
    this.#expect();
    if (message.hello) {
      this.#wait = firstWait;
      this.#tell('hello', message.hello);
    }
    if (message.meters) this.#tell('meters', message.meters);
    if (message.event) this.#tell('event', message.event);
    if (message.error) this.#tell('refused', message.error);
  }

  // A machine that vanished closes no connection: meters that stop are a sign.
  #expect() {
    clearTimeout(this.#watchdog);
    if (this.#meters?.places.length && this.#socket) this.#watchdog = setTimeout(() => this.#lost(), patience);
  }

  async #lost() {
    this.stop();
    const wait = this.#wait * (0.75 + Math.random() / 2);
    this.#wait = Math.min(longestWait, this.#wait * 2);
    this.#timer = setTimeout(() => this.start(), wait);
    this.#tell('down', wait);
    try {
      const session = await ask('GET', '/v1/session');
      if (!session.known && !session.open) {
        this.stop();
        this.#tell('locked', session);
      }
    } catch (refusal) {
      // nobody answers: the timer tries again
    }
  }

  #tell(kind, detail) {
    this.dispatchEvent(new CustomEvent(kind, {detail}));
  }
}
