/**
 * What the checkout page shows. The phase says what the form is doing; the
 * style sheet goes by it:
 * loading, ready, busy, unsure (the answer was lost), resume, failed.
 *
 * @typedef {'loading' | 'ready' | 'busy' | 'unsure' | 'resume' | 'failed'} Phase
 * @typedef {import('./api.js').OrderItem} OrderItem
 * @typedef {import('./money.js').Currency} Currency
 */
import {formatAmount} from './money.js';
import {byId, fill} from './page.js';

const form = byId('payment-form');
const payButton = byId('pay-button');
const message = byId('payment-message');
const status = byId('payment-status');

export function phase() {
  return /** @type {Phase} */ (form.dataset.phase);
}

/**
 * @param {Phase} next
 * @param {string} label of the pay button
 * @param {string} said to people who do not see the page
 */
export function setPhase(next, label, said = '') {
  form.dataset.phase = next;
  const pressable = next === 'ready' || next === 'unsure';
  payButton.setAttribute('aria-disabled', String(!pressable));
  form.setAttribute('aria-busy', String(next === 'busy' || next === 'loading'));
  byId('pay-label').textContent = label;
  byId('resume').hidden = next !== 'resume';
  form.hidden = next === 'resume';
  placeMessage(next === 'resume' ? byId('resume-button') : payButton);
  byId('retry-button').hidden = next !== 'failed';
  payButton.hidden = next === 'failed';
  status.textContent = said;
}

/**
 * A message stands above the button that is next to be pressed.
 *
 * @param {HTMLElement} button
 */
function placeMessage(button) {
  if (button.previousElementSibling !== message) button.before(message);
}

/**
 * Keeps the card details as they are while their payment is under way.
 *
 * @param {boolean} locked
 */
export function lockDetails(locked) {
  byId('payment-element').inert = locked;
}

/** @param {string} text */
export function showMessage(text) {
  message.textContent = text;
  if (!text) return;
  message.scrollIntoView({block: 'nearest'});
  // After a dialog of the bank the focus is nowhere; otherwise it stays put.
  if (document.activeElement === document.body) message.focus();
}

export function focusResume() {
  byId('resume-title').focus();
}

/**
 * Shows an order that changed: its lines and its total.
 *
 * @param {OrderItem[]} items
 * @param {number} total
 * @param {Currency} currency
 * @param {string} locale
 */
export function showOrder(items, total, currency, locale) {
  const lines = byId('order-lines');
  const old = [...lines.children];
  lines.replaceChildren(...items.map((item) => {
    const line = document.createElement('li');
    line.className = 'line';
    const name = span('line-name', item.name);
    const detail = span('line-detail', `${item.quantity} × ${formatAmount(item.unit_amount, currency, locale)}`);
    const amount = span('amount', formatAmount(item.amount, currency, locale));
    const picture = old.find((was) => was.querySelector('.line-name')?.textContent === item.name)?.querySelector('.picture');
    line.append(...(picture ? [picture] : []), name, detail, amount);
    return line;
  }));
  showTotal(total, currency, locale);
}

/**
 * @param {number} total
 * @param {Currency} currency
 * @param {string} locale
 */
export function showTotal(total, currency, locale) {
  byId('order-total').replaceChildren(span('amount', formatAmount(total, currency, locale)));
}

/**
 * @param {string} text
 * @param {number} total
 * @param {Currency} currency
 * @param {string} locale
 */
export function withTotal(text, total, currency, locale) {
  return fill(text, {total: formatAmount(total, currency, locale)});
}

/**
 * @param {string} name
 * @param {string} text
 */
function span(name, text) {
  const element = document.createElement('span');
  element.className = name;
  element.textContent = text;
  return element;
}
