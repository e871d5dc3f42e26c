/**
 * What every page does: read the server's data, and write amounts and times as
 * this browser's owner is used to.
 */
import { formatAmount } from './money.js';

/** @typedef {{lang: string, locale: string}} PageData */

/** The data block that the server put into the page. */
export function pageData() {
  return JSON.parse(byId('page-data').textContent ?? '{}');
}

/**
 * The element with this id. The page and its script belong together, so a
 * missing one is a mistake of ours.
 *
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no #${id}`);
  return element;
}

/**
 * Fills {names} in a text.
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

// A page out of the back-forward cache is as old as the visit: the order may
// be paid by now, and a busy button would stay busy.
addEventListener('pageshow', (event) => {
  if (event.persisted) location.reload();
});
