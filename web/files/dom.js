// Elements without markup: what a name says is text, whatever it says.

/**
 * h makes an element. Properties: class, text, on (events), data, aria, or attributes. A child that is a string is text.
 */
export function h(tag, props = {}, ...children) {
  const at = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (key === 'class') at.className = value;
    else if (key === 'text') at.textContent = value;
    else if (key === 'on') for (const [kind, call] of Object.entries(value)) at.addEventListener(kind, call);
    else if (key === 'data') Object.assign(at.dataset, value);
    else if (key === 'aria') for (const [name, v] of Object.entries(value)) at.setAttribute('aria-' + name, v);
    else at.setAttribute(key, value === true ? '' : value);
  }
  at.append(...children.filter((c) => c !== null && c !== undefined && c !== false));
  return at;
}

/** setText changes text only if it differs: a screen reader is told nothing new, and nothing is laid out again. */
export function setText(at, text) {
  if (at.textContent !== text) at.textContent = text;
}

/** setAttr is setText for an attribute; null removes it. */
export function setAttr(at, name, value) {
  if (value === null || value === undefined) at.removeAttribute(name);
  else if (at.getAttribute(name) !== String(value)) at.setAttribute(name, value);
}

/** replace gives a list the elements that make returns for items, and keeps those whose key is there already. */
export function replace(list, items, keyOf, make) {
  const known = new Map([...list.children].map((c) => [c.dataset.key, c]));
  const wanted = items.map((item, i) => {
    const key = String(keyOf(item, i));
    const at = known.get(key) ?? make(item);
    at.dataset.key = key;
    return at;
  });
  if (wanted.length !== list.children.length || wanted.some((at, i) => list.children[i] !== at)) list.replaceChildren(...wanted);
  return wanted;
}

/** icon draws paths in a box of 16 by 16. It says nothing to a screen reader: its button has a label. */
export function icon(...paths) {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  for (const [name, value] of Object.entries({viewBox: '0 0 16 16', width: 16, height: 16, 'aria-hidden': 'true', class: 'icon'})) {
    svg.setAttribute(name, value);
  }
  for (const d of paths) {
    const path = document.createElementNS(space, 'path');
    path.setAttribute('d', d);
    svg.append(path);
  }
  return svg;
}

/** headphones is the icon of listen. */
export const headphones = () => icon('M2.5 10V8a5.5 5.5 0 0 1 11 0v2', 'M2.5 9.5h2.2v4H3.5a1 1 0 0 1-1-1zM13.5 9.5h-2.2v4h1.2a1 1 0 0 0 1-1z');
