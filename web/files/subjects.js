// What has a strip: each side of a device, each loop, each route. All of them alike, for those who draw and set.
import {count, format, ppm, rate} from './units.js';

/**
 * subjects returns, for each strip:
 *   key      the place that is heard, which tells strips apart
 *   kind     device, loop, route
 *   name, side
 *   state    the subject of /v1/states; field: the side whose gain the fader is
 *   gain, balance, mute, and of devices monitor, ports {now, available}
 *   facts    short texts for its last line; warn: one of them is bad news
 */
export function subjects(store) {
  return [...store.devices.flatMap(ofDevice), ...store.loops.map((l) => ofLoop(l, store.states.get(l.name))), ...store.routes.map(ofRoute)];
}

function ofDevice(d) {
  return ['record', 'play'].filter((side) => d.info[side].sample_rate > 0).map((side) => {
    const s = d.info[side];
    const hw = d.hardware;
    const xruns = hw?.xruns ?? 0;
    return {
      key: `${d.name}:${side}`, kind: 'device', name: d.name, side, state: d.name, field: side,
      gain: s.gain, balance: s.balance, channels: s.channels,
      mute: side === 'play' ? d.info.output_muted : undefined,
      monitor: side === 'play' && d.info.record.sample_rate > 0 ? d.info.monitor_gain : undefined,
      ports: {now: split(s.port), available: split(s.avail_ports), switched: split(s.mod_ports)},
      open: s.open, error: d.error ?? '', xruns, ppm: hw?.clock_ppm,
      facts: [d.error ? 'gone' : `${rate(s.sample_rate)} ${s.channels} ch`, count(xruns, 'xrun'), ppm(hw?.clock_ppm)],
      warn: Boolean(d.error), device: d,
    };
  });
}

function ofLoop(l, info) {
  const side = sideOf(l);
  const ends = [l.server, ...l.clients].filter(Boolean);
  const xruns = ends.reduce((n, e) => n + e.xruns, 0);
  const who = holders(l);
  return {
    key: l.name + '/client', kind: 'loop', name: l.name, side, state: l.name + '/client', field: side,
    gain: info?.[side].gain ?? 255, balance: info?.[side].balance ?? 32, channels: l.format.channels,
    mute: side === 'play' ? info?.output_muted ?? false : undefined,
    open: l.clients.length > 0, error: '', xruns,
    facts: [l.state, count(xruns, 'xrun'), who.length ? who.join(', ') : 'nobody holds it'],
    warn: false, loop: l,
  };
}

/** sideOf is what clients of a loop do: play or record. */
function sideOf(l) {
  if (l.attached) return l.attached;
  return (l.server?.direction ?? 'read') === 'read' ? 'play' : 'record';
}

/** holders names the programs at the ends of a loop. */
export function holders(l) {
  return [l.server && l.server.pid ? `${l.server.program} (server)` : '', ...l.clients.map((c) => c.program)].filter(Boolean);
}

function ofRoute(r) {
  const state = r.waits_for ? 'waits for ' + r.waits_for : r.state;
  return {
    key: 'route/' + r.name, kind: 'route', name: r.name, side: 'route', state: 'route/' + r.name, field: 'play',
    gain: r.gain, balance: r.balance, mute: r.mute, channels: 2, open: r.state !== 'waiting', error: r.error,
    xruns: r.clock?.resyncs ?? 0, ppm: r.clock?.ppm,
    facts: [`${r.from} \u2192 ${r.to}`, state, ...(r.clock ? [ppm(r.clock.ppm)] : [])],
    warn: Boolean(r.error), route: r,
  };
}

const split = (ports) => (ports && ports !== 'none' ? ports.split('+') : []);

/** title names a subject for people. */
export const title = (s) => (s.kind === 'device' ? `${s.name} ${s.side}` : `${s.kind} ${s.name}`);

/** facts are the lines of a subject that has been opened: pairs of a word and what it is. */
export function facts(s) {
  const lines = [];
  const add = (word, text) => text !== undefined && text !== null && text !== '' && lines.push([word, String(text)]);
  if (s.device) {
    const hw = s.device.hardware;
    add('runs on', hw?.runs_on);
    add('format', format(hw?.format));
    add('period', hw && `${hw.period} \u00d7 ${hw.periods} frames`);
    add('thread', hw?.thread);
    add('xruns', hw && `${hw.xruns} (${count(hw.lost_frames, 'frame')} lost)`);
    add('drift', ppm(hw?.clock_ppm).replace('drift ', ''));
    const n = hw?.network;
    if (n?.receives && s.side === 'record') {
      add('sender', n.sender);
      add('packets', `${n.packets} (${n.lost} lost, ${n.late} late, ${n.recovered} recovered)`);
      add('network', `${n.latency_ms.toFixed(2)} ms latency, ${n.jitter_ms.toFixed(2)} ms jitter`);
    }
    if (n?.sends && s.side === 'play') add('packets', `${n.sent} sent`);
    add('delay', s.device.info[s.side].delay ? count(s.device.info[s.side].delay, 'frame') : '');
    add('holders', s.device.info.ref_cnt);
  } else if (s.loop) {
    add('clock', s.loop.device);
    add('format', format(s.loop.format));
    add('state', s.loop.state);
    add('sessions', s.loop.sessions);
    add('server', s.loop.server?.program ?? 'nobody');
    for (const c of s.loop.clients) add('client', `${c.program}${c.pid ? ' ' + c.pid : ''}, ${c.state}, ${count(c.xruns, 'xrun')}`);
    if (!s.loop.clients.length) add('client', 'nobody');
  } else {
    const c = s.route.clock;
    add('from', s.route.from);
    add('to', s.route.to);
    add('state', s.route.state);
    add('waits for', s.route.waits_for);
    add('channels', s.route.channels);
    add('drift', c && `${ppm(c.ppm)}, ${c.state}`);
    add('latency', c?.latency_ms !== undefined && c?.latency_ms !== null ? c.latency_ms.toFixed(2) + ' ms' : '');
    add('resyncs', c?.resyncs);
    add('missing', count(s.route.missing, 'frame'));
  }
  add('error', s.error);
  return lines;
}
