/**
 * The checkout page: a deferred intent, finalized on the server
 * (https://docs.stripe.com/payments/finalize-payments-on-the-server). The
 * server decides the amount, the options and every outcome.
 *
 * @typedef {import('./pay.js').Payer} Payer
 */
import { describe } from './api.js';
import * as view from './checkout-view.js';
import { billingDetails, flush, mountContact } from './contact.js';
import { mountExpress, unmountExpress } from './express.js';
import { canFollow, elements, isOutdated, mount, mountPayment, unmountPayment } from './form.js';
import { isFree, onOrder, setOrder } from './order.js';
import { byId } from './page.js';
import { fail, pay, ready, refused } from './pay.js';
import './promotion.js';
import './rates.js';
import { authenticate, offerResume } from './resume.js';
import { config, customerSession, openStripe, page, readConfig, t } from './session.js';
import { loadStripe } from './stripe-loader.js';
import { payLabel } from './summary.js';

/** Opens the page: the form, or the rest of a payment in flight. */
async function start() {
  view.setPhase('loading', payLabel(), t.loadingForm);
  if (page.live && location.protocol !== 'https:') return fail(t.insecure);

  const script = loadStripe(page.scriptUrl).catch(() => null);
  const session = customerSession();

  if (!(await readOrder())) return;

  const Stripe = await script;
  if (!Stripe) return fail(t.scriptFailed);

  openStripe(Stripe);

  if (config.resume) return offerResume(config.resume.client_secret, openForm);

  await mountForm(await session);
}

/** Reads and shows the order. Returns false if the form must not open. */
async function readOrder() {
  try {
    if (!(await readConfig())) return false;
  } catch (failure) {
    fail(describe(failure, page));
    return false;
  }

  setOrder(config.order);

  return true;
}

/** @param {string | null} customerSessionClientSecret */
async function mountForm(customerSessionClientSecret) {
  try {
    const opened = mount(customerSessionClientSecret);
    mountContact();
    mountExpress(press);
    await opened;
  } catch (failure) {
    return fail(/** @type {Error} */ (failure).message);
  }

  ready(t.formReady);
}

/**
 * Opens the form, unless it is open already, if the order can still be paid.
 *
 * @param {string} [failed] client secret of the payment that failed here: if
 *   another tab has started one since, the page resumes that one
 */
async function openForm(failed) {
  view.setPhase('loading', payLabel(), t.loadingForm);
  if (!(await readOrder())) return;
  const clientSecret = config.resume?.client_secret;
  if (failed && clientSecret && clientSecret !== failed) return offerResume(clientSecret, openForm);
  if (elements) return ready();
  await mountForm(await customerSession());
}

/**
 * Follows an order that became free, or has a price again: by a promotion code,
 * or by the rate for another country.
 */
async function followPrice() {
  showPrice();
  if (!isOutdated()) return;

  if (isFree()) {
    unmountPayment();
    unmountExpress();
    if (view.phase() === 'loading') ready();
    return;
  }

  // Saved methods and other options come with a new group.
  if (!canFollow()) return flush().finally(() => location.reload());

  if (view.phase() === 'ready') view.setPhase('loading', payLabel(), t.loadingForm);

  try {
    const opened = mountPayment();
    mountExpress(press);
    await opened;
  } catch (failure) {
    return fail(/** @type {Error} */ (failure).message);
  }

  if (view.phase() === 'loading') ready(t.formReady);
}

/** Shows only what a free order needs, or what a payment needs. */
function showPrice() {
  const free = isFree();
  byId('free-note').hidden = !free;
  byId('method').hidden = free;
  byId('secured').hidden = free;
  const cards = document.getElementById('test-cards');
  if (cards) cards.hidden = free;
}

/** @param {Payer} payer */
async function press(payer) {
  const clientSecret = await pay(payer);
  if (clientSecret) await authenticate(clientSecret, openForm).catch(refused);
}

/** @type {Payer} */
const byForm = {
  prepare: flush,
  params: () => {
    const billing = billingDetails();
    return billing ? { payment_method_data: { billing_details: billing } } : {};
  },
  failed: () => {},
};

onOrder(followPrice);
byId('payment-form').addEventListener('submit', (event) => {
  event.preventDefault();
  press(byForm);
});
byId('retry-button').addEventListener('click', () => location.reload());
start();
