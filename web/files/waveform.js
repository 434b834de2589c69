// The waveform of a segment: its extremes in a picture, in place of the button that asked for it.
import {h} from './dom.js';

const width = 480;
const height = 64;

/** extremes returns the lowest and the highest sample of each of n parts, over all channels. */
export function extremes(channels, n) {
  const low = new Float32Array(n);
  const high = new Float32Array(n);
  for (const samples of channels) {
    const each = samples.length / n;
    for (let i = 0; i < n; i++) {
      const end = Math.min(samples.length, Math.ceil((i + 1) * each));
      for (let k = Math.floor(i * each); k < end; k++) {
        low[i] = Math.min(low[i], samples[k]);
        high[i] = Math.max(high[i], samples[k]);
      }
    }
  }
  return {low, high};
}

/** draw fetches and decodes a segment. A click into the picture moves its player there. */
export async function draw(url, button, player) {
  button.disabled = true;
  try {
    const answer = await fetch(url);
    if (!answer.ok) {
      throw new Error(`the daemon answers ${answer.status}`);
    }
    const sound = await new OfflineAudioContext(1, 1, 48000).decodeAudioData(await answer.arrayBuffer());
    const {low, high} = extremes(Array.from({length: sound.numberOfChannels}, (_, i) => sound.getChannelData(i)), width);
    const peak = Math.max(...high, ...low.map((x) => -x));
    const label = `Waveform, ${sound.duration.toFixed(1)} s, peak ${peak > 0 ? (20 * Math.log10(peak)).toFixed(1) : '\u2212\u221e'} dBFS`;
    const picture = h('canvas', {class: 'waveform', width, height, role: 'img', 'aria-label': label});
    const at = picture.getContext('2d');
    at.fillStyle = getComputedStyle(button).color;
    for (let i = 0; i < width; i++) {
      const top = (1 - high[i]) * height / 2;
      at.fillRect(i, top, 1, Math.max(1, (1 - low[i]) * height / 2 - top));
    }
    picture.addEventListener('click', (e) => {
      player.currentTime = e.offsetX / picture.clientWidth * sound.duration;
    });
    button.replaceWith(picture);
  } catch (failure) {
    button.disabled = false;
    button.textContent = `No waveform: ${failure.message}`;
  }
}
