/**
 * The form of an order on a page of the shop's own: what checkoutd.js exports.
 * The form stands in a shadow root, so that no style leaks in or out; Stripe's
 * elements have to be in the page itself and are shown through slots.
 *
 * @typedef {import('./checkoutd.js').MountOptions} MountOptions
 * @typedef {import('./checkoutd.js').Appearance} Appearance
 * @typedef {{lang: string, dir: string, failed: string, retry: string}} Words
 */
import { ApiError, codeOf, connect } from './api.js';
import { createLook } from './appearance.js';
import { openCheckout } from './checkout-form.js';
import { localise, lookup, part } from './dom.js';
import { colours } from './mount-colors.js';
import { hasMoved } from './poll.js';

const tag = 'checkoutd-form';
const known = ['clientToken', 'onPaid', 'onError', 'appearance'];
const stripeParams = [
  'payment_intent',
  'payment_intent_client_secret',
  'setup_intent',
  'setup_intent_client_secret',
  'redirect_status',
];

const loading =
  '<div data-phase="loading" aria-hidden="true">' +
  '<div class="skeleton"><span></span><span></span><span></span></div></div>';

/**
 * The forms by the element that holds them.
 *
 * @type {WeakMap<Element, import('./checkoutd.js').Handle>}
 */
const mounted = new WeakMap();

/**
 * Returns the function that checkoutd.js exports as mount.
 *
 * @param {string} base the server's address
 * @param {string} css the style sheet of the form
 * @param {Words[]} words of each language, for when the server cannot be asked
 * @returns {typeof import('./checkoutd.js').mount}
 */
export function createMount(base, css, words) {
  return (target, options) => {
    const element = elementOf(target);
    check(options);
    mounted.get(element)?.destroy();

    const handle = open(base, css, words, element, options);
    mounted.set(element, handle);
    return handle;
  };
}

/**
 * @param {string | Element} target
 * @returns {Element}
 */
function elementOf(target) {
  const element = typeof target === 'string' ? document.querySelector(target) : target;
  if (element instanceof Element) return element;
  if (typeof target === 'string')
    throw wrong(`nothing in the page matches "${target}". Call mount() when the element is there.`);
  throw wrong('the first argument of mount() is a selector or an element.');
}

/** @param {MountOptions} options */
function check(options) {
  const { clientToken, onPaid, onError } = options ?? {};
  const unknown = Object.keys(options ?? {}).find((name) => !known.includes(name));
  if (unknown)
    throw wrong(`mount() has no option "${unknown}". The options are ${known.join(', ')}.`);
  if (!clientToken)
    throw wrong('mount() needs clientToken: the client_token of the order, from POST /v1/orders.');
  if (!/^ord_\w+\.[\w-]+$/.test(String(clientToken)))
    throw wrong('clientToken is not the client_token of an order, which begins with "ord_".');
  for (const [name, value] of Object.entries({ onPaid, onError }))
    if (value && typeof value !== 'function') throw wrong(`${name} is not a function.`);
}

/** @param {string} message for the developer of the page */
function wrong(message) {
  return new TypeError(`checkoutd: ${message}`);
}

/**
 * @param {string} base
 * @param {string} css
 * @param {Words[]} words
 * @param {Element} element
 * @param {MountOptions} options
 */
