// A worker that hears a place: it fetches /v1/listen, measures spectra, and hands frames to the player. It is no part of the
// page's own thread, where drawing would make the sound late.
//
//   /v1/listen ─▶ ear.js ─┬─▶ spectra, a message each 50 ms ─▶ the page
//                         └─▶ frames, by a port of their own ─▶ player.js
//
// The page's own transform is used, and not an AnalyserNode: that needs an AudioContext, which browsers let run after a click
// only, and has the rate of the browser and a window of its own choice.
import {Spectrum} from './fft.js';
import {socket} from './request.js';

const size = 4096; // frames of a transform
const perSecond = 20; // transforms

const spectrum = new Spectrum(size);
const ring = [new Float32Array(size), new Float32Array(size)];
let at = 0;
let since = 0; // frames after the last transform
let heard = 0; // frames in the ring
let path = '';
let wire = null;
let format = {rate: 0, channels: 0};
let analyse = false;
let player = null;
let wait = 250;

self.onmessage = ({data: m}) => {
  if (m.path !== undefined) {
    path = m.path;
    connect();
  }
  if (m.analyse !== undefined) analyse = m.analyse;
  if (m.player !== undefined) {
    player = m.player;
    player?.postMessage(format);
  }
};

function connect() {
  const s = socket(path);
  s.binaryType = 'arraybuffer';
  s.onmessage = ({data}) => (typeof data === 'string' ? begin(JSON.parse(data)) : hear(new Int16Array(data)));
  s.onclose = () => {
    if (s !== wire) return;
    begin({rate: 0, channels: 0});
    setTimeout(connect, wait);
    wait = Math.min(8000, wait * 2);
  };
  wire = s;
}

function begin(f) {
  format = f;
  if (f.rate) wait = 250;
  at = since = heard = 0;
  player?.postMessage(f);
  self.postMessage({format: f});
}

function hear(frames) {
  if (analyse) measure(frames);
  player?.postMessage(frames, [frames.buffer]);
}

function measure(frames) {
  const hop = format.rate / perSecond;
  for (let i = 0; i + 1 < frames.length; i += 2) {
    ring[0][at] = frames[i] / 32768;
    ring[1][at] = frames[i + 1] / 32768;
    at = (at + 1) % size;
    heard++;
    if (++since < hop) continue;
    since = 0;
    if (heard < size) continue;
    const levels = new Float32Array(size / 2);
    spectrum.levels((k) => ring[0][(at + k) % size], (k) => ring[1][(at + k) % size], levels);
    self.postMessage({levels, rate: format.rate}, [levels.buffer]);
  }
}
