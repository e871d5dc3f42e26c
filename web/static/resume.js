/**
 * A payment that waits for the buyer: the bank asks in a dialog, or on a page
 * of its own, and the buyer may come back to it after a reload.
 *
 * @typedef {import('@stripe/stripe-js').StripeError} StripeError
 * @typedef {Pick<StripeError, 'code' | 'message'> & {payment_intent?: {status: string}, setup_intent?: {status: string}}} ActionError
 * @typedef {(failed?: string) => Promise<void>} OpenForm opens the form, unless another payment waits than the
 *   one that went wrong
 */
import * as view from './checkout-view.js';
import { elements } from './form.js';
import { setOrder } from './order.js';
import { byId, sleep } from './page.js';
import { ready, refused } from './pay.js';
import { askOrder, canBePaid, leave, page, stripe, t } from './session.js';
import { payLabel } from './summary.js';

/**
 * A reload in the middle of authentication: the payment that is under way goes
 * on, no other is begun. It waits for a press, since a bank's window that
 * nobody asked for is blocked, and one that opens by itself traps the back button.
 * A buyer who wants another card instead gets the form; its token takes the payment over.
 *
 * @param {string} clientSecret
 * @param {OpenForm} openForm
 */
export function offerResume(clientSecret, openForm) {
  view.setPhase('resume', payLabel());
  view.focusResume();
  byId('resume-button').onclick = () => {
    if (view.phase() === 'resume') authenticate(clientSecret, openForm).catch(refused);
  };
  byId('another-button').onclick = () => {
    if (view.phase() === 'resume') openForm();
  };
}

/**
 * @param {string} clientSecret
 * @param {OpenForm} openForm
 */
export async function authenticate(clientSecret, openForm) {
  view.setPhase('busy', t.authenticating, t.authenticating);
  const { error } = await nextAction(clientSecret);
  if (!error) return leave();
  const order = await verdict();
  if (order && !canBePaid(order)) return leave();
  if (order && elements) setOrder(order);
  const intent = error.payment_intent ?? error.setup_intent;
  if (intent?.status === 'requires_action') offerResume(clientSecret, openForm);
  else if (elements) ready();
  else await openForm(clientSecret);
  if (!['ready', 'loading', 'resume'].includes(view.phase())) return;
  view.showMessage(page.declines[error.code ?? ''] ?? error.message ?? t.notAuthenticated);
}

/**
 * Stripe.js throws for a payment that does not wait for the buyer any more:
 * another tab was faster. To us that is one more way in which it did not pass here.
 *
 * @param {string} clientSecret
 * @returns {Promise<{error?: ActionError}>}
 */
async function nextAction(clientSecret) {
  try {
    return await stripe.handleNextAction({ clientSecret });
  } catch {
    return { error: {} };
  }
}

/**
 * Gives the server a few seconds to hear from Stripe what became of the
 * authentication, so that the next card is not refused as a second payment.
 *
 * @returns {Promise<import('./api.js').Order | null>} null when the server cannot be reached
 */
async function verdict() {
  let order = null;
  for (const wait of [0, 400, 800, 1_600]) {
    await sleep(wait);
    try {
      order = await askOrder();
    } catch {
      continue;
    }
    if (order.status !== 'open' || !['requires_action', 'checking'].includes(order.payment_status))
      break;
  }
  return order;
}