function open(base, css, words, element, { clientToken, onPaid, onError, appearance = {} }) {
  const host = document.createElement(tag);
  const root = host.attachShadow({ mode: 'open' });
  element.replaceChildren(host);
  root.adoptedStyleSheets = [css, colours(appearance, element)].map((text) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    return sheet;
  });

  const api = connect(base, { 'Checkoutd-Client-Token': clientToken });
  const orderId = clientToken.split('.')[0];
  const look = lookOf(host, appearance);
  const { returnUrl, isBack } = readAddress();
  /** @type {{close: () => void} | null} */
  let form = null;
  let gone = false;
  let isTold = false; // onPaid was called
  let turn = 0; // of show; a later one is newer

  const paint = () => {
    host.dataset.theme = look.isDark() ? 'dark' : 'light';
  };

  /** Shows what the server knows of the order: the form, or its state. */
  async function show() {
    const wasOpen = Boolean(form);
    form?.close();
    form = null;

    const mine = ++turn;
    const isStale = () => gone || mine !== turn;

    let answer;
    try {
      answer = await api.get('/checkout-form');
    } catch (failure) {
      if (!isStale()) showFailure(failure);
      return;
    }

    if (isStale()) return;

    const { html, lang, dir, payable, data } = answer;
    draw(html, lang, dir);
    localise(root, data.locale);

    if (!payable) {
      if (wasOpen) part(root, '#state-title').focus();
      return follow(data);
    }

    form = openCheckout({
      dom: lookup(root),
      api,
      page: data,
      look,
      returnUrl,
      leave,
      lost: showFailure,
      reload: show,
      failed,
    });
  }

  /**
   * Follows an order that cannot be paid, or not now, until that changes.
   *
   * @param {import('./poll.js').Known} data
   */
  async function follow(data) {
    const { status, paymentStatus, poll } = data;
    if (['paid', 'authorized'].includes(status) || paymentStatus === 'processing') return finish();
    if (poll !== 'fast') return failed(`order_${status}`, textOf('#order-state p'));
    if ((await hasMoved(api, data)) && !gone) await show();
  }

  /** Waits until the outcome of a payment is known, and shows it. */
  async function leave() {
    const order = await readOrder();
    const waits = order && ['checking', 'requires_action'].includes(order.payment_status);
    if (waits && !(await hasInstructions())) {
      const { status, payment_status: paymentStatus } = order;
      const poll = paymentStatus === 'checking' ? 'fast' : 'brief';
      await hasMoved(api, { orderId, status, paymentStatus, poll });
    }

    if (!gone) await show();
  }

  /** @returns {Promise<import('./api.js').Order | null>} */
  async function readOrder() {
    return api.get(`/orders/${orderId}`).catch(() => null);
  }

  /** Reports whether the buyer has to pay elsewhere, which may take days. */
  async function hasInstructions() {
    const { resume } = await api.get('/config').catch(() => ({}));
    return Boolean(resume?.instructions);
  }

  /** Tells the page, once, that the buyer has nothing left to do. */
  async function finish() {
    const order = await readOrder();
    if (gone || isTold || !order) return;

    isTold = true;
    if (onPaid) onPaid(/** @type {any} */ (order));
    else if (order.shop?.success_url) location.assign(order.shop.success_url);
  }

  /**
   * Puts the server's markup into the shadow root. Paths in it are the
   * server's.
   *
   * @param {string} html
   * @param {string} lang
   * @param {string} dir of the writing: ltr or rtl
   */
  function draw(html, lang, dir) {
    const { body } = new DOMParser().parseFromString(html, 'text/html');
    for (const name of ['src', 'href'])
      for (const element of body.querySelectorAll(`[${name}]`))
        element.setAttribute(name, new URL(element.getAttribute(name) ?? '', base).href);

    const frame = document.createElement('div');
    frame.className = 'mount';
    frame.lang = lang;
    frame.dir = dir;
    frame.append(...body.childNodes);
    host.replaceChildren();
    root.replaceChildren(frame);
  }

  /**
   * Shows that there is no form, or no longer, and tells the developer why.
   *
   * @param {unknown} failure
   */
  function showFailure(failure) {
    form?.close();
    form = null;

    const code = codeOf(failure);
    const ended = code === 'order_not_found' && root.getElementById('order-lost');
    if (ended) showEnd(ended);
    else showRetry();

    const why = explain(failure, base);
    console.error(why);
    failed(code, why);
  }

  /**
   * Shows where the buyer goes on whose order was open, and opens no more.
   *
   * @param {HTMLElement} section
   */
  function showEnd(section) {
    part(root, '.checkout-columns').hidden = true;
    section.hidden = false;
    part(section, 'h2').focus();
  }

  /** Shows that there is no form, and the button that asks for it again. */
  function showRetry() {
    const [wanted] = (document.documentElement.lang || navigator.language).split('-');
    const t = words.find(({ lang }) => lang === wanted) ?? /** @type {Words} */ (words[0]);
    draw(
      '<p class="message" role="alert"></p><button class="button quiet" type="button"></button>',
      t.lang,
      t.dir,
    );

    const button = part(root, 'button');
    button.textContent = t.retry;
    button.addEventListener('click', show);
    part(root, 'p').textContent = t.failed;
  }

  /**
   * @param {string} code
   * @param {string} message
   */
  function failed(code, message) {
    if (!gone) onError?.({ code, message });
  }

  /** @param {string} selector */
  function textOf(selector) {
    return root.querySelector(selector)?.textContent ?? '';
  }

  /** @param {PageTransitionEvent} event */
  function restored(event) {
    if (event.persisted) show(); // the order may be paid by now
  }

  paint();
  look.onSchemeChange(paint);
  addEventListener('pageshow', restored);
  draw(loading, 'en', 'ltr');
  if (isBack) leave();
  else show();

  return {
    destroy() {
      gone = true;
      form?.close();
      look.offSchemeChange(paint);
      removeEventListener('pageshow', restored);
      host.remove();
    },
  };
}

/**
 * Returns the look of the form. Its theme is one of ours or of Stripe's; on a
 * page that names none the form is light, as Stripe's own elements are.
 *
 * @param {Element} host
 * @param {Appearance} appearance
 */
function lookOf(host, { theme = 'light', variables, rules }) {
  const isOurs = theme === 'light' || theme === 'dark' || theme === 'auto';
  const stripes = isOurs ? {} : { theme };
  return createLook(host, isOurs ? theme : theme === 'night' ? 'dark' : 'light', {
    ...stripes,
    variables,
    rules,
  });
}

/**
 * Returns the address of the page, to which a bank's site sends the buyer back,
 * and whether it has just done so: then it removes what Stripe appended, which
 * holds a secret. The address is empty if the page has none on the web.
 */
function readAddress() {
  const url = new URL(location.href);
  const appended = stripeParams.filter((name) => url.searchParams.has(name));
  for (const name of appended) url.searchParams.delete(name);

  const isBack = appended.length > 0;
  if (isBack) history.replaceState(history.state, '', url);
  return { returnUrl: url.protocol.startsWith('http') ? url.href : '', isBack };
}

/**
 * Says to the developer why there is no form.
 *
 * @param {unknown} failure
 * @param {string} base
 */
function explain(failure, base) {
  if (!(failure instanceof ApiError)) return `checkoutd: ${failure}`;
  if (failure.status === 0)
    return `checkoutd: ${base} does not answer ${location.origin}. Is it running, and does ALLOWED_ORIGINS name this origin?`;
  if (failure.status === 404)
    return `checkoutd: this clientToken opens no order at ${base}. It belongs to one order, and ends a day after it.`;
  return `checkoutd: ${failure.message}`;
}
