// A group of elements, which stripe.elements() returns. It holds the options,
// the session and the elements of one checkout.

const notSimulated = [
  'card',
  'cardNumber',
  'cardExpiry',
  'cardCvc',
  'iban',
  'idealBank',
  'p24Bank',
  'epsBank',
  'fpxBank',
  'auBankAccount',
  'affirmMessage',
  'afterpayClearpayMessage',
  'paymentMethodMessaging',
  'paymentRequestButton',
  'issuingCardNumberDisplay',
  'issuingCardCvcDisplay',
  'issuingCardExpiryDisplay',
  'issuingCardPinDisplay',
  'issuingCardCopyButton',
  'currencySelector',
  'taxId',
];

/**
 * Compares elements by their order on the page.
 *
 * @param {BaseElement} a
 * @param {BaseElement} b
 */
function byPlace(a, b) {
  return a.host.compareDocumentPosition(b.host) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1;
}

/**
 * Shows the errors of all elements and focuses the first wrong field.
 *
 * @param {BaseElement[]} elements in the page's order
 * @throws the first element's error
 */
async function validateAll(elements) {
  /** @type {{err: unknown, focus: Element | null} | null} */
  let first = null;
  for (const element of elements) {
    try {
      await element.validate();
    } catch (err) {
      first ??= { err, focus: focusedElement() };
    }
  }

  if (!first) return;

  if (first.focus instanceof HTMLElement) first.focus.focus();

  throw first.err;
}

class ElementsGroup {
  /**
   * @param {Api} api
   * @param {Json} options
   * @param {string | undefined} locale of Stripe()
   */
  constructor(api, options, locale) {
    this.api = api;
    this.options = normalizeElementsOptions(options);
    checkElementsOptions(this.options);
    checkAppearance(this.options.appearance);
    this.stripeLocale = locale;
    this.words = new Words(this.options.locale ?? locale);
    this.loader = this.options.loader ?? 'auto';
    loadFonts(this.options.fonts ?? []);
    this.events = new Emitter();
    /** @type {BaseElement[]} */
    this.members = [];
    this.submitted = false;
    /** @type {Promise<Json> | null} */
    this.loading = null;
  }

  get appearance() {
    return /** @type {Appearance | undefined} */ (this.options.appearance);
  }

  /**
   * @param {string} type
   * @param {Json} [options]
   */
  create(type, options = {}) {
    const Kind = elementKinds[type];
    if (!Kind) throw this.refuse(type);

    if (
      ['payment', 'expressCheckout'].includes(type) &&
      !this.options.clientSecret &&
      !this.options.mode
    ) {
      const name = type === 'payment' ? 'payment' : 'express checkout';
      throw new IntegrationError(
        `In order to create a ${name} element, you must pass a clientSecret or mode ` +
          'when creating the Elements group.\n\ne.g. stripe.elements({clientSecret: ' +
          '"{{CLIENT_SECRET}}"})',
      );
    }

    if (this.member(type, options?.mode))
      throw new IntegrationError(
        `Can only create one Element of type ${type} through an Elements instance.`,
      );

    checkCreateOptions(type, options);

    const element = new Kind(this, options);
    this.members.push(element);
    this.addressesChanged(element);

    return element;
  }

  /** @param {string} type */
  refuse(type) {
    if (notSimulated.includes(type))
      return new IntegrationError(`The ${type} Element is not part of the offline sandbox.`);

    return new IntegrationError(
      'A valid Element name must be provided. Valid Elements are:\n  ' +
        `${[...Object.keys(elementKinds), ...notSimulated].join(', ')}; you passed: ` +
        `${type}.`,
    );
  }

  /**
   * @param {string} type
   * @param {string} [mode] of address elements
   */
  member(type, mode) {
    return (
      this.members.find(
        (element) => element.type === type && (!mode || element.options.mode === mode),
      ) ?? null
    );
  }

  /**
   * @param {string} type
   * @param {{mode?: string}} [options]
   */
  getElement(type, options) {
    return this.member(type, options?.mode);
  }

  /** @param {BaseElement} element */
  forget(element) {
    this.members = this.members.filter((other) => other !== element);
    this.addressesChanged(element);
  }

  /**
   * Redraws the payment form, which asks for no address if an Address Element
   * does.
   *
   * @param {BaseElement} element that came or went
   */
  addressesChanged(element) {
    if (element.type === 'address') this.member('payment')?.update({});
  }

  /**
   * Changes the options. Returns a promise of their effect from the build of
   * 2026-03-25 (dahlia) on, and nothing before.
   *
   * @param {Json} changes
   * @returns {Promise<void> | void}
   */
  update(changes) {
    const done = this.change(changes);
    if (buildName !== 'v3' && buildName >= 'dahlia') return done;
  }

