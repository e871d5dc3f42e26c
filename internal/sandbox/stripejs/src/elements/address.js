// The Address Element: name, address and phone, in the format of the country.

/**
 * How a country's address differs from line1, line2, city and postal code.
 *
 * @typedef {object} AddressCustom
 * @property {[string, string][] | true} [state]
 * @property {TextKey} [stateLabel]
 * @property {TextKey} [postal]
 * @property {boolean} [noState]
 * @property {boolean} [noPostal]
 * @property {boolean} [town]
 */

/**
 * @param {string} codes
 * @returns {[string, string][]}
 */
function stateList(codes) {
  return codes.split(' ').map((code) => [code, code]);
}

/** @type {Record<string, AddressCustom>} */
const addressCustoms = {
  US: {
    state: stateList(
      'AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO ' +
        'MT NE NV NH NJ NM NY NC ND OH OK OR PA PR RI SC SD TN TX UT VT VA WA WV WI WY ' +
        'AA AE AP',
    ),
    stateLabel: 'state',
    postal: 'zip',
  },
  CA: { state: stateList('AB BC MB NB NL NS NT NU ON PE QC SK YT'), stateLabel: 'province' },
  AU: { state: stateList('ACT NSW NT QLD SA TAS VIC WA'), stateLabel: 'state' },
  BR: {
    state: stateList(
      'AC AL AM AP BA CE DF ES GO MA MG MS MT PA PB PE PI PR RJ RN RO RR RS SC SE SP TO',
    ),
    stateLabel: 'state',
  },
  IT: { state: true, stateLabel: 'province' },
  ES: { state: true, stateLabel: 'province' },
  JP: { state: true, stateLabel: 'province' },
  IN: { state: true, stateLabel: 'state' },
  MX: { state: true, stateLabel: 'state' },
  CN: { state: true, stateLabel: 'province' },
  IE: { state: true, stateLabel: 'region' },
  GB: { town: true },
  HK: { noPostal: true, state: true, stateLabel: 'region' },
  AE: { noPostal: true, state: true, stateLabel: 'region' },
};

/** @param {Json} options of create() */
function checkAddressOptions(options) {
  const method = "elements.create('address')";
  if (!['shipping', 'billing'].includes(options?.mode))
    throw invalidValue(
      method,
      'mode',
      'one of the following strings: shipping, billing',
      options?.mode,
    );

  const { allowedCountries, fields, validation } = options;
  if (
    allowedCountries &&
    !allowedCountries.every((/** @type {unknown} */ code) => countryCodes.includes(String(code)))
  )
    throw invalidValue(
      method,
      'allowedCountries',
      'an array of two-letter ISO country codes',
      allowedCountries,
    );

  if (validation?.phone?.required && fields?.phone !== 'always')
    throw new IntegrationError(
      `Invalid value for ${method}: validation.phone.required needs fields.phone to be 'always'.`,
    );
}

/**
 * @typedef {import('@stripe/stripe-js').StripeAddressElementChangeEvent}
 *   AddressChangeEvent
 */

class AddressElement extends BaseElement {
  /**
   * @param {ElementsGroup} group
   * @param {Json} options
   */
  constructor(group, options) {
    super('address', group, options);
    checkAddressOptions(options);
    this.last = '';
    /** @type {Field[]} */
    this.fields = [];
  }

  async load() {
    this.defaultCountry = await this.sessionCountry();
    if (!this.container) return;
    if (this.ready) return this.redraw();
    this.draw(this.options.defaultValues ?? {});
  }

  /**
   * Returns the buyer's country from the session. A group with only an address
   * has no session.
   */
  async sessionCountry() {
    const { options } = this.group;
    if (!options.mode && !options.clientSecret) return 'US';
    return (await this.group.session()).payment_method_preference.country_code ?? 'US';
  }

