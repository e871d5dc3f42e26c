/**
 * What every page shares: the server's data, DOM helpers, and amounts and times
 * in the format of the buyer's locale.
 */
import { formatAmount } from './money.js';

/** @typedef {{lang: string, locale: string}} PageData */

const anyElement = /** @type {new () => any} */ (HTMLElement);

/** Returns the data block that the server put into the page. */
export function pageData() {
  return JSON.parse(byId('page-data').textContent ?? '{}');
}

/**
 * Returns the element with this id. A missing one is our own mistake, since the
 * page and its script belong together.
 *
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id
 * @param {new () => T} [kind]
 * @returns {T}
 */
export function byId(id, kind = anyElement) {
  return part(document, `#${id}`, kind);
}

/**
 * Returns the first element below root that matches, of the given kind.
 *
 * @template {HTMLElement} [T=HTMLElement]
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new () => T} [kind]
 * @returns {T}
 */
export function part(root, selector, kind = anyElement) {
  const element = root.querySelector(selector);
  if (!(element instanceof kind)) throw new Error(`the page has no ${selector}`);
  return element;
}

/**
 * Sets the text of the first element below root that matches. It leaves an
 * equal text alone, so screen readers do not repeat it.
 *
 * @param {ParentNode} root
 * @param {string} selector
 * @param {string} text
 */
export function setText(root, selector, text) {
  const element = part(root, selector);
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Returns a copy of the element in a template.
 *
 * @param {string} id of the template
 */
export function copyOf(id) {
  const { content } = byId(id, HTMLTemplateElement);
  return part(document.importNode(content, true), '*');
}

/**
 * Returns the button that was clicked and the closest element around it that
 * matches; null if the click was elsewhere.
 *
 * @param {Event} event
 * @param {string} selector
 */
export function clickedIn(event, selector) {
  const button = event.target instanceof Element ? event.target.closest('button') : null;
  const around = button?.closest(selector);
  return button && around instanceof HTMLElement ? { button, around } : null;
}

/**
 * Replaces the {names} in a text by values.
 *
 * @param {string} text
 * @param {Record<string, string | number>} values
 */
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/** @param {number} ms */
export function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** @param {string} locale */
function localise(locale) {
  for (const element of document.querySelectorAll('[data-amount]')) {
    const { amount, currency, decimals } = /** @type {HTMLElement} */ (element).dataset;
    element.textContent = formatAmount(
      Number(amount),
      { currency: currency ?? '', decimals: Number(decimals) },
      locale,
    );
  }

  const format = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'short' });
  for (const element of document.querySelectorAll('time')) {
    element.textContent = format.format(new Date(element.dateTime));
  }
}

localise(pageData().locale);

// A page from the back-forward cache is stale: the order may be paid by now,
// and a busy button would stay busy.
addEventListener('pageshow', (event) => {
  if (event.persisted) location.reload();
});
