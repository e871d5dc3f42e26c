/**
 * Paying: a token of what was entered, the server's verdict on it, and what is
 * left to do with the bank. The form and the wallets pay by the same way.
 *
 * @typedef {import('@stripe/stripe-js').StripeError} StripeError
 * @typedef {import('@stripe/stripe-js').ConfirmationToken} ConfirmationToken
 * @typedef {import('@stripe/stripe-js').CreateConfirmationToken['params']} TokenParams
 *
 * @typedef {object} Payer who pays: the form, or a wallet
 * @property {() => Promise<unknown>} prepare tells the server what it must know before; rejects with an ApiError
 * @property {() => TokenParams} params
 * @property {(message: string) => void} failed told whenever the payment did not go through
 */
import { ApiError, describe } from './api.js';
import * as view from './checkout-view.js';
import { confirm, isOpen } from './confirm.js';
import { elements, onInput } from './form.js';
import { order, setOrder, settled } from './order.js';
import { askOrder, config, leave, page, stripe, t } from './session.js';
import { payLabel, withTotal } from './summary.js';

/** @type {import('./confirm.js').Confirmation | null} a token that was sent and may still decide the payment */
let pending = null;

onInput(() => {
  if (view.phase() === 'ready') pending = null;
});

/** @param {string} said */
export function ready(said = '') {
  view.lockDetails(false);
  view.setPhase('ready', payLabel(), said);
}

/** The form cannot be used; the buyer may try again. @param {string} text */
export function fail(text) {
  view.setPhase('failed', payLabel());
  view.showMessage(text);
}

/**
 * @param {Payer} payer
 * @returns {Promise<string | null>} the client secret of a payment that waits for the buyer; null when the
 *   page goes on by itself, or says what is wrong
 */
export async function pay(payer) {
  if (view.phase() !== 'ready' && view.phase() !== 'unsure') return null;
  view.setPhase('busy', t.paying, t.paying);
  view.showMessage('');
  try {
    pending ??= await newConfirmation(payer);
    if (!pending) return null;
    view.lockDetails(true);
    const confirmed = await confirm(pending, () =>
      view.setPhase('busy', t.reconnecting, t.reconnecting),
    );
    pending = null;
    if (confirmed.status === 'requires_action') return confirmed.client_secret;
    leave();
  } catch (failure) {
    await refused(failure);
    payer.failed(view.message());
  }
  return null;
}

/**
 * Makes a token of what was entered; null when the page says what is wrong.
 * The buyer pays the amount that was on the button when it was pressed: when a
 * change that was still under way has made it another, the press is for nothing.
 *
 * @param {Payer} payer
 */
async function newConfirmation(payer) {
  if (!elements) throw new Error('pay before mount');
  const shown = order().amount;
  const submitted = await elements.submit();
  if (submitted.error) return complain(payer, submitted.error.message);
  try {
    await payer.prepare();
  } catch (failure) {
    return complain(payer, describe(failure, page));
  }
  await settled();
  if (order().amount !== shown) return complain(payer, withTotal(t.amountChanged));
  const made = await stripe.createConfirmationToken({ elements, params: paramsOf(payer) });
  if (made.error) return complain(payer, made.error.message);
  return {
    confirmationTokenId: made.confirmationToken.id,
    orderId: page.orderId,
    expectedAmount: shown,
  };
}

/**
 * Who saves a method without paying is told that it can be used for the next
 * orders: that is the consent to show it there
 * (https://docs.stripe.com/api/payment_methods/object#payment_method_object-allow_redisplay).
 *
 * @param {Payer} payer
 */
function paramsOf(payer) {
  const params = { return_url: config.return_url, ...payer.params() };
  if (order().mode !== 'setup') return params;
  const data = { ...params.payment_method_data, allow_redisplay: /** @type {const} */ ('always') };
  return { ...params, payment_method_data: data };
}

/**
 * @param {Payer} payer
 * @param {string} [message]
 * @returns {null}
 */
function complain(payer, message = t.wentWrong) {
  if (view.phase() !== 'busy') return null;
  ready();
  view.showMessage(message);
  payer.failed(message);
  return null;
}

/**
 * Tells what became of a payment that did not go through.
 *
 * @param {unknown} failure
 */
export async function refused(failure) {
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
  if (['payment_in_progress', 'payment_unknown', 'order_not_open'].includes(failure.code))
    return leave();
  if (failure.code === 'amount_changed') return amountChanged(failure.problem?.amount);
  ready();
  view.showMessage(describe(failure, page));
}

/** @param {number | undefined} amount */
async function amountChanged(amount) {
  if (amount === undefined) return location.reload();
  try {
    setOrder(await askOrder());
  } catch {
    setOrder({ ...order(), amount }); // the lines can wait, the total cannot
  }
  ready();
  view.showMessage(withTotal(t.amountChanged));
}
