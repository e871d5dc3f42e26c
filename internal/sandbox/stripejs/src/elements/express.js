// The Express Checkout Element: wallet buttons, each with a payment sheet that
// stands in for the wallet's.

/**
 * @typedef {import('@stripe/stripe-js').AvailablePaymentMethods}
 *   AvailableWallets
 */

/**
 * Wallets by option name, with their name in events.
 *
 * @type {Record<keyof AvailableWallets, {type: string, label: string, method:
 *   string}>}
 */
const wallets = {
  applePay: { type: 'apple_pay', label: 'Apple Pay', method: 'card' },
  googlePay: { type: 'google_pay', label: 'Google Pay', method: 'card' },
  link: { type: 'link', label: 'Link', method: 'link' },
  amazonPay: { type: 'amazon_pay', label: 'Amazon Pay', method: 'amazon_pay' },
  paypal: { type: 'paypal', label: 'PayPal', method: 'paypal' },
};
const walletNames = /** @type {(keyof AvailableWallets)[]} */ (Object.keys(wallets));

/**
 * The text of a button by its `buttonType`; other types show only the wallet's
 * name.
 *
 * @type {Record<string, TextKey>}
 */
const buttonTexts = {
  'add-money': 'buttonAdd',
  book: 'buttonBook',
  buy: 'buttonBuy',
  buynow: 'buttonBuy',
  'check-out': 'buttonCheckout',
  checkout: 'buttonCheckout',
  donate: 'buttonDonate',
  order: 'buttonOrder',
  pay: 'payWith',
  subscribe: 'buttonSubscribe',
};

/**
 * How many milliseconds a page has to call resolve() of a click, as with
 * Stripe.js.
 */
const clickPatience = 1000;

class ExpressElement extends BaseElement {
  /**
   * @param {ElementsGroup} group
   * @param {Json} options
   */
  constructor(group, options) {
    super('expressCheckout', group, options);

    /**
     * The wallet that the buyer pays with, until the payment is over.
     *
     * @type {string | null}
     */
    this.paying = null;
    /** @type {Json} */
    this.accepted = null;
    /** @type {WalletSheet | null} */
    this.sheet = null;

    /** The options that the buttons were drawn from. */
    this.drawn = '';
    this.problem = h('p', { class: 'Error', role: 'alert', hidden: true });
  }

  async load() {
    this.session = await this.group.session();
    if (!this.container) return;
    this.words.business = this.options.business?.name ?? this.session.business_name ?? '';
    if (!this.ready) this.drawn = '';
    this.draw();
  }

  redraw() {
    this.draw();
  }

  /**
   * Reports which buttons show: those that the session offers, without those
   * that the page excludes.
   *
   * @returns {AvailableWallets}
   */
  available() {
    const offered = this.session.payment_method_preference.ordered_payment_method_types;
    const chosen = { ...this.options.wallets, ...this.options.paymentMethods };
    const shows = (/** @type {keyof AvailableWallets} */ name) => {
      const setting = chosen[name] ?? 'auto';
      // Apple Pay shows only if the page insists, as on a device without it.
      if (name === 'applePay') return setting === 'always' && offered.includes('card');
      return setting !== 'never' && offered.includes(wallets[name].method);
    };

    return {
      amazonPay: shows('amazonPay'),
      applePay: shows('applePay'),
      googlePay: shows('googlePay'),
      link: shows('link'),
      paypal: shows('paypal'),
    };
  }

  shown() {
    const available = this.available();

    const order = (this.options.paymentMethodOrder ?? []).map(camelCase);

    const rank = (/** @type {string} */ name) =>
      order.includes(name) ? order.indexOf(name) : order.length;

    return walletNames.filter((name) => available[name]).sort((a, b) => rank(a) - rank(b));
  }

  /**
   * @returns
   *   {import('@stripe/stripe-js').StripeExpressCheckoutElementReadyEvent}
   */
  readyPayload() {
    return { elementType: 'expressCheckout', availablePaymentMethods: this.methodsShown() };
  }

  /** @returns {AvailableWallets | undefined} */
  methodsShown() {
    return this.shown().length ? this.available() : undefined;
  }

  /**
   * Draws the buttons, unless they are unchanged: the button that opened a
   * sheet must get the focus back.
   */
  draw() {
    const { buttonHeight, layout, buttonTheme, buttonType } = this.options;
    const names = this.shown();
    const look = JSON.stringify([
      names,
      this.words.locale,
      buttonHeight,
      layout,
      buttonTheme,
      buttonType,
    ]);

    if (look === this.drawn) return;

    this.drawn = look;

    const { maxColumns, maxRows, overflow } = layout ?? {};
    const buttons = names.map((name) => this.button(name));
    const list = h(
      'div',
      { class: 'Express', role: 'group', 'aria-label': this.words.say('express') },
      ...buttons,
    );

    if (buttonHeight)
      list.style.setProperty('--expressHeight', `${Math.min(55, Math.max(40, buttonHeight))}px`);
    if (maxColumns)
      list.style.setProperty('--expressMin', `calc(${100 / maxColumns}% - var(--tabSpacing))`);
    this.body.replaceChildren(...(buttons.length ? [this.sandboxLine(), list, this.problem] : []));

    const rest = maxRows && overflow !== 'never' ? buttons.slice(maxRows * (maxColumns || 2)) : [];
    if (rest.length > 0) list.after(moreButton(this.words, rest));
  }

