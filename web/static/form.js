/**
 * The payment form: the group of Stripe's elements, and the Payment Element.
 * Stripe.js accepts no amount of zero, so the Payment Element is there only
 * while the order has a price.
 *
 * @typedef {import('@stripe/stripe-js').StripeElements} StripeElements
 *
 * @typedef {import('@stripe/stripe-js').StripePaymentElement} PaymentElement
 *
 * @typedef {import('@stripe/stripe-js').StripePaymentElementChangeEvent}
 *   PaymentChange
 *
 * @typedef {ReturnType<typeof createForm>} Form
 */

/**
 * @param {import('./session.js').Place} place
 * @param {import('./session.js').Session} session
 * @param {import('./order.js').OrderState} orders
 */
export function createForm({ dom, look }, session, orders) {
  const { t } = session;
  const { isChangeable, isFree, onOrder, order } = orders;

  const formTimeoutMs = 20_000;

  /** @type {StripeElements | undefined} */
  let elements;
  /** Whether the buyer chose a saved payment method. */
  let savedChosen = false;
  /** Whether the Payment Element has all it needs. */
  let complete = false;
  /**
   * The terms that Stripe.js received last.
   *
   * @type {{amount?: number, setupFutureUsage?: 'on_session' | 'off_session' |
   *   null}}
   */
  let sentTerms = {};
  /** @type {PaymentElement | null} */
  let payment = null;
  /**
   * Whether the page asks for contact details: not while a payment is in
   * flight.
   */
  let asks = true;
  /** Whether the Payment Element leaves the billing address to the page. */
  let withoutAddress = false;
  /** Ends the wait for a Payment Element that is not needed any more. */
  let stopWaiting = () => {};
  /**
   * Whether the group was created while the order was free. It then holds
   * contact and address elements only, and cannot hold a Payment Element.
   */
  let forFree = false;
  /** @type {(() => void)[]} */
  const listeners = [];

  /**
   * @param {() => void} listener called when the input or the chosen method
   *   changes
   */
  function onInput(listener) {
    listeners.push(listener);
  }

  /**
   * Returns whether the order's price needs another form than the one shown.
   */
  function isOutdated() {
    return Boolean(elements) && Boolean(payment) === isFree();
  }

  /** Returns whether the form can be brought up to date without a reload. */
  function canFollow() {
    return !forFree;
  }

  /**
   * Creates the group and mounts the Payment Element, if there is something to
   * pay.
   *
   * @param {string | null} customerSessionClientSecret
   * @returns {Promise<void>} resolves when the form can be used; rejects with a
   *   message for the buyer
   */
  async function mount(customerSessionClientSecret) {
    const { elements: options, appearance_dark: dark } = session.config;
    forFree = isFree();

    try {
      elements = session.stripe.elements({
        ...(forFree ? withoutPrice(options) : options),
        ...(customerSessionClientSecret ? { customerSessionClientSecret } : {}),
        appearance: look.appearance(options.appearance, dark),
      });
    } catch (failure) {
      console.error(failure);
      throw new Error(t.formFailed);
    }

    sentTerms = terms(order());
    look.onSchemeChange(follow);
    if (!forFree) await mountPayment();
  }

  /**
   * Styles the elements anew, after the screen switched between dark and light.
   */
  function follow() {
    const { elements: options, appearance_dark: dark } = session.config;
    elements?.update({ appearance: look.appearance(options.appearance, dark) });
  }

  /** Ends the form: its page goes on without it. */
  function close() {
    look.offSchemeChange(follow);
    unmountPayment();
  }

  /**
   * Returns the options of a group that only collects contact details.
   *
   * @param {import('./session.js').ElementsOptions} options
   */
  function withoutPrice({ currency, fonts }) {
    return { mode: /** @type {const} */ ('setup'), currency, ...(fonts ? { fonts } : {}) };
  }

  /**
   * Mounts the Payment Element.
   *
   * @returns {Promise<void>} as that of mount
   */
  function mountPayment() {
    asks = isChangeable(); // as the contact details do when they are mounted
    const created = /** @type {StripeElements} */ (elements).create('payment', paymentOptions());
    payment = created;
    complete = false;
    withoutAddress = hasBilling();
    created.on('change', methodChanged);

    const loaded = /** @type {Promise<void>} */ (
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(t.formFailed)), formTimeoutMs);
        stopWaiting = () => {
          clearTimeout(timer);
          resolve();
        };

        created.on('ready', stopWaiting);
        created.on('loaderror', ({ error }) => {
          clearTimeout(timer);
          reject(new Error(error.message ?? t.formFailed));
        });
      })
    );

    created.mount(dom.stand('payment-element'));

    return loaded;
  }

  /** Removes the Payment Element of an order that has become free. */
  function unmountPayment() {
    payment?.destroy();
    payment = null;
    savedChosen = false;
    dom.byId('saved-method-note').textContent = '';
    stopWaiting();
  }

  /**
   * Reports whether the page itself has the billing address: the shop asks for
   * it, or it is the shipping address unless the buyer says otherwise.
   *
   * @param {import('./api.js').Order} [of]
   */
  function hasBilling(of = order()) {
    return asks && (Boolean(session.config.address?.billing) || of.ships);
  }

  /**
   * Returns the options of the Payment Element, which does not ask again for a
   * billing address that the page has. The buyer's country is a guess, unless
   * the buyer is known.
   */
  function paymentOptions() {
    const { address, known, payment_element: options } = session.config;
    const country = address?.country;
    return {
      ...options,
      defaultValues: {
        billingDetails: known?.billing ?? (country ? { address: { country } } : {}),
      },
      ...(hasBilling() ? billingFields() : {}),
    };
  }

  function billingFields() {
    const asked = hasBilling() ? 'never' : 'auto';
    return { fields: { billingDetails: { address: /** @type {'never' | 'auto'} */ (asked) } } };
  }

  /** @param {PaymentChange} event */
  function methodChanged({ value, complete: isComplete }) {
    complete = isComplete;
    const saved = value?.payment_method;
    savedChosen = Boolean(saved);
    dom.byId('saved-method-note').textContent = saved ? savedNote(saved.type) : '';
    for (const listener of listeners) listener();
  }

  /** @param {string} type */
  function savedNote(type) {
    if (type === 'card') return t.savedCard;
    return ['sepa_debit', 'us_bank_account', 'bacs_debit'].includes(type)
      ? t.savedBank
      : t.savedOther;
  }

  /**
   * Returns the options of Stripe.js that depend on the order: wallets and
   * instalments show the amount, and some products save the method.
   *
   * @param {import('./api.js').Order} order
   */
  function terms({ mode, amount, setup_future_usage: usage, trial }) {
    if (mode === 'setup' || trial) return {};
    return { amount, ...(mode === 'payment' ? { setupFutureUsage: usage ?? null } : {}) };
  }

  onOrder((now) => {
    if (payment && hasBilling(now) !== withoutAddress) {
      withoutAddress = hasBilling(now);
      payment.update(billingFields());
    }

    const next = terms(now);
    if (!elements || isFree(now) || forFree) return;
    if (JSON.stringify(next) === JSON.stringify(sentTerms)) return;
    sentTerms = next;
    elements.update(next);
  });

  return {
    get elements() {
      return elements;
    },
    get savedChosen() {
      return savedChosen;
    },
    get payment() {
      return payment;
    },
    /** Reports whether something is missing in the Payment Element. */
    get incomplete() {
      return payment !== null && !complete;
    },
    hasBilling,
    onInput,
    isOutdated,
    canFollow,
    mount,
    close,
    mountPayment,
    unmountPayment,
  };
}
