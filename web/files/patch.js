// What a matrix of routes has at its sides, and which route is at a crossing.

/** places returns sources and sinks, each {place, name, note}. A place that only a route has is listed, too. */
export function places({devices, loops, routes}) {
  const named = new Set(devices.map((d) => d.name));
  const sources = [], sinks = [];
  for (const d of devices) {
    if (d.info.record.sample_rate) sources.push({place: d.name + '/record', name: d.name, note: 'record'});
    if (d.info.play.sample_rate) {
      sources.push({place: d.name + '/play', name: d.name, note: 'heard'});
      sinks.push({place: d.name + '/play', name: d.name, note: 'play'});
    }
  }
  for (const l of loops) {
    const plain = named.has(l.name) ? l.name + '/client' : l.name;
    if (l.attached !== 'play') sources.push({place: plain, name: l.name, note: l.attached ? 'record' : 'client'});
    if (!l.attached) sources.push({place: l.name + '/heard', name: l.name, note: 'heard'});
    if (l.attached !== 'record') sinks.push({place: plain, name: l.name, note: l.attached ? 'play' : 'client'});
  }
  for (const r of routes) {
    const from = source(r.from, named), to = sink(r.to, named);
    if (!sources.some((s) => s.place === from)) sources.push({place: from, name: from, note: ''});
    if (!sinks.some((s) => s.place === to)) sinks.push({place: to, name: to, note: ''});
  }
  return {sources, sinks, crossing: crossings(routes, named)};
}

// One place has several spellings: these are the ones above.
const source = (p, devices) => {
  const [name, end] = cut(p);
  if (devices.has(name)) return !end ? name + '/record' : end === 'heard' ? name + '/play' : p;
  return end === 'client' ? name : p;
};

const sink = (p, devices) => {
  const [name, end] = cut(p);
  if (devices.has(name)) return end ? p : name + '/play';
  return end === 'client' ? name : p;
};

function cut(place) {
  const at = place.lastIndexOf('/');
  return at < 0 ? [place, ''] : [place.slice(0, at), place.slice(at + 1)];
}

function crossings(routes, named) {
  const known = new Map(routes.map((r) => [source(r.from, named) + '\n' + sink(r.to, named), r]));
  return (from, to) => known.get(from + '\n' + to);
}

/** routeName makes a name from both places that no route has yet. */
export function routeName(from, to, routes) {
  const plain = (place) => place.replace(/[^A-Za-z0-9._-]+/g, '-');
  const base = `${plain(from)}-${plain(to)}`.slice(0, 58).replace(/^[^A-Za-z0-9]+/, '');
  const taken = new Set(routes.map((r) => r.name));
  for (let n = 1; ; n++) {
    const name = n === 1 ? base : `${base}-${n}`;
    if (!taken.has(name)) return name;
  }
}
