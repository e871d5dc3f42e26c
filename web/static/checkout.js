/**
 * The checkout: a deferred intent, finalized on the server
 * (https://docs.stripe.com/payments/finalize-payments-on-the-server).
 * The amount, the options and every verdict are the server's.
 *
 * @typedef {import('@stripe/stripe-js').Stripe} Stripe
 * @typedef {import('@stripe/stripe-js').StripeElements} StripeElements
 * @typedef {import('@stripe/stripe-js').StripeElementsOptionsMode} ElementsOptions
 * @typedef {import('@stripe/stripe-js').StripePaymentElementOptions} PaymentElementOptions
 * @typedef {import('@stripe/stripe-js').StripeError} StripeError
 * @typedef {import('./api.js').Order} Order
 *
 * @typedef {{publishable_key: string, app_info: {name: string, version?: string, url?: string}, elements: ElementsOptions,
 *   payment_element: PaymentElementOptions, order: Order | null, return_url: string,
 *   resume: {client_secret: string, status: string} | null}} Config the answer of GET /config
 *
 * @typedef {{pay: string, paying: string, redirecting: string, authenticating: string, reconnecting: string,
 *   loadingForm: string, formReady: string, scriptFailed: string, formFailed: string, insecure: string,
 *   amountChanged: string, lostAnswer: string, sendAgain: string, unreachable: string, wentWrong: string,
 *   notAuthenticated: string}} Texts
 * @typedef {{lang: string, locale: string, live: boolean, orderId: string, amount: number, currency: string,
 *   decimals: number, completeUrl: string, scriptUrl: string, texts: Texts, errors: Record<string, string>,
 *   declines: Record<string, string>}} CheckoutData
 */
import {ApiError, describe, get, post} from './api.js';
import {appearance, onSchemeChange} from './appearance.js';
import * as view from './checkout-view.js';
import {confirm, isOpen} from './confirm.js';
import {byId, pageData, sleep} from './page.js';
import {loadStripe} from './stripe-loader.js';

/** @type {CheckoutData} */
const page = pageData();
const t = page.texts;
const formTimeoutMs = 20_000;

/** @type {Stripe} */
let stripe;
/** @type {Config} */
let config;
/** @type {StripeElements | undefined} */
let elements;
/** @type {import('./confirm.js').Confirmation | null} a token that was sent and may still decide the payment */
let pending = null;

const payLabel = () => view.withTotal(t.pay, page.amount, page, page.locale);

/** Opens the page: the form, or what is left to do of a payment under way. */
async function start() {
  view.setPhase('loading', payLabel(), t.loadingForm);
  if (page.live && location.protocol !== 'https:') return fail(t.insecure);
  const script = loadStripe(page.scriptUrl).catch(() => null);
  const session = customerSession();
  if (!await readConfig()) return;
  const Stripe = await script;
  if (!Stripe) return fail(t.scriptFailed);
  stripe = Stripe(config.publishable_key, {locale: /** @type {'en' | 'fr'} */ (page.lang)});
  stripe.registerAppInfo(config.app_info);
  if (config.resume) return offerResume(config.resume.client_secret);
  mount(await session);
}

/**
 * Asks what the order needs now: it may have changed since the page was
 * rendered, in another tab for one.
 *
 * @returns {Promise<boolean>} false when there is nothing to pay here, and the page says so or is left
 */
async function readConfig() {
  try {
    config = await get(`/config?order=${encodeURIComponent(page.orderId)}`);
  } catch (failure) {
    fail(describe(failure, page));
    return false;
  }
  const {order, resume} = config;
  if (order && canBePaid(order) && (!resume || resume.status === 'requires_action')) return true;
  leave();
  return false;
}

/** @param {Order} order */
function canBePaid(order) {
  return order.status === 'open' && ['unpaid', 'failed', 'requires_action'].includes(order.payment_status);
}

/** Saved cards are a convenience: without them the page goes on. */
async function customerSession() {
  try {
    const answer = await post('/create-customer-session', {orderId: page.orderId});
    return /** @type {string | null} */ (answer.customer_session_client_secret);
  } catch {
    return null;
  }
}

/** @param {string | null} customerSessionClientSecret */
function mount(customerSessionClientSecret) {
  if (config.order && config.order.amount !== page.amount) {
    page.amount = config.order.amount;
    view.showOrder(config.order.items, page.amount, page, page.locale);
  }
  try {
    elements = stripe.elements({
      locale: /** @type {'en' | 'fr'} */ (page.lang),
      ...config.elements,
      ...(customerSessionClientSecret ? {customerSessionClientSecret} : {}),
      appearance: appearance(config.elements.appearance),
    });
  } catch (failure) {
    console.error(failure);
    return fail(t.formFailed);
  }
  const timer = setTimeout(() => fail(t.formFailed), formTimeoutMs);
  const paymentElement = elements.create('payment', config.payment_element);
  paymentElement.on('ready', () => {
    clearTimeout(timer);
    ready(t.formReady);
  });
  paymentElement.on('loaderror', ({error}) => {
    clearTimeout(timer);
    fail(error.message ?? t.formFailed);
  });
  paymentElement.on('change', () => {
    if (view.phase() === 'ready') pending = null;
  });
  paymentElement.mount('#payment-element');
  onSchemeChange(() => elements?.update({appearance: appearance(config.elements.appearance)}));
}

