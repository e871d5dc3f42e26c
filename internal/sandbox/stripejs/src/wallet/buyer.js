// The buyer of the test wallets: name, contact and addresses. The tester may
// change all of them in the sheet.

/** The buyer in every test wallet, with a choice of addresses. */
const walletBuyer = {
  name: 'Jenny Rosen',
  email: 'jenny.rosen@example.com',
  phone: '+15555555555',
  addresses: [
    {
      line1: '510 Townsend St',
      line2: '',
      city: 'San Francisco',
      state: 'CA',
      postal_code: '94103',
      country: 'US',
    },
    {
      line1: '10 Downing Street',
      line2: '',
      city: 'London',
      state: '',
      postal_code: 'SW1A 2AA',
      country: 'GB',
    },
    {
      line1: '5 avenue Anatole France',
      line2: '',
      city: 'Paris',
      state: '',
      postal_code: '75007',
      country: 'FR',
    },
  ],
};

/** The parts of an address that a page gets before the buyer pays. */
const partialAddress = ['city', 'state', 'postal_code', 'country'];

class BuyerForm {
  /**
   * @param {Words} words
   * @param {Json} details of the sheet
   */
  constructor(words, details) {
    this.words = words;
    this.details = details;

    /** Called when the part of the address that a page may see changes. */
    this.onAddress = () => {};

    const allowed = details.allowedShippingCountries;
    this.addresses = walletBuyer.addresses.filter(
      ({ country }) => !allowed?.length || allowed.includes(country),
    );

    // No address is in a country that the page ships to: the tester completes
    // one.
    if (this.addresses.length === 0)
      this.addresses = [{ ...walletBuyer.addresses[0], state: '', country: allowed[0] }];
    /** @type {Map<string, HTMLInputElement | HTMLSelectElement>} */
    this.inputs = new Map();
    this.presets = this.addresses.map((address, i) => this.preset(address, i === 0));
    this.folded = h('details', {}, h('summary', {}, words.say('walletEdit')), this.fields());
    this.who = h('small');

    this.node = h(
      'div',
      { class: 'Part' },
      this.who,
      ...(details.shippingAddressRequired ? [this.choice()] : []),
      this.folded,
    );

    this.fill(this.addresses[0]);
  }

  fields() {
    const { words, details } = this;
    const fields = h('div', { class: 'Fields' }, this.input('name', 'name', walletBuyer.name));
    if (details.emailRequired) fields.append(this.input('email', 'email', walletBuyer.email));
    if (details.phoneNumberRequired) fields.append(this.input('phone', 'phone', walletBuyer.phone));

    fields.append(
      this.select(
        countryOptions(
          words,
          details.shippingAddressRequired ? details.allowedShippingCountries : null,
        ),
      ),
      this.input('line1', 'line1'),
      this.input('line2', 'line2'),
      this.input('city', 'city'),
      this.input('state', 'region'),
      this.input('postal_code', 'postal'),
    );

    return fields;
  }

  choice() {
    const labels = this.presets.map(({ label }) => label);
    return h('fieldset', {}, h('legend', {}, this.words.say('walletShip')), ...labels);
  }

  /**
   * @param {typeof walletBuyer.addresses[0]} address
   * @param {boolean} checked
   */
  preset(address, checked) {
    const radio = h('input', { type: 'radio', name: 'wallet-address', checked });
    radio.addEventListener('change', () => {
      this.fill(address);
      this.onAddress();
    });

    return {
      radio,
      label: h('label', {}, radio, `${address.line1}, ${address.city}, ${address.country}`),
    };
  }

  /**
   * @param {string} name
   * @param {TextKey} label
   * @param {string} [value]
   */
  input(name, label, value = '') {
    const type = name === 'email' ? 'email' : name === 'phone' ? 'tel' : 'text';

    return this.labelled(
      name,
      label,
      h('input', { type, name: `wallet-${name}`, value, autocomplete: 'off' }),
    );
  }

  /** @param {[string, string][]} options */
  select(options) {
    const select = h(
      'select',
      { name: 'wallet-country' },
      ...options.map(([value, text]) => h('option', { value }, text)),
    );
    return this.labelled('country', 'country', select);
  }

  /**
   * @param {string} name
   * @param {TextKey} label
   * @param {HTMLInputElement | HTMLSelectElement} input
   */
  labelled(name, label, input) {
    this.inputs.set(name, input);
    input.addEventListener('change', () => this.edited(name));
    return h('label', {}, h('span', {}, this.words.say(label)), input);
  }

  /** @param {string} name of the field that the tester changed */
  edited(name) {
    if (name === 'country') this.require();
    this.introduce();
    const partial = partialAddress.includes(name);
    if (partial || name.startsWith('line'))
      for (const { radio } of this.presets) radio.checked = false;
    if (partial) this.onAddress();
  }

  /** @param {Record<string, string>} address */
  fill(address) {
    for (const [name, value] of Object.entries(address)) {
      const input = this.inputs.get(name);
      if (input) input.value = value;
    }
    this.require();
    this.introduce();
  }

  /** Shows the buyer's details. */
  introduce() {
    const names = ['name', 'email', 'phone'].map((name) => this.text(name)).filter(Boolean);
    this.who.textContent = `${this.words.say('walletBuyer')}: ${names.join(', ')}`;
  }

  /** Marks the fields that an address of the country requires. */
  require() {
    const custom = addressCustoms[this.text('country')] ?? {};
    for (const [name, input] of this.inputs) input.required = name !== 'line2';
    this.inputs.get('state')?.toggleAttribute('required', Boolean(custom.state));
    this.inputs.get('postal_code')?.toggleAttribute('required', !custom.noPostal);
  }

  /** @param {string} name */
  text(name) {
    return this.inputs.get(name)?.value.trim() ?? '';
  }

  get address() {
    return {
      line1: this.text('line1'),
      line2: this.text('line2') || null,
      city: this.text('city'),
      state: this.text('state'),
      postal_code: this.text('postal_code'),
      country: this.text('country'),
    };
  }

  /** Returns the part of the address that shippingaddresschange carries. */
  get partial() {
    return Object.fromEntries(partialAddress.map((name) => [name, this.text(name)]));
  }

  /**
   * Checks the form. It unfolds the fields if one is wrong, so that the browser
   * can point at it.
   *
   * @param {HTMLFormElement} form
   */
  check(form) {
    if (form.checkValidity()) return true;
    this.folded.open = true;
    return form.reportValidity();
  }
}