  /** @param {keyof AvailableWallets} name */
  button(name) {
    const { type, label } = wallets[name];

    const light = this.options.buttonTheme?.[name]?.startsWith('white')
      ? ' ExpressButton--light'
      : '';

    const text = buttonTexts[this.options.buttonType?.[name]];
    const button = h(
      'button',
      {
        class: `ExpressButton ExpressButton--${type}${light}`,
        type: 'button',
        'data-express': type,
        'aria-label': text ? null : this.words.say('payWith', { wallet: label }),
      },
      text ? this.words.say(text, { wallet: label }) : label,
    );

    button.addEventListener('click', () => void this.clicked(name));

    return button;
  }

  /**
   * Emits click, so that the page can still change the details, then opens the
   * sheet.
   *
   * @param {keyof AvailableWallets} name
   */
  async clicked(name) {
    if (this.sheet) return;

    this.say('');

    if (!this.events.has('click')) {
      const details = walletDetails(this.options, {});
      checkWalletDetails(details, this.group.options);
      return this.open(name, details);
    }

    const details = await this.askForDetails(wallets[name].type);
    if (details && this.container && !this.sheet) this.open(name, details);
  }

  /**
   * Returns what the page passes to resolve() of the click event; null if it
   * takes too long.
   *
   * @param {string} expressPaymentType
   * @returns {Promise<Json | null>}
   */
  askForDetails(expressPaymentType) {
    return new Promise((done) => {
      const late = setTimeout(() => {
        warn('The Express Checkout Element click event was not resolved within 1 second.');
        done(null);
      }, clickPatience);

      this.emit('click', {
        expressPaymentType,
        /**
         * Throws an error at the page if the details are wrong.
         *
         * @param {Json} [given]
         */
        resolve: (given = {}) => {
          const details = walletDetails(this.options, given);
          checkWalletDetails(details, this.group.options);
          clearTimeout(late);
          done(details);
        },
      });
    });
  }

  /**
   * @param {keyof AvailableWallets} name
   * @param {Json} details
   */
  open(name, details) {
    const { type, label, method } = wallets[name];
    const sheet = new WalletSheet(this, label, details);
    this.sheet = sheet;

    sheet.onCancel = () => {
      this.forget();
      this.emit('cancel');
    };

    sheet.onPay = (accepted) => {
      this.paying = type;
      this.method = method;
      this.accepted = accepted;

      const { phone, ...event } = accepted;
      this.emit('confirm', {
        expressPaymentType: type,
        ...event,
        paymentFailed: (/** @type {Json} */ why) => this.paymentFailed(why),
      });
    };
  }

  /**
   * Shows the page's error in the sheet, or beside the buttons if the sheet is
   * closed.
   *
   * @param {{message?: string, reason?: string} | undefined} why
   */
  paymentFailed(why) {
    const key = /** @type {TextKey} */ (`wallet_${why?.reason ?? 'fail'}`);
    const message = why?.message ?? this.words.say(key in texts.en ? key : 'wallet_fail');
    this.paying = null;
    this.accepted = null;
    if (this.sheet) this.sheet.failed(message);
    else this.say(message);
  }

  /** @param {string} message empty to clear it */
  say(message) {
    this.problem.textContent = message;
    this.problem.hidden = message === '';
  }

  /** Updates the amount in the sheet. */
  optionsChanged() {
    this.sheet?.refresh();
  }

  /**
   * Forgets the buyer's details, once they are used or withdrawn, and closes
   * the sheet.
   */
  forget() {
    this.paying = null;
    this.accepted = null;
    this.sheet?.close();
    this.sheet = null;
  }

  unmount() {
    this.forget();
    this.say('');
    super.unmount();
  }

  /**
   * Returns the payment method: the Visa test card, as wallets use in Stripe's
   * test mode.
   *
   * @returns {Json}
   */
  collect() {
    const { billingDetails = {} } = this.accepted ?? {};
    const { name, email, phone, address } = billingDetails;
    const now = new Date();
    const card =
      this.method === 'card'
        ? { number: '4242424242424242', exp_month: 12, exp_year: now.getFullYear() + 3, cvc: '123' }
        : undefined;

    return {
      payment_method_data: {
        type: this.method,
        card,
        billing_details: { name, email, phone, address },
        allow_redisplay: this.group.willBeReused() ? 'limited' : 'unspecified',
      },
      type: this.method,
    };
  }

  /**
   * Returns the wallet's shipping address, as a token's `shipping`.
   *
   * @returns {Json}
   */
  shipping() {
    const { shippingAddress, phone } = this.accepted ?? {};
    return shippingAddress && { ...shippingAddress, phone };
  }
}
