// Light or dark, before the first paint. Without a choice it is what the system prefers. This is no module: those run later.
(function () {
  const key = 'loopbridge-theme';
  const names = {'': 'as the system', light: 'light', dark: 'dark'};
  const root = document.documentElement;
  let chosen = '';
  try {
    chosen = localStorage.getItem(key) || '';
  } catch (forbidden) {
    chosen = ''; // this browser keeps nothing
  }
  const apply = () => {
    root.dataset.theme = chosen;
    const button = document.getElementById('theme');
    if (button) {
      button.textContent = {'': '\u25d0', light: '\u2600', dark: '\u263e'}[chosen];
      button.title = 'Colours: ' + names[chosen];
      button.setAttribute('aria-label', button.title);
    }
    dispatchEvent(new Event('theme'));
  };
  apply();
  addEventListener('DOMContentLoaded', () => {
    document.getElementById('theme').addEventListener('click', () => {
      chosen = {'': 'light', light: 'dark', dark: ''}[chosen];
      try {
        localStorage.setItem(key, chosen);
      } catch (forbidden) {
        // it holds for this page
      }
      apply();
    });
    apply();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', apply);
})();
