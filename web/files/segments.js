// Segments of a recorder: to be played, and drawn if they are short.
import {h} from './dom.js';
import {ask, pathOf} from './request.js';
import {bytes} from './units.js';
import {draw} from './waveform.js';

/** most is how many are listed, and drawable how large one may be whose waveform a browser works out, in bytes. */
const most = 20;
const drawable = 24e6;

/** Segments lists them when it is opened. */
export class Segments {
  #name;
  #list = h('ul', {class: 'segments'});

  constructor(name) {
    this.#name = name;
    const what = h('summary', {text: 'Segments', 'aria-label': `Segments of ${name}`});
    this.at = h('details', {}, what, this.#list);
    this.at.addEventListener('toggle', () => this.at.open && this.#read());
  }

  async #read() {
    const path = `/v1/recorders/${pathOf(this.#name)}/segments`;
    try {
      const {segments} = await ask('GET', path);
      this.#list.replaceChildren(...segments.slice(0, most).map((s) => this.#row(path, s)));
      if (segments.length === 0) {
        this.#list.replaceChildren(h('li', {text: 'none yet'}));
      }
    } catch (refusal) {
      this.#list.replaceChildren(h('li', {text: String(refusal.message ?? refusal)}));
    }
  }

  #row(path, s) {
    const url = `${path}/${pathOf(s.file)}`;
    const player = h('audio', {controls: '', preload: 'none', src: url, 'aria-label': `Play ${s.file}`});
    const at = h('li', {}, h('span', {text: `${s.file}, ${bytes(s.bytes)}${s.ended ? '' : ', being written'}`}), player);
    if (s.bytes <= drawable) {
      const button = h('button', {type: 'button', text: 'Waveform', 'aria-label': `Draw the waveform of ${s.file}`});
      button.addEventListener('click', () => draw(url, button, player));
      at.append(button);
    }
    return at;
  }
}
