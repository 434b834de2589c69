// Which view is seen: the address says so, and so a reload and a bookmark keep it.

/** Views shows one section of the page at a time, and tells changed. */
export class Views extends EventTarget {
  #links = [...document.querySelectorAll('#nav a')];

  constructor() {
    super();
    addEventListener('hashchange', () => this.#show());
    this.#show();
  }

  /** now is the id of the section that is seen. */
  get now() {
    const wanted = location.hash.slice(1);
    return this.#links.some((a) => a.hash === '#' + wanted && !a.hidden) ? wanted : 'strips';
  }

  /** offer adds a view to the links, or takes it away. */
  offer(id, there) {
    const link = this.#links.find((a) => a.hash === '#' + id);
    if (link.hidden !== there) return;
    link.hidden = !there;
    this.#show();
  }

  #show() {
    const {now} = this;
    for (const a of this.#links) {
      const id = a.hash.slice(1);
      document.getElementById(id).hidden = id !== now;
      if (id === now) a.setAttribute('aria-current', 'page');
      else a.removeAttribute('aria-current');
    }
    this.dispatchEvent(new Event('changed'));
  }
}