/** @param {string} said */
function ready(said = '') {
  view.lockDetails(false);
  view.setPhase('ready', payLabel(), said);
}

/** @param {string} text */
function fail(text) {
  view.setPhase('failed', payLabel());
  view.showMessage(text);
}

function leave() {
  view.setPhase('busy', t.redirecting, t.redirecting);
  location.replace(page.completeUrl);
}

async function pay() {
  if (view.phase() !== 'ready' && view.phase() !== 'unsure') return;
  view.setPhase('busy', t.paying, t.paying);
  view.showMessage('');
  try {
    pending ??= await newConfirmation();
    if (!pending) return;
    view.lockDetails(true);
    const confirmed = await confirm(pending, () => view.setPhase('busy', t.reconnecting, t.reconnecting));
    pending = null;
    if (confirmed.status !== 'requires_action') return leave();
    await authenticate(confirmed.client_secret);
  } catch (failure) {
    await refused(failure);
  }
}

/** Makes a token of what the form holds; null when the form says what is wrong. */
async function newConfirmation() {
  if (!elements) throw new Error('pay before mount');
  const submitted = await elements.submit();
  if (submitted.error) return complain(submitted.error);
  const made = await stripe.createConfirmationToken({elements, params: {return_url: config.return_url}});
  if (made.error) return complain(made.error);
  return {confirmationTokenId: made.confirmationToken.id, orderId: page.orderId, expectedAmount: page.amount};
}

/**
 * @param {StripeError} error
 * @returns {null}
 */
function complain(error) {
  ready();
  view.showMessage(error.message ?? t.wentWrong);
  return null;
}

/** @param {unknown} failure */
async function refused(failure) {
  if (!(failure instanceof ApiError)) {
    console.error(failure);
    if (!elements) return fail(t.wentWrong);
    ready();
    return view.showMessage(t.wentWrong);
  }
  if (!isOpen(failure)) pending = null;
  if (failure.lost) {
    view.setPhase('unsure', t.sendAgain);
    return view.showMessage(t.lostAnswer);
  }
  if (['payment_in_progress', 'payment_unknown', 'order_not_open'].includes(failure.code)) return leave();
  if (failure.code === 'amount_changed') return amountChanged(failure.problem?.amount);
  ready();
  view.showMessage(describe(failure, page));
}

/** @param {number | undefined} amount */
async function amountChanged(amount) {
  if (amount === undefined) return location.reload();
  page.amount = amount;
  elements?.update({amount});
  try {
    const order = await askOrder();
    view.showOrder(order.items, amount, page, page.locale);
  } catch {
    view.showTotal(amount, page, page.locale); // the lines can wait, the total cannot
  }
  ready();
  view.showMessage(view.withTotal(t.amountChanged, amount, page, page.locale));
}

/** @returns {Promise<Order>} */
function askOrder() {
  return get(`/orders/${encodeURIComponent(page.orderId)}`);
}

/**
 * A reload in the middle of authentication: the payment that is under way goes
 * on, no other is begun. It waits for a press, since a bank's window that
 * nobody asked for is blocked, and one that opens by itself traps the back button.
 * A buyer who wants another card instead gets the form; its token takes the payment over.
 *
 * @param {string} clientSecret
 */
function offerResume(clientSecret) {
  view.setPhase('resume', payLabel());
  view.focusResume();
  byId('resume-button').onclick = () => {
    if (view.phase() === 'resume') authenticate(clientSecret).catch(refused);
  };
  byId('another-button').onclick = () => {
    if (view.phase() === 'resume') openForm();
  };
}

/**
 * Opens the form, which may be there already, if there still is something to pay.
 *
 * @param {string} [failed] the payment that went wrong here: one that another tab began since is gone on with
 */
async function openForm(failed) {
  view.setPhase('loading', payLabel(), t.loadingForm);
  if (!await readConfig()) return;
  const waiting = config.resume?.client_secret;
  if (failed && waiting && waiting !== failed) return offerResume(waiting);
  if (elements) return ready();
  mount(await customerSession());
}

/** @param {string} clientSecret */
async function authenticate(clientSecret) {
  view.setPhase('busy', t.authenticating, t.authenticating);
  const {error} = await nextAction(clientSecret);
  if (!error) return leave();
  const order = await verdict();
  if (order && !canBePaid(order)) return leave();
  if (error.payment_intent?.status === 'requires_action') offerResume(clientSecret);
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
 * @returns {Promise<{error?: Partial<StripeError>}>}
 */
async function nextAction(clientSecret) {
  try {
    return await stripe.handleNextAction({clientSecret});
  } catch {
    return {error: {}};
  }
}

/**
 * Gives the server a few seconds to hear from Stripe what became of the
 * authentication, so that the next card is not refused as a second payment.
 *
 * @returns {Promise<Order | null>} null when the server cannot be reached
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
    if (order.status !== 'open' || !['requires_action', 'checking'].includes(order.payment_status)) break;
  }
  return order;
}

byId('payment-form').addEventListener('submit', (event) => {
  event.preventDefault();
  pay();
});
byId('retry-button').addEventListener('click', () => location.reload());
start();
