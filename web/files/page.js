// The page: who knows whom.
//
//   Live ─▶ Strips ─▶ Strip ─▶ Meter ─▶ Easel        Ears ─▶ Listening, Inspector
//   Live ─▶ Store ─▶ Strips, Matrix, Inspector       Live ─▶ Log
import {Alarms} from './alarms.js';
import {Easel} from './canvas.js';
import {History} from './history.js';
import {Inspector} from './inspector.js';
import {setText} from './dom.js';
import {Ears, Listening} from './listen.js';
import {Live} from './live.js';
import {Log} from './log.js';
import {Matrix} from './matrix.js';
import {Recorders} from './recorders.js';
import {signIn} from './signin.js';
import {Store} from './store.js';
import {Strips} from './strips.js';
import {ppm} from './units.js';
import {Views} from './views.js';

const $ = (id) => document.getElementById(id);
const store = new Store();
const live = new Live({events: true});
const views = new Views();
const ears = new Ears();
const easel = new Easel();
const listening = new Listening(ears);

/** desk is what strips and the inspector may do. */
export const desk = {
  store, easel, ears, listening,
  get opened() {
    return inspector.key;
  },
  get heard() {
    return listening.place;
  },
  open(key) {
    const before = inspector.key;
    inspector.open(key && key !== before ? subjects.find((s) => s.key === key) : null);
    show();
    if (!inspector.key) $('list').querySelector(`[data-key="${CSS.escape(before)}"] .open`)?.focus();
  },
  listen(key, on) {
    if (on) listening.start(key).catch((problem) => complain(`This browser cannot play sound: ${problem.message}`));
    else listening.stop();
  },
};

const inspector = new Inspector($('inspector'), desk);
const strips = new Strips($('list'), desk, live);
const matrix = new Matrix($('routes'), store);
const log = new Log($('events'));
const alarms = new Alarms($('alarms'), store, (there, raised) => {
  views.offer('alarms', there);
  setText($('alarm-count'), String(raised));
  $('alarm-count').hidden = raised === 0;
});
const recorders = new Recorders($('recorders'), store, (there) => views.offer('recorders', there));
const past = new History($('history'), (there) => views.offer('history', there));
let subjects = [];
let mark = null; // the ETag of this page

function show() {
  subjects = strips.show(!document.hidden && views.now === 'strips' && store.loaded);
  $('empty').hidden = !store.loaded || subjects.length > 0;
  if (views.now === 'routes') matrix.show();
  past.show(views.now === 'history');
  const opened = subjects.find((s) => s.key === inspector.key);
  if (opened) inspector.show(opened, {may: store.may, heard: listening.place === opened.key, report: reportOf()});
  else if (inspector.key) inspector.close();
  document.body.classList.toggle('readonly', !store.may);
}

function reportOf() {
  const r = listening.report;
  if (!r) return 'waiting for sound';
  const parts = [`${Math.round(listening.latency)} ms from here to your ear`, ppm(Math.round(r.ppm * 10) / 10)];
  if (r.late) parts.push(`late ${r.late}\u00d7`);
  if (r.dropped) parts.push(`${r.dropped} frames dropped`);
  return parts.join(' \u00b7 ');
}

function complain(text) {
  setText($('banner'), text);
  $('banner').hidden = !text;
}

async function begin() {
  try {
    const session = await store.readSession();
    if (!session.known && !session.open) return lock();
  } catch (refusal) {
    // live says so
  }
  live.start();
  store.read();
}

// Nobody may even look without the token.
function lock() {
  live.stop();
  store.forget();
  setText($('state'), 'signed out');
  $('state').className = '';
  complain('');
  askToken();
}

const askToken = signIn(store, () => begin());

// After an upgrade the page may be another one.
async function lookForNews() {
  const answer = await fetch('/', {method: 'GET', cache: 'no-cache'}).catch(() => null);
  const now = answer?.headers.get('ETag');
  if (mark && now && now !== mark) location.reload();
  mark = now ?? mark;
}

live.addEventListener('hello', (e) => {
  complain('');
  setText($('state'), 'connected');
  $('state').className = 'up';
  setText($('version'), e.detail.version);
  store.readSession().catch(() => {});
  store.read();
  for (const panel of [alarms, recorders, past]) panel.read();
  lookForNews();
});
live.addEventListener('down', () => {
  setText($('state'), 'not connected');
  $('state').className = 'down';
  complain('The daemon does not answer. What is shown is what was; the page comes back by itself.');
  store.stop();
});
live.addEventListener('locked', () => {
  store.readSession().catch(() => {});
  lock();
});
live.addEventListener('event', (e) => {
  log.add(e.detail);
  alarms.happened(e.detail);
  store.happened(e.detail);
});
live.addEventListener('refused', (e) => complain(e.detail));
store.addEventListener('changed', show);
store.addEventListener('refused', (e) => {
  complain(e.detail.status === 401 ? 'Changes need the token: sign in.' : e.detail.message);
  if (e.detail.status) setTimeout(() => $('banner').textContent === e.detail.message && complain(''), 8000);
});
views.addEventListener('changed', show);
listening.addEventListener('changed', show);
document.addEventListener('visibilitychange', () => {
  if (document.hidden) store.stop();
  else for (const panel of [store, alarms, recorders, past]) panel.read();
  show();
});
addEventListener('theme', () => {
  easel.repaint();
  past.draw();
});
addEventListener('keydown', (e) => {
  if (e.key === 'Escape' && inspector.key && !e.target.closest('dialog, .popover')) desk.open('');
});

begin();
