/**
 * What every page of our own shares: the server's data, the helpers for its
 * markup, and amounts and times in the format of the buyer's locale.
 */
import { connect } from './api.js';
import { localise, lookup } from './dom.js';

/** @typedef {{lang: string, locale: string}} PageData */

export const api = connect();
export const dom = lookup(document);
export const byId = dom.byId;
export const copyOf = dom.copyOf;

/** Returns the data block that the server put into the page. */
export function pageData() {
  return JSON.parse(byId('page-data').textContent ?? '{}');
}

localise(document, pageData().locale);

// A page from the back-forward cache is stale: the order may be paid by now,
// and a busy button would stay busy.
addEventListener('pageshow', (event) => {
  if (event.persisted) location.reload();
});
