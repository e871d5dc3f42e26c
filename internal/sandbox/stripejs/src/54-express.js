// The Express Checkout Element: wallet buttons, each with a sheet that stands in for the wallet.

/** @typedef {import('@stripe/stripe-js').AvailablePaymentMethods} AvailableWallets */

/** Wallets by the name of the option, with the name in events. @type {Record<keyof AvailableWallets, {type: string, label: string, method: string}>} */
const wallets = {
  applePay: { type: 'apple_pay', label: 'Apple Pay', method: 'card' },
  googlePay: { type: 'google_pay', label: 'Google Pay', method: 'card' },
  link: { type: 'link', label: 'Link', method: 'link' },
  amazonPay: { type: 'amazon_pay', label: 'Amazon Pay', method: 'amazon_pay' },
  paypal: { type: 'paypal', label: 'PayPal', method: 'paypal' },
};
const walletNames = /** @type {(keyof AvailableWallets)[]} */ (Object.keys(wallets));

/** How long a page may take to call resolve() of a click, as with Stripe.js. */
const clickPatience = 1000;

class ExpressElement extends BaseElement {
  /** @param {ElementsGroup} group @param {Json} options */
  constructor(group, options) {
    super('expressCheckout', group, options);
    /** The wallet that the buyer accepted, until the payment is over. @type {string | null} */
    this.paying = null;
    /** @type {Json} */
    this.accepted = null;
  }

  async load() {
    this.session = await this.group.session();
    if (!this.container) return;
    this.words.business = this.options.business?.name ?? this.session.business_name ?? '';
    this.draw();
  }

  redraw() {
    this.draw();
  }

  /** Which buttons show: what the session offers, less what the page leaves out. @returns {AvailableWallets} */
  available() {
    const offered = this.session.payment_method_preference.ordered_payment_method_types;
    const chosen = { ...this.options.wallets, ...this.options.paymentMethods };
    const shows = (/** @type {keyof AvailableWallets} */ name) => {
      const wish = chosen[name] ?? 'auto';
      // No wallet of the device is there; Apple Pay shows only when the page insists, as on a device without it.
      if (name === 'applePay') return wish === 'always' && offered.includes('card');
      return wish !== 'never' && offered.includes(wallets[name].method);
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
    const order = (this.options.paymentMethodOrder ?? []).map((/** @type {string} */ name) =>
      name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase()),
    );
    const rank = (/** @type {string} */ name) => (order.includes(name) ? order.indexOf(name) : order.length);
    return walletNames.filter((name) => available[name]).sort((a, b) => rank(a) - rank(b));
  }

  /** @returns {import('@stripe/stripe-js').StripeExpressCheckoutElementReadyEvent} */
  readyPayload() {
    const names = this.shown();
    return { elementType: 'expressCheckout', availablePaymentMethods: names.length ? this.available() : undefined };
  }

  draw() {
    const { buttonHeight, layout, buttonTheme } = this.options;
    const { maxColumns, maxRows, overflow } = layout ?? {};
    const buttons = this.shown().map((name) => this.button(name, buttonTheme?.[name]));
    const list = h('div', { class: 'Express', role: 'group', 'aria-label': this.words.say('express') }, ...buttons);
    if (buttonHeight) list.style.setProperty('--expressHeight', `${Math.min(55, Math.max(40, buttonHeight))}px`);
    if (maxColumns) list.style.setProperty('--expressMin', `calc(${100 / maxColumns}% - var(--tabSpacing))`);
    this.body.replaceChildren(...(buttons.length ? [this.sandboxLine(), list] : []));
    if (maxRows && overflow !== 'never') this.fold(buttons, maxRows * (maxColumns || 2), list);
  }

  /** @param {HTMLElement[]} buttons @param {number} visible @param {HTMLElement} list */
  fold(buttons, visible, list) {
    const rest = buttons.slice(visible);
    if (rest.length === 0) return;
    for (const button of rest) button.hidden = true;
    const more = h('button', { class: 'Button', type: 'button', 'data-action': 'more' }, this.words.say('more'));
    more.addEventListener('click', () => {
      for (const button of rest) button.hidden = false;
      rest[0].focus();
      more.remove();
    });
    list.after(more);
  }

  /** @param {keyof AvailableWallets} name @param {string | undefined} theme */
  button(name, theme) {
    const { type, label } = wallets[name];
    const light = theme?.startsWith('white') ? ' ExpressButton--light' : '';
    const button = h(
      'button',
      {
        class: `ExpressButton ExpressButton--${type}${light}`,
        type: 'button',
        'data-express': type,
        'aria-label': this.words.say('payWith', { wallet: label }),
      },
      label,
    );
    button.addEventListener('click', () => void this.clicked(name));
    return button;
  }

  /** Tells the page, which may still change what is bought, then opens the sheet. @param {keyof AvailableWallets} name */
  async clicked(name) {
    const expressPaymentType = wallets[name].type;
    const details = await new Promise((resolve) => {
      if (!this.events.has('click')) return resolve({});
      const late = setTimeout(() => {
        warn('The Express Checkout Element click event was not resolved within 1 second.');
        resolve(null);
      }, clickPatience);
      this.emit('click', {
        expressPaymentType,
        resolve: (/** @type {Json} */ given = {}) => {
          clearTimeout(late);
          resolve(given);
        },
      });
    });
    if (details) this.open(name, merge(this.options, details));
  }

  /** @param {keyof AvailableWallets} name @param {Json} details */
  open(name, details) {
    checkWalletDetails(details);
    const sheet = new WalletSheet(this, wallets[name].label, details);
    sheet.onCancel = () => {
      this.forget();
      this.emit('cancel');
    };
    sheet.onPay = (accepted) => {
      this.paying = wallets[name].type;
      this.method = wallets[name].method;
      this.accepted = accepted;
      this.events.emit('confirm', {
        expressPaymentType: this.paying,
        ...accepted,
        paymentFailed: (/** @type {Json} */ why) => this.paymentFailed(sheet, why),
      });
      sheet.close();
    };
  }

  /** @param {WalletSheet} sheet @param {{message?: string, reason?: string} | undefined} why */
  paymentFailed(sheet, why) {
    this.forget();
    sheet.close();
    this.live.textContent = why?.message ?? this.words.say('authFailed');
  }

  forget() {
    this.paying = null;
    this.accepted = null;
  }

  unmount() {
    this.forget();
    super.unmount();
  }

  /** The test wallet pays with Visa's test card, as wallets do in Stripe's test mode. @returns {Json} */
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
        allow_redisplay: 'unspecified',
      },
      type: this.method,
    };
  }
}

/** @param {Json} details of create() and of resolve() */
function checkWalletDetails(details) {
  if (details.shippingAddressRequired && !details.shippingRates?.length) {
    throw new IntegrationError('When shippingAddressRequired is true, at least one entry in shippingRates is required.');
  }
}
