/**
 * The page after the payment. When the order has moved on it loads itself
 * again, so that there is one place where an outcome is put into words.
 */
import * as cart from './cart.js';
import { byId, pageData } from './page.js';
import { hasMoved } from './poll.js';

/** @type {import('./poll.js').Known} */
const page = pageData();
const sayStillAfterMs = 10_000;

async function wait() {
  const moved = await hasMoved(page, (waitedMs) => {
    if (waitedMs > sayStillAfterMs) say('still-checking');
  });
  if (moved) return location.reload();
  say('gave-up');
  const again = document.getElementById('poll-again');
  if (again) again.hidden = false;
}

/** @param {string} id of the template that holds the words */
function say(id) {
  const words = /** @type {HTMLTemplateElement | null} */ (document.getElementById(id));
  const place = document.getElementById('poll-status');
  if (words && place && place.textContent !== words.content.textContent)
    place.textContent = words.content.textContent;
}

// Stripe puts the payment's client secret into this address: not for the history.
history.replaceState(null, '', `/complete?order=${encodeURIComponent(page.orderId)}`);

cart.settle({ id: page.orderId, status: page.status });
const printButton = document.getElementById('print-button');
if (printButton) {
  printButton.hidden = false;
  printButton.addEventListener('click', () => print());
}
document.getElementById('check-again')?.addEventListener('click', () => location.reload());
byId('outcome-title').focus({ preventScroll: true });
if (page.poll) wait();
