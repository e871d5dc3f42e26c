// The payment sheet of a wallet: the buyer, the shipping address and the cost.

/**
 * Emits an event of the sheet and returns the details that the page resolves it
 * with; null if the page rejects it.
 *
 * @param {ExpressElement} element
 * @param {string} event
 * @param {object} payload
 * @param {(details: Json) => void} check throws at the page
 * @returns {Promise<Json | null>}
 */
function askPage(element, event, payload, check) {
  if (!element.events.has(event)) return Promise.resolve({});

  return new Promise((done) => {
    element.emit(event, {
      ...payload,
      resolve: (/** @type {Json} */ details = {}) => {
        check(details);
        done(details);
      },
      reject: () => done(null),
    });
  });
}

class WalletSheet {
  /**
   * @param {ExpressElement} element
   * @param {string} label
   * @param {Json} details
   */
  constructor(element, label, details) {
    this.element = element;
    this.words = element.words;
    this.details = details;
    this.onCancel = () => {};
    /** @type {(accepted: Json) => void} */
    this.onPay = () => {};
    this.rate = details.shippingRates?.[0];

    /** Counts events that wait for the page: only the last one counts. */
    this.question = 0;

    /**
     * The options that the rates were drawn from.
     *
     * @type {string}
     */
    this.ratesDrawn = '';

    /** Whether the buyer has paid and the page is processing it. */
    this.busy = false;
    this.buyer = new BuyerForm(this.words, details);
    this.buyer.onAddress = () => void this.addressChanged();

    this.pay = h(
      'button',
      { type: 'submit', class: 'Pay', 'data-action': 'pay' },
      this.words.say('walletAccept'),
    );

    this.rates = h('div');
    this.lines = h('dl', { class: 'Lines' });
    this.total = h('p', { class: 'Total', role: 'status' });
    this.problem = h('p', { role: 'alert', hidden: true });
    this.form = this.build();
    this.dialog = openDialog(this.words, label, this.form);

    this.dialog.onDismiss(() => {
      // Once paid, the sheet stays open until the page is done: closing it must
      // not let the buyer pay a second time in another way.
      if (!this.busy) this.onCancel();
    });

    this.refresh();
    this.pay.focus();
    if (details.shippingAddressRequired) void this.addressChanged();
  }

  close() {
    this.dialog.dismiss();
  }

  build() {
    const { words } = this;
    const form = h(
      'form',
      { class: 'Body', novalidate: true },
      h('small', {}, h('b', {}, words.say('sandbox')), ` ${words.business}`),
      this.buyer.node,
      this.rates,
      this.lines,
      this.total,
      this.problem,
      this.pay,
    );

    form.addEventListener('submit', (event) => {
      event.preventDefault();
      if (!this.pay.disabled && this.buyer.check(form)) this.submit();
    });

    return form;
  }

  submit() {
    this.setBusy(true);
    this.say('');
    this.onPay(this.accepted());
  }

  /**
   * Shows why the page could not take the payment, and lets the buyer try
   * again.
   *
   * @param {string} message
   */
  failed(message) {
    this.say(message);
    this.setBusy(false);
    this.pay.focus();
  }

  /** @param {boolean} busy */
  setBusy(busy) {
    this.busy = busy;
    this.pay.disabled = busy;
    this.dialog.close.disabled = busy;
    this.pay.textContent = this.words.say(busy ? 'walletBusy' : 'walletAccept');
  }

  /** @param {string} message */
  say(message) {
    this.problem.textContent = message;
    this.problem.hidden = message === '';
  }

  /** @param {number} amount */
  money(amount) {
    const { currency } = this.element.group.options;
    return currency ? this.words.money(amount, currency) : String(amount);
  }

  /** Shows the current details and the group's amount. */
  refresh() {
    this.refreshRates();

    const { amount, mode } = this.element.group.options;
    const items = this.details.lineItems ?? [];
    this.lines.hidden = items.length === 0;

    this.lines.replaceChildren(
      ...items.flatMap((/** @type {Json} */ item) => [
        h('dt', {}, item.name),
        h('dd', {}, this.money(item.amount)),
      ]),
    );

    const note = mode === 'setup' ? 'walletOnce' : mode === 'subscription' ? 'walletAgain' : null;
    this.total.replaceChildren(
      ...(amount === undefined
        ? []
        : [h('span', {}, this.words.say('walletTotal')), h('span', {}, this.money(amount))]),
      ...(note ? [h('small', {}, this.words.say(note))] : []),
    );
  }

