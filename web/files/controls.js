// Faders and switches. What they show is the daemon's; while a hand is on them, it is the hand's.
import {h, headphones, setAttr, setText} from './dom.js';
import {balance, dB, gainDB} from './units.js';

const between = 60; // ms between two changes that are sent
const settle = 700; // ms after the last one, during which the daemon's older value is not shown

/** slider is a range whose changes are sent one after the other, the latest last. */
function slider({label, max, step = 1, text, send, reset}) {
  const input = h('input', {type: 'range', min: 0, max, step, 'aria-label': label, title: label});
  const output = h('output', {class: 'value', 'aria-hidden': 'true'});
  let touched = -settle;
  let latest;
  let later = 0;
  let timer = 0;
  let busy = false;
  const write = () => {
    setText(output, text(Number(input.value)));
    setAttr(input, 'aria-valuetext', text(Number(input.value)));
    input.style.setProperty('--at', `${(100 * input.value) / max}%`);
  };
  const flush = async () => {
    timer = 0;
    if (busy) return;
    busy = true;
    const value = Number(input.value);
    await send(value);
    busy = false;
    touched = performance.now();
    if (Number(input.value) !== value) plan();
    else settled(); // a change that was refused is taken back
  };
  const settled = () => {
    clearTimeout(later);
    const wait = touched + settle - performance.now();
    if (wait > 0) {
      later = setTimeout(settled, wait);
      return;
    }
    if (latest !== undefined && Number(input.value) !== latest) input.value = latest;
    write();
  };
  const plan = () => {
    clearTimeout(later);
    touched = performance.now();
    timer ||= setTimeout(flush, between);
  };
  input.addEventListener('input', () => {
    write();
    plan();
  });
  input.addEventListener('dblclick', () => {
    if (input.disabled || reset === undefined) return;
    input.value = reset;
    write();
    plan();
  });
  return {
    input, output,
    show(value, may) {
      input.disabled = !may;
      latest = value;
      if (!busy && !timer) settled();
    },
  };
}

/** fader is a gain, 0 to 255. A double click makes it unity. */
export const fader = (label, send) =>
  slider({label, max: 255, reset: 255, send, text: (v) => dB(gainDB(v)) + ' dB'});

/** pan is a balance, 0 to 64. */
export const pan = (label, send) => slider({label, max: 64, reset: 32, send, text: balance});

/** toggle is a button that is pressed or not. */
export function toggle({label, text, className = '', press}) {
  const at = h('button', {type: 'button', class: 'toggle ' + className, 'aria-label': label, title: label, 'aria-pressed': 'false'}, text);
  at.addEventListener('click', () => press(at.getAttribute('aria-pressed') !== 'true'));
  return {
    at,
    show(pressed, may = true) {
      setAttr(at, 'aria-pressed', pressed ? 'true' : 'false');
      at.disabled = !may;
    },
  };
}

/** listenButton listens to a place, or stops. */
export const listenButton = (name, press) => toggle({label: `Listen to ${name}`, text: headphones(), className: 'listen', press});
