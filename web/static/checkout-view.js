/**
 * What the checkout page says. The phase is what the form is doing; the style
 * sheet goes by it:
 * loading, ready, busy, unsure (the answer was lost), resume, failed.
 *
 * @typedef {'loading' | 'ready' | 'busy' | 'unsure' | 'resume' | 'failed'} Phase
 */
import { byId } from './page.js';

const form = byId('payment-form');
const payButton = byId('pay-button');
const place = byId('payment-message');
const status = byId('payment-status');
/** @type {(() => void)[]} */
const listeners = [];

export function phase() {
  return /** @type {Phase} */ (form.dataset.phase);
}

/** @param {() => void} listener called after every change of the phase */
export function onPhase(listener) {
  listeners.push(listener);
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
  setLabel(label);
  byId('resume').hidden = next !== 'resume';
  form.hidden = next === 'resume';
  placeMessage(next === 'resume' ? byId('resume-button') : payButton);
  byId('retry-button').hidden = next !== 'failed';
  payButton.hidden = next === 'failed';
  status.textContent = said;
  for (const listener of listeners) listener();
}

/** @param {string} label of the pay button */
export function setLabel(label) {
  byId('pay-label').textContent = label;
}

/**
 * A message stands above the button that is next to be pressed.
 *
 * @param {HTMLElement} button
 */
function placeMessage(button) {
  if (button.previousElementSibling !== place) button.before(place);
}

/**
 * Keeps what was entered as it is while its payment is under way.
 *
 * @param {boolean} locked
 */
export function lockDetails(locked) {
  byId('payment-details').inert = locked;
}

/** @param {string} text */
export function showMessage(text) {
  place.textContent = text;
  if (!text) return;
  place.scrollIntoView({ block: 'nearest' });
  // After a dialog of the bank the focus is nowhere; otherwise it stays put.
  if (document.activeElement === document.body) place.focus();
}

/** What is said now. */
export function message() {
  return place.textContent ?? '';
}

export function focusResume() {
  byId('resume-title').focus();
}
