// The base of the stand-in: the origin it was served from, the errors that
// Stripe.js throws and returns, small DOM helpers.

/** @typedef {import('@stripe/stripe-js').StripeError} StripeError */
/** @typedef {import('@stripe/stripe-js').Appearance} Appearance */
/**
 * A decoded JSON value of the API.
 *
 * @typedef {any} Json
 */

/**
 * A PaymentIntent or a SetupIntent, as far as the stand-in reads it.
 *
 * @typedef {object} Intent
 * @property {'payment_intent' | 'setup_intent'} object
 * @property {string} id
 * @property {string} client_secret
 * @property {string} status
 * @property {number} [amount]
 * @property {string} [currency]
 * @property {string[]} payment_method_types
 * @property {string} [capture_method]
 * @property {string | null} [setup_future_usage] of a PaymentIntent
 * @property {string} [usage] of a SetupIntent
 * @property {Json} [next_action]
 * @property {StripeError} [last_payment_error]
 * @property {StripeError} [last_setup_error]
 */

/**
 * A saved payment method; its type names the property with its details.
 *
 * @typedef {object} SavedMethod
 * @property {string} id
 * @property {string} type
 * @property {string} [allow_redisplay]
 * @property {Json} [billing_details]
 * @property {{brand: string, funding: string}} [card]
 */

const scriptURL = new URL(
  document.currentScript instanceof HTMLScriptElement ? document.currentScript.src : location.href,
  location.href,
);

/**
 * Origin of the offline Stripe: every request goes to where the script came
 * from.
 */
const baseURL = scriptURL.origin;

/**
 * 'v3', or the name of a build that fixes the API version ('acacia' for
 * /acacia/stripe.js).
 */
const buildName = /^\/([a-z]+)\/stripe\.js$/.exec(scriptURL.pathname)?.[1] ?? 'v3';

/**
 * Waits until the page's own code has run, without the browser's limit on
 * timers of hidden pages.
 *
 * @returns {Promise<void>}
 */
function nextTask() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** @param {string} name such as apple_pay */
function camelCase(name) {
  return name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
}

/**
 * A mistake in the page's code. Like Stripe.js, the stand-in throws it and
 * never shows it to the buyer.
 */
class IntegrationError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = 'IntegrationError';
  }
}

/**
 * An error from Stripe or a failed validation. It reaches the page as
 * `{error}`.
 */
class Failure extends Error {
  /** @param {StripeError} error */
  constructor(error) {
    super(error.message);
    this.error = error;
  }
}

/**
 * Runs a public method. A Failure becomes `{error}`; an IntegrationError
 * rejects.
 *
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T | {error: StripeError}>}
 */
async function outcome(work) {
  try {
    return await work();
  } catch (err) {
    if (err instanceof Failure) return { error: err.error };
    throw err;
  }
}

/** @param {string} text */
function warn(text) {
  console.warn(`[Stripe.js] ${text}`);
}

/**
 * Creates a node. Never pass `style` here: the host page's CSP forbids inline
 * styles.
 *
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, string | number | boolean | null | undefined>} [attrs]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
function h(tag, attrs = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attrs)) {
    if (value === true) node.setAttribute(name, '');
    else if (value !== false && value !== null && value !== undefined)
      node.setAttribute(name, String(value));
  }

  node.append(...children);

  return node;
}

/**
 * Focuses the first element below root that matches, if there is one.
 *
 * @param {ParentNode} root
 * @param {string} selector
 */
function focusIn(root, selector) {
  const found = root.querySelector(selector);
  if (found instanceof HTMLElement) found.focus();
}

let lastId = 0;

/** @param {string} prefix */
function uniqueId(prefix) {
  lastId += 1;
  return `${prefix}-${lastId}`;
}

/**
 * The event handlers of one object. If a handler throws, the others still run.
 */
class Emitter {
  constructor() {
    /** @type {Map<string, {handler: Function, once: boolean}[]>} */
    this.handlers = new Map();
  }

  /**
   * @param {string} event
   * @param {Function} handler
   * @param {boolean} once
   */
  add(event, handler, once) {
    if (typeof handler !== 'function') {
      throw new IntegrationError(
        `Invalid value for on(): handler should be a function. You specified: ${String(handler)}.`,
      );
    }
    this.handlers.set(event, [...(this.handlers.get(event) ?? []), { handler, once }]);
  }

  /**
   * @param {string} event
   * @param {Function} [handler]
   */
  remove(event, handler) {
    const kept = handler
      ? (this.handlers.get(event) ?? []).filter((entry) => entry.handler !== handler)
      : [];
    this.handlers.set(event, kept);
  }

  /** @param {string} event */
  has(event) {
    return (this.handlers.get(event) ?? []).length > 0;
  }

  /**
   * @param {string} event
   * @param {object} payload
   */
  emit(event, payload) {
    const entries = this.handlers.get(event) ?? [];
    this.handlers.set(
      event,
      entries.filter((entry) => !entry.once),
    );

    for (const { handler } of entries) {
      try {
        handler(payload);
      } catch (err) {
        reportError(err);
      }
    }
  }
}

/**
 * Merges two values: plain objects key by key; otherwise `over` wins if it is
 * set.
 *
 * @param {Json} base
 * @param {Json} over
 * @returns {Json}
 */
function merge(base, over) {
  if (over === undefined || over === null || over === '') return base;
  if (typeof base !== 'object' || typeof over !== 'object' || !base || Array.isArray(over))
    return over;
  const out = { ...base };
  for (const key of Object.keys(over)) out[key] = merge(base[key], over[key]);
  return out;
}
