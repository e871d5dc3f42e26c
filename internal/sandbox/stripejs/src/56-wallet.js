// The sheet of a wallet: who pays, where it goes, what it costs.

/** The buyer that every test wallet holds. */
const walletBuyer = {
  name: 'Jenny Rosen',
  email: 'jenny.rosen@example.com',
  phone: '+15555555555',
  addresses: [
    { line1: '510 Townsend St', line2: null, city: 'San Francisco', state: 'CA', postal_code: '94103', country: 'US' },
    { line1: '10 Downing Street', line2: null, city: 'London', state: '', postal_code: 'SW1A 2AA', country: 'GB' },
    { line1: '5 avenue Anatole France', line2: null, city: 'Paris', state: '', postal_code: '75007', country: 'FR' },
  ],
};

/** Resolves what the page answers to an event of the sheet; null when it rejects. @param {ExpressElement} element @param {string} event @param {object} payload @returns {Promise<Json | null>} */
function askPage(element, event, payload) {
  if (!element.events.has(event)) return Promise.resolve({});
  return new Promise((resolve) => {
    element.events.emit(event, {
      ...payload,
      resolve: (/** @type {Json} */ details = {}) => resolve(details),
      reject: () => resolve(null),
    });
  });
}

class WalletSheet {
  /** @param {ExpressElement} element @param {string} label @param {Json} details */
  constructor(element, label, details) {
    this.element = element;
    this.words = element.words;
    this.details = details;
    this.onCancel = () => {};
    /** @type {(accepted: Json) => void} */
    this.onPay = () => {};
    const allowed = details.allowedShippingCountries;
    this.addresses = walletBuyer.addresses.filter(({ country }) => !allowed?.length || allowed.includes(country));
    this.address = this.addresses[0] ?? walletBuyer.addresses[0];
    this.rate = details.shippingRates?.[0];
    this.body = h('div', { class: 'Body' });
    this.problem = h('p', { role: 'alert', hidden: true });
    this.dialog = openDialog(this.words, label, this.body);
    this.dialog.onDismiss(() => {
      this.close();
      this.onCancel();
    });
    this.draw();
    if (details.shippingAddressRequired) void this.addressChosen(this.address);
  }

  close() {
    this.dialog.dismiss();
  }

  draw() {
    const { details, words } = this;
    const shipping = details.shippingAddressRequired;
    this.pay = h('button', { type: 'button', class: 'Pay', 'data-action': 'pay' }, words.say('walletAccept'));
    this.pay.addEventListener('click', () => this.onPay(this.accepted()));
    this.total = h('p', { class: 'Total' });
    this.lines = h('div');
    this.rates = h('div');
    this.body.replaceChildren(
      h('small', {}, h('b', {}, words.say('sandbox')), ` ${walletBuyer.name}, ${walletBuyer.email}`),
      ...(shipping ? [this.addressList()] : []),
      this.rates,
      this.lines,
      this.total,
      this.problem,
      this.pay,
    );
    this.refresh();
    this.pay.focus();
  }

  addressList() {
    const rows = this.addresses.map((address, i) =>
      this.radio(
        'wallet-address',
        i === 0,
        `${address.line1}, ${address.city}, ${address.country}`,
        () => void this.addressChosen(address),
      ),
    );
    return h('fieldset', {}, h('legend', {}, this.words.say('walletShip')), ...rows);
  }

  /** @param {string} name @param {boolean} checked @param {string} text @param {() => void} chosen */
  radio(name, checked, text, chosen) {
    const input = h('input', { type: 'radio', name, checked });
    input.addEventListener('change', chosen);
    return h('label', {}, input, text);
  }

  refresh() {
    const { currency } = this.element.group.options;
    const money = (/** @type {number} */ amount) => (currency ? this.words.money(amount, currency) : String(amount));
    const rates = this.details.shippingAddressRequired ? (this.details.shippingRates ?? []) : [];
    const rows = rates.map((/** @type {Json} */ rate) =>
      this.radio(
        'wallet-rate',
        rate.id === this.rate?.id,
        `${rate.displayName} ${money(rate.amount)}`,
        () => void this.rateChosen(rate),
      ),
    );
    this.rates?.replaceChildren(
      ...(rows.length ? [h('fieldset', {}, h('legend', {}, this.words.say('walletRate')), ...rows)] : []),
    );
    this.lines?.replaceChildren(
      ...(this.details.lineItems ?? []).map((/** @type {Json} */ item) =>
        h('p', { class: 'Total' }, h('span', {}, item.name), h('span', {}, money(item.amount))),
      ),
    );
    const { amount } = this.element.group.options;
    this.total?.replaceChildren(
      h('span', {}, this.words.say('walletTotal')),
      h('span', {}, amount === undefined ? '' : money(amount)),
    );
  }

  /** @param {Json} address */
  async addressChosen(address) {
    this.address = address;
    const { line1: _, line2: __, ...partial } = address;
    await this.ask('shippingaddresschange', { name: walletBuyer.name, address: partial });
  }

  /** @param {Json} rate */
  async rateChosen(rate) {
    this.rate = rate;
    await this.ask('shippingratechange', { shippingRate: rate });
  }

  /** @param {string} event @param {object} payload */
  async ask(event, payload) {
    if (this.pay) this.pay.disabled = true;
    const changes = await askPage(this.element, event, payload);
    this.problem.hidden = changes !== null;
    this.problem.textContent = changes === null ? this.words.say('incomplete_field') : '';
    if (changes) {
      this.details = merge(this.details, changes);
      if (changes.shippingRates) this.rate = changes.shippingRates[0];
      this.refresh();
    }
    if (this.pay) this.pay.disabled = changes === null;
  }

  /** @returns {Json} the details of the confirm event */
  accepted() {
    const { details, address } = this;
    const { name, email, phone } = walletBuyer;
    return {
      billingDetails: {
        name,
        email: details.emailRequired ? email : undefined,
        phone: details.phoneNumberRequired ? phone : undefined,
        address:
          details.billingAddressRequired === false ? { country: address.country, postal_code: address.postal_code } : address,
      },
      shippingAddress: details.shippingAddressRequired ? { name, address } : undefined,
      shippingRate: details.shippingAddressRequired ? this.rate : undefined,
    };
  }
}
