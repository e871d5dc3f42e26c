/**
 * The page after the payment. It believes the server alone: it asks until the
 * order has moved on, and then loads itself again, so that there is one place
 * where an outcome is put into words.
 *
 * @typedef {{orderId: string, status: string, paymentStatus: string, poll: '' | 'fast' | 'slow'}} CompleteData
 */
import {ApiError, get} from './api.js';
import * as cart from './cart.js';
import {byId, pageData, sleep} from './page.js';

/** @type {CompleteData} */
const page = pageData();
const fast = {firstMs: 700, growth: 1.35, longestMs: 8_000, tries: 40};
const slow = {firstMs: 4_000, growth: 1.6, longestMs: 60_000, tries: 20};
const sayStillAfterMs = 10_000;

/** @param {typeof fast} pace */
async function poll(pace) {
  const began = Date.now();
  let wait = pace.firstMs;
  for (let i = 0; i < pace.tries; i++) {
    await sleep(wait);
    if (await hasMoved()) return location.reload();
    if (Date.now() - began > sayStillAfterMs) say('still-checking');
    wait = Math.min(wait * pace.growth, pace.longestMs);
  }
  say('gave-up');
  const again = document.getElementById('poll-again');
  if (again) again.hidden = false;
}

async function hasMoved() {
  try {
    const order = await get(`/orders/${encodeURIComponent(page.orderId)}`);
    return order.status !== page.status || order.payment_status !== page.paymentStatus;
  } catch (failure) {
    return failure instanceof ApiError && failure.status === 404; // the page says what is wrong
  }
}

/** @param {string} id of the template that holds the words */
function say(id) {
  const words = /** @type {HTMLTemplateElement | null} */ (document.getElementById(id));
  const place = document.getElementById('poll-status');
  if (words && place && place.textContent !== words.content.textContent) place.textContent = words.content.textContent;
}

// Stripe puts the payment's client secret into this address: not for the history.
history.replaceState(null, '', `/complete?order=${encodeURIComponent(page.orderId)}`);

if (['paid', 'authorized', 'review'].includes(page.status)) cart.clearOrdered(page.orderId);
const printButton = document.getElementById('print-button');
if (printButton) {
  printButton.hidden = false;
  printButton.addEventListener('click', () => print());
}
document.getElementById('check-again')?.addEventListener('click', () => location.reload());
byId('outcome-title').focus({preventScroll: true});
if (page.poll === 'fast') poll(fast);
if (page.poll === 'slow') poll(slow);