  refreshRates() {
    const rates = this.details.shippingAddressRequired ? (this.details.shippingRates ?? []) : [];
    const look = JSON.stringify([rates, this.rate?.id, this.element.group.options.currency]);
    if (look === this.ratesDrawn) return;

    this.ratesDrawn = look;

    const focused = this.rates.contains(
      /** @type {ShadowRoot} */ (this.rates.getRootNode()).activeElement,
    );

    const rows = rates.map((/** @type {Json} */ rate) => this.rateRow(rate));
    this.rates.replaceChildren(
      ...(rows.length
        ? [h('fieldset', {}, h('legend', {}, this.words.say('walletRate')), ...rows)]
        : []),
    );

    if (focused) focusIn(this.rates, 'input:checked');
  }

  /** @param {Json} rate */
  rateRow(rate) {
    const input = h('input', {
      type: 'radio',
      name: 'wallet-rate',
      value: rate.id,
      checked: rate.id === this.rate?.id,
    });

    input.addEventListener('change', () => void this.rateChosen(rate));

    const estimate = estimateText(rate.deliveryEstimate, this.words.locale);
    const more = estimate ? [h('small', {}, estimate)] : [];
    return h(
      'label',
      {},
      input,
      h('span', {}, `${rate.displayName} ${this.money(rate.amount)} `, ...more),
    );
  }

  async addressChanged() {
    await this.ask(
      'shippingaddresschange',
      { name: this.buyer.text('name'), address: this.buyer.partial },
      'wallet_address_unserviceable',
    );
  }

  /** @param {Json} rate */
  async rateChosen(rate) {
    this.rate = rate;
    await this.ask('shippingratechange', { shippingRate: rate }, 'wallet_rate');
  }

  /**
   * Asks the page about a change, and disables paying until it agrees.
   *
   * @param {string} event
   * @param {object} payload
   * @param {TextKey} refusal
   */
  async ask(event, payload, refusal) {
    if (!this.details.shippingAddressRequired) return;

    this.question += 1;

    const { question } = this;

    this.pay.disabled = true;

    const changes = await askPage(this.element, event, payload, (given) =>
      checkWalletDetails({ ...this.details, ...given }, this.element.group.options),
    );

    if (question !== this.question) return;

    this.say(changes ? '' : this.words.say(refusal));

    if (!changes) return;

    this.details = { ...this.details, ...changes };
    this.rate = this.rateAfter(event, changes.shippingRates);
    this.refresh();
    this.pay.disabled = false;
  }

  /**
   * Returns the rate to select: the first of new rates, unless the buyer has
   * just chosen one of them.
   *
   * @param {string} event
   * @param {Json[] | undefined} rates
   * @returns {Json}
   */
  rateAfter(event, rates) {
    if (!rates) return this.rate;
    const same = event === 'shippingratechange' && rates.find(({ id }) => id === this.rate?.id);
    return same || rates[0];
  }

  /** @returns {Json} the details of the confirm event, with the phone number */
  accepted() {
    const { details, buyer } = this;
    const { address } = buyer;
    const name = buyer.text('name');
    const phone = buyer.text('phone') || undefined;

    const billing = details.billingAddressRequired
      ? address
      : { country: address.country, postal_code: address.postal_code };

    return {
      billingDetails: { name, email: buyer.text('email') || undefined, phone, address: billing },
      shippingAddress: details.shippingAddressRequired ? { name, address } : undefined,
      shippingRate: details.shippingAddressRequired ? this.rate : undefined,
      phone,
    };
  }
}

/**
 * Describes a delivery estimate.
 *
 * @param {Json} estimate a text, or a range
 * @param {string} locale
 * @returns {string}
 */
function estimateText(estimate, locale) {
  if (!estimate || typeof estimate === 'string') return estimate ?? '';

  const { minimum, maximum } = estimate;
  const unit = (maximum ?? minimum)?.unit.replace('business_', '');
  if (!unit) return '';

  const format = new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' });
  const values = [minimum?.value, maximum?.value].filter((value) => value !== undefined);

  return values.length === 2 ? format.formatRange(values[0], values[1]) : format.format(values[0]);
}
