// All that moves is drawn here, once for each frame of the screen.

/** Easel draws what is on it: things with draw(now, elapsed, look) and, if their size matters, resize(width, height). */
export class Easel {
  frames = 0; // drawn so far
  #things = new Map(); // element → thing
  #sizes;
  #look;
  #last = 0;

  constructor() {
    this.#look = lookOf();
    this.#sizes = new ResizeObserver((entries) => {
      for (const e of entries) this.#things.get(e.target)?.resize?.(e.contentRect.width, e.contentRect.height);
    });
    requestAnimationFrame((now) => this.#frame(now));
  }

  /** add draws a thing whose size is that of an element. */
  add(thing, element) {
    this.#things.set(element, thing);
    this.#sizes.observe(element);
  }

  remove(element) {
    this.#things.delete(element);
    this.#sizes.unobserve(element);
  }

  /** repaint takes the colours of the page anew. */
  repaint() {
    this.#look = lookOf();
    for (const thing of this.#things.values()) thing.refresh?.();
  }

  #frame(now) {
    const elapsed = Math.min(200, now - this.#last);
    this.#last = now;
    this.frames++;
    for (const [element, thing] of this.#things) if (element.offsetParent !== null) thing.draw(now, elapsed, this.#look);
    requestAnimationFrame((next) => this.#frame(next));
  }
}

/** lookOf reads the colours of theme.css. */
function lookOf() {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue('--' + name).trim();
  return {
    font: style.fontFamily, text: of('text'), muted: of('muted'), line: of('line'), panel: of('panel'), track: of('track'), tick: of('tick'),
    low: of('low'), lowPeak: of('low-peak'), high: of('high'), highPeak: of('high-peak'), over: of('over'), overPeak: of('over-peak'), accent: of('accent'),
    dark: of('dark') === '1',
  };
}