  /** @param {Json} value as of defaultValues */
  draw(value) {
    const allowed = this.options.allowedCountries;
    const wanted = value.address?.country ?? this.defaultCountry ?? 'US';
    const country = allowed?.length && !allowed.includes(wanted) ? allowed[0] : wanted;
    this.country = country;
    this.fields = this.specs(country, value).map((spec) => new Field(spec, this.words));
    for (const field of this.fields) field.onChange = () => this.changed();
    this.field('country')?.input.addEventListener('input', () => this.draw(this.draft()));
    this.grid = h('div', { class: 'Grid' }, ...this.fields.map((field) => field.node));

    const hadFocus = this.shadow.activeElement instanceof HTMLSelectElement;

    this.body.replaceChildren(this.sandboxLine(), this.grid);
    if (hadFocus) this.field('country')?.input.focus();
  }

  redraw() {
    const before = this.fields;
    this.draw(this.draft());
    for (const previous of before) this.field(previous.spec.name)?.takeOver(previous);
    this.changed();
  }

  /**
   * @param {string} country
   * @param {Json} value
   * @returns {FieldSpec[]}
   */
  specs(country, value) {
    const { words } = this;
    const section = this.options.mode;
    const address = value.address ?? {};
    const custom = addressCustoms[country] ?? {};

    const line = (/** @type {string} */ text) =>
      this.options.blockPoBox && /\bp\.?\s?o\.?\s?box\b/i.test(text)
        ? 'po_box'
        : text.trim()
          ? null
          : 'incomplete_field';

    /** @type {FieldSpec[]} */
    const specs = [
      ...this.nameSpecs(value, section),
      ...(this.options.allowedCountries?.length === 1 ? [] : [this.countrySpec(section, country)]),
      {
        name: 'line1',
        label: words.say('line1'),
        autocomplete: `${section} address-line1`,
        value: address.line1,
        check: (text) => /** @type {TextKey | null} */ (line(text)),
      },
      {
        name: 'line2',
        label: `${words.say('line2')} (${words.say('optional')})`,
        autocomplete: `${section} address-line2`,
        value: address.line2,
        optional: true,
      },
      {
        name: 'city',
        label: words.say(custom.town ? 'town' : 'city'),
        autocomplete: `${section} address-level2`,
        value: address.city,
        half: true,
      },
    ];

    if (custom.state) specs.push(this.stateSpec(custom, section, address.state));
    if (!custom.noPostal)
      specs.push(this.postalSpec(country, custom, section, address.postal_code));

    return this.asksPhone() ? [...specs, this.phoneSpec(section, value.phone)] : specs;
  }

  /**
   * Returns the country field; callers leave it out if there is only one
   * country.
   *
   * @param {string} section
   * @param {string} value
   * @returns {FieldSpec}
   */
  countrySpec(section, value) {
    return {
      name: 'country',
      label: this.words.say('country'),
      autocomplete: `${section} country`,
      options: countryOptions(this.words, this.options.allowedCountries),
      value,
    };
  }

  /**
   * @param {Json} value
   * @param {string} section
   * @returns {FieldSpec[]}
   */
  nameSpecs(value, section) {
    const { words } = this;
    const { name } = this.options.display ?? {};
    if (name === 'split') {
      return [
        {
          name: 'firstName',
          label: words.say('firstName'),
          autocomplete: `${section} given-name`,
          value: value.firstName,
          half: true,
        },
        {
          name: 'lastName',
          label: words.say('lastName'),
          autocomplete: `${section} family-name`,
          value: value.lastName,
          half: true,
        },
      ];
    }

    return [
      {
        name: 'name',
        label: words.say(name === 'organization' ? 'organization' : 'name'),
        autocomplete: `${section} ${name === 'organization' ? 'organization' : 'name'}`,
        value: value.name,
        check: (text) => (text.trim() ? null : 'incomplete_name'),
      },
    ];
  }

  /**
   * @param {AddressCustom} custom
   * @param {string} section
   * @param {string | undefined} value
   * @returns {FieldSpec}
   */
  stateSpec(custom, section, value) {
    const options = Array.isArray(custom.state)
      ? /** @type {[string, string][]} */ ([['', this.words.say('select')], ...custom.state])
      : undefined;

    return {
      name: 'state',
      label: this.words.say(custom.stateLabel ?? 'region'),
      autocomplete: `${section} address-level1`,
      value,
      half: true,
      options,
    };
  }