  /**
   * @param {Json} changes
   * @returns {Promise<void>} of their effect
   */
  change(changes) {
    const normalized = normalizeElementsOptions(changes ?? {});
    warnUnknown(normalized, updateParameters, 'elements.update()');

    const next = { ...this.options, ...normalized };
    if (next.clientSecret && ['mode', 'amount', 'currency'].some((name) => name in normalized)) {
      throw new IntegrationError(
        'elements.update(): mode, amount and currency cannot be updated when the ' +
          'Elements group was created with a clientSecret.',
      );
    }

    if (next.mode !== undefined) checkMode(next, 'elements.update()');
    checkAppearance(next.appearance);
    this.options = next;
    this.submitted = false;
    this.members.forEach((element) => element.optionsChanged());
    if (normalized.locale) this.renameWords(normalized.locale);
    if ('appearance' in normalized) this.members.forEach((element) => element.applyAppearance());

    const rest = Object.keys(normalized).filter((name) => name !== 'appearance');
    if (rest.some((name) => name !== 'locale')) this.loading = null;

    // A new appearance needs no redraw: visible errors and the focus stay.
    if (rest.length > 0) return this.refresh();
    return Promise.resolve().then(() => this.events.emit('update-end', {}));
  }

  /** @param {string} locale */
  renameWords(locale) {
    const { business } = this.words;
    this.words = new Words(locale);
    this.words.business = business;
    this.api.words = this.words;
    this.members.forEach((element) => element.applyAppearance());
  }

  /**
   * Redraws the elements, with a new session if the old one was dropped, and
   * emits update-end.
   */
  async refresh() {
    await Promise.all(
      this.members.filter((element) => element.ready).map((element) => element.reload()),
    );
    this.events.emit('update-end', {});
  }

  /**
   * @param {string} event
   * @param {Function} handler
   */
  on(event, handler) {
    this.events.add(event, handler, false);
  }

  /**
   * Returns the elements session of this group: one request, shared by its
   * elements.
   *
   * @returns {Promise<Json>}
   */
  session() {
    this.loading ??= this.loadSession().catch((err) => {
      this.loading = null;
      throw err;
    });
    return this.loading;
  }

  async loadSession() {
    const deferred_intent = this.options.clientSecret
      ? await this.intentFacts()
      : this.deferredFacts();

    return this.api.call('GET', '/v1/elements/sessions', {
      type: 'deferred_intent',
      locale: this.words.locale,
      deferred_intent,
      customer_session_client_secret: this.options.customerSessionClientSecret,
    });
  }

  deferredFacts() {
    const {
      mode,
      amount,
      currency,
      setupFutureUsage,
      captureMethod,
      paymentMethodTypes,
      paymentMethodConfiguration,
      onBehalfOf,
    } = this.options;

    return {
      mode,
      amount,
      currency,
      setup_future_usage: setupFutureUsage,
      capture_method: captureMethod,
      payment_method_types: paymentMethodTypes,
      payment_method_configuration: paymentMethodConfiguration,
      on_behalf_of: onBehalfOf,
    };
  }

  /** Returns the facts of the intent behind the client secret. */
  async intentFacts() {
    const intent = await this.api.intent(this.options.clientSecret);
    this.intentUsage = intent.setup_future_usage ?? intent.usage;

    const mode = intent.object === 'setup_intent' ? 'setup' : 'payment';
    this.intentMode = mode;

    return {
      mode,
      amount: intent.amount,
      currency: intent.currency,
      setup_future_usage: intent.setup_future_usage,
      payment_method_types: intent.payment_method_types,
    };
  }

  /**
   * Returns the mode of the group.
   *
   * @returns {string | undefined}
   */
  get mode() {
    return this.options.mode ?? this.intentMode;
  }

  /**
   * For which later payments the page or its intent asks to save the payment
   * method. A mode that always saves is told by itself.
   *
   * @returns {string | undefined}
   */
  get reuse() {
    return this.options.setupFutureUsage ?? this.intentUsage ?? undefined;
  }

  /** Reports whether the payment method will be charged again later. */
  willBeReused() {
    return ['setup', 'subscription'].includes(this.mode ?? '') || Boolean(this.reuse);
  }

  recollectsCvc() {
    return this.options.paymentMethodOptions?.card?.require_cvc_recollection === true;
  }

  /** @returns {AddressElement | null} */
  billingAddress() {
    return /** @type {AddressElement | null} */ (this.member('address', 'billing'));
  }

  /** @param {string} id */
  async detach(id) {
    await this.api.call('POST', `/v1/payment_methods/${encodeURIComponent(id)}/detach`, {
      customer_session_client_secret: this.options.customerSessionClientSecret,
    });
    this.loading = null;
  }

  /** Validates every mounted element, as elements.submit() does. */
  submit() {
    return outcome(async () => {
      const express = /** @type {ExpressElement | null} */ (this.member('expressCheckout'));

      // A wallet provides its own details, so the other elements may stay
      // empty.
      const mounted = this.members.filter(
        (element) => element.container && (!express?.paying || element === express),
      );

      mounted.sort(byPlace);

      if (mounted.length === 0)
        throw new IntegrationError(
          'elements.submit() needs a mounted Element. Make sure the Element that you want ' +
            'to submit is still mounted.',
        );

      await validateAll(mounted);
      this.submitted = true;

      const payment = /** @type {PaymentElement | null} */ (this.member('payment'));

      return { selectedPaymentMethod: express?.paying ?? payment?.selectedType ?? '' };
    });
  }

  /** Drops the wallet's details once they are used. */
  walletDone() {
    const express = this.member('expressCheckout');
    if (express instanceof ExpressElement) express.forget();
  }

  /** Reads the session again, after the server has changed the intent. */
  fetchUpdates() {
    return outcome(async () => {
      this.loading = null;
      await this.session();
      await this.refresh();
      return {};
    });
  }
}
