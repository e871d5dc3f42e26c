/**
 * Paying: create a token from the input, send it to the server, and handle the
 * outcome. The form and the wallets share this path.
 *
 * @typedef {import('@stripe/stripe-js').StripeError} StripeError
 * @typedef {import('@stripe/stripe-js').ConfirmationToken} ConfirmationToken
 *
 * @typedef {import('@stripe/stripe-js').CreateConfirmationToken['params']}
 *   TokenParams
 *
 * @typedef {object} Payer the form or a wallet
 * @property {() => Promise<unknown>} prepare sends the details that the server
 *   needs first; rejects with an ApiError
 * @property {() => TokenParams} params
 * @property {(message: string) => void} failed called whenever the payment
 *   fails
 *
 * @typedef {ReturnType<typeof createPay>} Pay
 */
import { ApiError, codeOf, describe } from './api.js';
import { confirm, isOpen } from './confirm.js';

/**
 * @param {import('./session.js').Place} place
 * @param {import('./checkout-view.js').View} view
 * @param {import('./session.js').Session} session
 * @param {import('./order.js').OrderState} orders
 * @param {import('./form.js').Form} form
 * @param {import('./contact.js').ContactForm} contact
 * @param {import('./summary.js').Summary} summary
 */
export function createPay(place, view, session, orders, form, contact, summary) {
  const { page, t } = session;
  const { isFree, order, setOrder, settled } = orders;
  const { payLabel, withTotal } = summary;

  /**
   * @type {import('./confirm.js').Confirmation | null} a token that was sent
   *   and whose outcome is open
   */
  let pending = null;

  form.onInput(() => {
    if (view.phase() === 'ready') pending = null;
  });

  /** @param {string} said */
  function ready(said = '') {
    view.lockDetails(false);
    // The form that the order's new price needs is ready later.
    if (form.isOutdated()) return view.setPhase('loading', payLabel(), t.loadingForm);
    view.setPhase('ready', payLabel(), said);
  }

  /**
   * Reports that the form cannot be used, and lets the buyer try again.
   *
   * @param {string} code
   * @param {string} text
   */
  function fail(code, text) {
    view.setPhase('failed', payLabel());
    say(code, text);
  }

  /**
   * Shows a failure to the buyer, and reports it to the page around the form.
   *
   * @param {string} code
   * @param {string} text
   * @param {import('./checkout-view.js').Wrong[]} [wrong]
   */
  function say(code, text, wrong) {
    view.showMessage(text, wrong);
    place.failed(code, text);
  }

  /**
   * @param {Payer} payer
   * @returns {Promise<string | null>} the client secret of a payment that needs
   *   the buyer; null if the page moves on or shows a message
   */
  async function pay(payer) {
    if (view.phase() !== 'ready' && view.phase() !== 'unsure') return null;

    const doing = isFree() ? t.placing : t.paying;
    view.setPhase('busy', doing, doing);
    view.showMessage('');

    try {
      pending ??= await (isFree() ? newPlacing(payer) : newConfirmation(payer));
      if (!pending) return null;

      view.lockDetails(true);

      const confirmed = await confirm(place.api, pending, () =>
        view.setPhase('busy', t.reconnecting, t.reconnecting),
      );

      pending = null;

      if (confirmed.status === 'requires_action') return confirmed.client_secret;

      session.leave();
    } catch (failure) {
      await refused(failure);
      payer.failed(view.message());
    }

    return null;
  }

  /**
   * Creates a token from the input; null if the page shows a message instead.
   * The buyer pays the amount that the button showed when it was pressed. If a
   * change in flight has changed the amount, the press has no effect.
   *
   * @param {Payer} payer
   */
  async function newConfirmation(payer) {
    if (!form.elements) throw new Error('the form is not mounted');

    const shown = order().amount;
    const submitted = await form.elements.submit();
    if (submitted.error || view.unagreed().length > 0)
      return complainOfParts(payer, submitted.error?.message);

    try {
      await payer.prepare();
    } catch (failure) {
      return complain(payer, describe(failure, page), codeOf(failure), contact.partOf(failure));
    }

    await settled();

    if (order().amount !== shown) return complain(payer, withTotal(t.amountChanged));

    const optionsFingerprint = order().options_fingerprint;
    const made = await session.stripe.createConfirmationToken({
      elements: form.elements,
      params: paramsOf(payer),
    });
    if (made.error) return complain(payer, made.error.message, made.error.code ?? made.error.type);

    return {
      confirmationTokenId: made.confirmationToken.id,
      orderId: page.orderId,
      expectedAmount: shown,
      optionsFingerprint,
      ...view.consent(),
      ...(place.returnUrl && { returnUrl: place.returnUrl }),
    };
  }

  /**
   * Returns what places a free order: no token. Null if the page shows a
   * message instead.
   *
   * @param {Payer} payer
   * @returns {Promise<import('./confirm.js').Confirmation | null>}
   */
  async function newPlacing(payer) {
    if (!(await contact.isComplete()) || view.unagreed().length > 0) return complainOfParts(payer);

    try {
      await payer.prepare();
    } catch (failure) {
      return complain(payer, describe(failure, page), codeOf(failure), contact.partOf(failure));
    }

    await settled();

    if (!isFree()) return complain(payer, withTotal(t.amountChanged));

    return { orderId: page.orderId, expectedAmount: 0, ...view.consent() };
  }

  /**
   * Returns the parameters of the token. In setup mode the page says that the
   * method can be used for later orders, which is the consent to show it there
   * (docs: payment method object, allow_redisplay).
   *
   * @param {Payer} payer
   */
  function paramsOf(payer) {
    const params = { return_url: place.returnUrl || session.config.return_url, ...payer.params() };
    if (order().mode !== 'setup') return params;
    const data = {
      ...params.payment_method_data,
      allow_redisplay: /** @type {const} */ ('always'),
    };
    return { ...params, payment_method_data: data };
  }

  /**
   * Names the parts in which something is missing. If it is one, Stripe.js
   * knows better what, or the box for the terms.
   *
   * @param {Payer} payer
   * @param {string} [message] of Stripe.js
   */
  function complainOfParts(payer, message) {
    const [terms] = view.unagreed();
    const wrong = [...contact.incomplete(), ...(terms ? [terms] : [])];
    const one = message ?? terms?.text;
    const done = complain(payer, one && wrong.length < 2 ? one : t.detailsMissing, '', wrong);
    if (wrong.length === 1) terms?.go();

    return done;
  }

  /**
   * @param {Payer} payer
   * @param {string} [message]
   * @param {string} [code] of a failure; none for what the buyer has to
   *   complete or to look at first
   * @param {import('./checkout-view.js').Wrong[]} [wrong]
   * @returns {null}
   */
  function complain(payer, message = t.wentWrong, code = '', wrong = []) {
    if (view.phase() !== 'busy') return null;
    ready();
    if (code) say(code, message, wrong);
    else view.showMessage(message, wrong);
    payer.failed(message);
    return null;
  }

  /**
   * Handles a payment that failed: shows why, or leaves the page.
   *
   * @param {unknown} failure
   */
  async function refused(failure) {
    if (!(failure instanceof ApiError)) {
      console.error(failure);
      if (!form.elements) return fail(codeOf(failure), t.wentWrong);

      ready();

      return say(codeOf(failure), t.wentWrong);
    }

    if (session.isLost(failure)) return;
    if (!isOpen(failure)) pending = null;

    if (failure.lost) {
      view.setPhase('unsure', t.sendAgain);
      return say(codeOf(failure), isFree() ? t.lostOrder : t.lostAnswer);
    }

    if (['payment_in_progress', 'payment_unknown', 'order_not_open'].includes(failure.code))
      return session.leave();
    if (failure.code === 'amount_changed') return amountChanged(failure.problem?.amount);
    if (failure.code === 'options_changed') return optionsChanged(failure);

    ready();
    say(codeOf(failure), describe(failure, page), contact.partOf(failure));
    contact.showBeside(failure);
  }

  /** @param {number | undefined} amount */
  async function amountChanged(amount) {
    // The server draws an order of the shop's backend.
    if (amount === undefined || order().shop) return place.reload();

    try {
      setOrder(await session.askOrder());
    } catch {
      setOrder({ ...order(), amount }); // the total matters, the lines can wait
    }

    ready();
    view.showMessage(withTotal(t.amountChanged));
  }

  /**
   * Brings the form up to date with an order that another tab changed.
   *
   * @param {ApiError} failure
   */
  async function optionsChanged(failure) {
    if (order().shop) return place.reload(); // its methods may be others

    try {
      setOrder(await session.askOrder());
    } catch {
      return place.reload();
    }

    ready();
    say(codeOf(failure), describe(failure, page));
  }

  return { ready, fail, say, pay, refused };
}