  /**
   * @param {string} country
   * @param {AddressCustom} custom
   * @param {string} section
   * @param {string | undefined} value
   * @returns {FieldSpec}
   */
  postalSpec(country, custom, section, value) {
    const check =
      country in cardPostal
        ? (/** @type {string} */ text) => checkPostal(country, text)
        : undefined;

    return {
      name: 'postal',
      label: this.words.say(custom.postal ?? 'postal'),
      autocomplete: `${section} postal-code`,
      inputmode: country === 'US' ? 'numeric' : 'text',
      value,
      half: true,
      check,
    };
  }

  /**
   * @param {string} section
   * @param {string | undefined} value
   * @returns {FieldSpec}
   */
  phoneSpec(section, value) {
    const optional = this.options.validation?.phone?.required !== 'always';
    const label = this.words.say('phone') + (optional ? ` (${this.words.say('optional')})` : '');
    return {
      name: 'phone',
      label,
      type: 'tel',
      inputmode: 'tel',
      autocomplete: `${section} tel`,
      value,
      optional,
      check: (text) => (text.replace(/\D/g, '').length < 6 ? 'incomplete_phone' : null),
    };
  }

  asksPhone() {
    return this.options.fields?.phone === 'always';
  }

  /** @param {string} name */
  field(name) {
    return this.fields.find((field) => field.spec.name === name);
  }

  /** @param {string} name */
  text(name) {
    return this.field(name)?.value.trim() ?? '';
  }

  /** Returns the input in the shape of defaultValues, to draw it again. */
  draft() {
    const v = this.value();
    return {
      ...v,
      firstName: this.text('firstName'),
      lastName: this.text('lastName'),
      phone: this.text('phone'),
    };
  }

  /**
   * @returns
   *   {import('@stripe/stripe-js').StripeAddressElementChangeEvent['value']}
   */
  value() {
    const split = this.options.display?.name === 'split';
    const name = split
      ? `${this.text('firstName')} ${this.text('lastName')}`.trim()
      : this.text('name');

    const address = {
      line1: this.text('line1'),
      line2: this.text('line2') || null,
      city: this.text('city'),
      state: this.text('state'),
      postal_code: this.text('postal'),
      country: this.text('country') || (this.country ?? ''),
    };

    const names = split
      ? { firstName: this.text('firstName'), lastName: this.text('lastName') }
      : {};

    return this.asksPhone()
      ? { name, ...names, address, phone: this.text('phone') }
      : { name, ...names, address };
  }

  get complete() {
    return this.fields.every((field) => !field.problem());
  }

  changed() {
    if (!this.ready) return;

    const { complete } = this;
    const empty = this.fields.every((field) => field.empty);
    this.setStateClasses({ empty, complete, invalid: this.fields.some((field) => field.shown) });

    /** @type {Omit<AddressChangeEvent, 'elementType'>} */
    const state = {
      elementMode: this.options.mode,
      empty,
      complete,
      isNewAddress: true,
      value: this.value(),
    };

    const now = JSON.stringify(state);
    if (now === this.last) return;

    this.last = now;
    this.emit('change', state);
  }

  /** Returns the input, and shows every error in it. */
  async getValue() {
    showProblems(this.fields);
    this.changed();
    return { complete: this.complete, isNewAddress: true, value: this.value() };
  }

  async validate() {
    this.requireValid(this.fields);
  }

  /**
   * Returns the address in the shape of billing_details and of shipping.
   *
   * @returns {Json}
   */
  asBilling() {
    if (!this.ready) return undefined;
    const { name, address, phone } = this.value();
    const filled = Object.fromEntries(Object.entries(address).filter(([, text]) => text));
    return { name: name || undefined, address: filled, phone: phone || undefined };
  }

  clear() {
    for (const field of this.fields) field.clear();
    this.changed();
  }
}
