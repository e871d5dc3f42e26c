/**
 * The page of a connected account: Stripe's embedded components in tabs, in our
 * colours, and the sign-out.
 *
 * @typedef {import('@stripe/connect-js').ConnectElementTagName} Tag
 * @typedef {{error: {type: string, message?: string}, elementTagName: string}}
 *   LoadError
 */
import { byId, pageData } from './page.js';

const data = pageData();
const loadTimeoutMs = 15_000;

/** Set once the server has said that the session has ended. */
let closed = false;

/**
 * Returns the client secret of a new session at Stripe. Connect.js asks for
 * another one when a session runs out, so it must not be kept.
 *
 * @returns {Promise<string>}
 */
async function fetchClientSecret() {
  const response = await fetch('/account_session', { method: 'POST' });
  const body = await response.json();

  closed = response.status === 401;
  if (!response.ok) throw new Error(body.error);

  return body.client_secret;
}

/**
 * Loads Connect.js.
 *
 * @returns {Promise<any>} StripeConnect; rejects if it cannot be loaded
 */
function loadConnect() {
  return new Promise((resolve, reject) => {
    const script = document.createElement('script');
    const timer = setTimeout(() => reject(new Error('Connect.js is too slow')), loadTimeoutMs);
    script.src = data.scriptUrl;
    script.addEventListener('error', () => reject(new Error('Connect.js did not load')));

    script.addEventListener('load', () => {
      clearTimeout(timer);
      // Markup with this ID would hide behind the same name.
      if (typeof globalThis.StripeConnect?.init === 'function') resolve(globalThis.StripeConnect);
      else reject(new Error('Connect.js defined nothing'));
    });

    document.head.append(script);
  });
}

const darkScreen = matchMedia('(prefers-color-scheme: dark)');

function appearance() {
  return { overlays: 'dialog', variables: darkScreen.matches ? data.dark : data.light };
}

/** @type {Promise<any>} */
let connecting;

function openConnect() {
  connecting ??= loadConnect().then((StripeConnect) =>
    StripeConnect.init({
      publishableKey: data.publishableKey,
      fetchClientSecret,
      appearance: appearance(),
      locale: data.locale,
    }),
  );
  return connecting;
}

darkScreen.addEventListener('change', async () => {
  (await connecting)?.update({ appearance: appearance() });
});

/**
 * Explains a failure in place of a component, with a way to go on.
 *
 * @param {HTMLElement} panel
 * @param {string} type of Connect's load errors
 */
function explain(panel, type) {
  const { texts } = data;
  const text = document.createElement('p');
  text.setAttribute('role', 'alert');
  text.textContent = texts.failed;
  if (type === 'api_connection_error') text.textContent = texts.connection;
  if (closed) text.textContent = texts.closed;

  panel.replaceChildren(text);
  if (closed) return;

  const retry = document.createElement('button');
  retry.type = 'button';
  retry.className = 'button quiet';
  retry.textContent = texts.retry;
  retry.addEventListener('click', () => location.reload());
  panel.append(retry);
}

/**
 * Shows a component in a panel, once.
 *
 * @param {HTMLElement} panel
 * @param {string} name
 * @returns {Promise<any>} the component; undefined if it is shown already
 */
async function show(panel, name) {
  if (panel.dataset.shown) return undefined;

  panel.dataset.shown = name;
  const waiting = document.createElement('p');
  waiting.className = 'muted';
  waiting.textContent = data.texts.loading;
  panel.replaceChildren(waiting);

  try {
    const component = (await openConnect()).create(name);
    component.setOnLoaderStart(() => waiting.remove());
    component.setOnLoadError((/** @type {LoadError} */ { error }) => explain(panel, error.type));
    panel.append(component);
    return component;
  } catch {
    explain(panel, 'api_connection_error');
    return undefined;
  }
}

const tabs = /** @type {HTMLElement[]} */ ([...document.querySelectorAll('[role=tab]')]);

/** @param {HTMLElement} chosen */
function select(chosen) {
  for (const tab of tabs) {
    const panel = byId(`panel-${tab.dataset.component}`);
    const on = tab === chosen;
    tab.setAttribute('aria-selected', String(on));
    tab.tabIndex = on ? 0 : -1;
    panel.hidden = !on;
    if (on) void show(panel, tab.dataset.component ?? '');
  }
}

tabs.forEach((tab, i) => {
  tab.addEventListener('click', () => {
    history.replaceState(null, '', `#${tab.dataset.component}`);
    select(tab);
  });

  // https://www.w3.org/WAI/ARIA/apg/patterns/tabs/
  tab.addEventListener('keydown', (event) => {
    const to = { ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: -1 }[event.key];
    if (to === undefined) return;

    event.preventDefault();
    const next = tabs.at(to % tabs.length);
    next?.focus();
    next?.click();
  });
});

const named = tabs.find((tab) => `#${tab.dataset.component}` === location.hash);
if (tabs.length > 0) select(named ?? tabs[0]);

const banner = document.getElementById('banner');
if (banner) {
  void show(banner, 'notification-banner').then((component) => {
    component?.setOnNotificationsChange((/** @type {{total: number}} */ { total }) => {
      banner.hidden = total === 0;
    });
    component?.setOnLoadError(() => {}); // the tabs say it
  });
}

// Stripe's login outlives our session unless Connect.js ends it.
const signOut = byId('sign-out', HTMLFormElement);
signOut.addEventListener('submit', async (event) => {
  event.preventDefault();
  const late = new Promise((resolve) => setTimeout(resolve, 3_000));
  const out = Promise.resolve(connecting).then((instance) => instance?.logout());
  await Promise.race([out.catch(() => {}), late]);
  signOut.submit();
});
