// Signing in: the token is shown once, and the browser gets a cookie that no script can read.
import {ask} from './request.js';
import {h, setText} from './dom.js';

/** signIn wires the dialog and the button. done is called after signing in or out. It returns a function that opens the dialog. */
export function signIn(store, done) {
  const dialog = document.getElementById('signin');
  const token = document.getElementById('token');
  const button = document.getElementById('sign');
  const wide = h('span', {class: 'wide'});
  const word = h('span');
  button.replaceChildren(wide, word);
  const error = document.getElementById('signin-error');
  let passed = false; // the token was right
  const open = () => {
    passed = false;
    setText(error, '');
    document.getElementById('signin-cancel').hidden = !store.session.open;
    if (!dialog.open) dialog.showModal();
    token.focus();
  };
  button.addEventListener('click', async () => {
    if (!store.session.known) return open();
    await ask('DELETE', '/v1/session').catch((refusal) => store.refuse(refusal));
    done();
  });
  document.getElementById('signin-cancel').addEventListener('click', () => dialog.close());
  // A browser lets Escape close any dialog: where nothing can be seen without the token, it comes back.
  dialog.addEventListener('close', () => !passed && !store.session.open && open());
  dialog.querySelector('form').addEventListener('submit', async (e) => {
    e.preventDefault();
    try {
      await ask('POST', '/v1/session', undefined, {Authorization: 'Bearer ' + token.value.trim()});
      token.value = '';
      passed = true;
      dialog.close();
      done();
    } catch (refusal) {
      setText(error, refusal.status === 401 ? 'This is not the token.' : refusal.message);
      token.select();
    }
  });
  store.addEventListener('changed', () => {
    button.hidden = false;
    setText(wide, store.may ? '' : 'Read only \u2013 ');
    setText(word, store.may ? 'Sign out' : 'sign in');
  });
  return open;
}
