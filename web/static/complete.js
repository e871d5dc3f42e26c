/**
 * The page after the payment. It reloads when the order changes, so only the
 * server puts outcomes into words.
 */
import * as cart from './cart.js';
import { api, byId, pageData } from './page.js';
import { hasMoved } from './poll.js';

/** @type {import('./poll.js').Known & { address: string }} */
const page = pageData();
const slowAfterMs = 10_000;

async function wait() {
  const moved = await hasMoved(api, page, (waitedMs) => {
    if (waitedMs > slowAfterMs) showStatus('still-checking');
  });

  if (moved) return location.reload();

  showStatus('gave-up');

  const again = document.getElementById('poll-again');
  if (again) again.hidden = false;
}

/** @param {string} id of the template that holds the text */
function showStatus(id) {
  const words = /** @type {HTMLTemplateElement | null} */ (document.getElementById(id));
  const place = document.getElementById('poll-status');
  if (words && place && place.textContent !== words.content.textContent)
    place.textContent = words.content.textContent;
}

// Stripe appends the client secret to this URL: keep it out of the history.
history.replaceState(null, '', page.address);

cart.settle({ id: page.orderId, status: page.status });
const printButton = document.getElementById('print-button');
if (printButton) {
  printButton.hidden = false;
  printButton.addEventListener('click', () => print());
}
document.getElementById('check-again')?.addEventListener('click', () => location.reload());
byId('outcome-title').focus({ preventScroll: true });
if (page.poll) wait();
