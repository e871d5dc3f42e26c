// Shared ground of the stand-in: where it was served from, the errors that
// Stripe.js throws and returns, small DOM help.

/** @typedef {import('@stripe/stripe-js').StripeError} StripeError */
/** @typedef {import('@stripe/stripe-js').Appearance} Appearance */
/**
 * A decoded JSON value of the API.
 *
 * @typedef {any} Json
 */

const scriptURL = new URL(
  document.currentScript instanceof HTMLScriptElement ? document.currentScript.src : location.href,
  location.href,
);

/**
 * Origin of the offline Stripe; every call goes back to where the script came
 * from.
 */
const baseURL = scriptURL.origin;

/**
 * 'v3', or the name of a named build ('acacia' for /acacia/stripe.js), which
 * ties the API version.
 */
const buildName = /^\/([a-z]+)\/stripe\.js$/.exec(scriptURL.pathname)?.[1] ?? 'v3';

/**
 * A mistake in the page's code: thrown, as Stripe.js does, never shown to the
 * buyer.
 */
class IntegrationError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = 'IntegrationError';
  }
}

/**
 * What Stripe answered, or a failed validation: reaches the page as `{error}`.
 */
class Failure extends Error {
  /** @param {StripeError} error */
  constructor(error) {
    super(error.message);
    this.error = error;
  }
}

/**
 * Runs a public method: a Failure becomes `{error}`, an IntegrationError
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

let lastId = 0;

/** @param {string} prefix */
function uniqueId(prefix) {
  lastId += 1;
  return `${prefix}-${lastId}`;
}

/**
 * Handlers of one object's events; a handler that throws does not keep the
 * others from running.
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
 * Joins what is set in both, the later one winning; plain objects are merged,
 * the rest is replaced.
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
