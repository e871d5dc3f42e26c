// The form of each payment method type: its fields, its terms, and the data it
// sends.

/** @typedef {'name' | 'email' | 'country' | 'iban' | 'taxId'} CommonField */

/**
 * The types that the stand-in knows. Others that the session offers are shown
 * as a plain redirect.
 *
 * @type {Record<string, {label?: string, fields?: CommonField[], delayed?:
 *   boolean, inPlace?: boolean, hidden?: boolean}>}
 */
const methodTypes = {
  card: {},
  sepa_debit: {
    label: 'SEPA Debit',
    fields: ['iban', 'name', 'email'],
    delayed: true,
    inPlace: true,
  },
  ideal: { label: 'iDEAL' },
  bancontact: { label: 'Bancontact', fields: ['name'] },
  eps: { label: 'EPS', fields: ['name'] },
  p24: { label: 'Przelewy24', fields: ['name', 'email'] },
  klarna: { label: 'Klarna', fields: ['email', 'country'] },
  afterpay_clearpay: { label: 'Afterpay' },
  affirm: { label: 'Affirm' },
  paypal: { label: 'PayPal' },
  amazon_pay: { label: 'Amazon Pay' },
  alipay: { label: 'Alipay' },
  cashapp: { label: 'Cash App Pay' },
  revolut_pay: { label: 'Revolut Pay' },
  boleto: { label: 'Boleto', fields: ['taxId', 'name', 'email'], inPlace: true },
  konbini: { label: 'Konbini', fields: ['name', 'email'], inPlace: true },
  multibanco: { label: 'Multibanco', fields: ['email'], inPlace: true },
  oxxo: { label: 'OXXO', fields: ['name', 'email'], inPlace: true },
  customer_balance: { label: 'Bank transfer', fields: ['email'], inPlace: true },
  link: { label: 'Link', fields: ['email'], inPlace: true },
  // These need an intent before the form, so the deferred flow has no place for
  // them.
  blik: { hidden: true },
  acss_debit: { hidden: true },
};

/**
 * @param {string} type
 * @param {Words} words
 */
function methodLabel(type, words) {
  if (type === 'card') return words.say('card');

  return (
    methodTypes[type]?.label ??
    type
      .split('_')
      .map((part) => part[0].toUpperCase() + part.slice(1))
      .join(' ')
  );
}

/**
 * What a form gets from its element.
 *
 * @typedef {object} FormContext
 * @property {Words} words
 * @property {string} country
 * @property {Json} options
 * @property {ElementsGroup} group
 * @property {() => Date} now
 */

/**
 * Reports whether the page collects a billing detail itself
 * (`fields.billingDetails: 'never'`).
 *
 * @param {Json} options
 * @param {string} path
 */
function isNever(options, path) {
  let setting = options.fields?.billingDetails;
  for (const part of path.split('.')) {
    if (setting === 'never') return true;
    setting = setting?.[part];
  }
  return setting === 'never';
}

/**
 * Returns the billing details that the page must pass because it said `never`.
 *
 * @param {Json} options
 * @returns {string[]}
 */
function waivedDetails(options) {
  const paths = [
    'name',
    'email',
    'phone',
    'address.line1',
    'address.line2',
    'address.city',
    'address.state',
    'address.country',
    'address.postalCode',
  ];

  return paths
    .filter((path) => isNever(options, path))
    .map((path) => path.replace('postalCode', 'postal_code'));
}

/** The form of one payment method type. */
class MethodForm {
  /**
   * @param {string} type
   * @param {FormContext} context
   */
  constructor(type, context) {
    this.type = type;
    this.context = context;
    /** @type {Field[]} */
    this.fields = [];
    this.grid = h('div', { class: 'Grid' });
    this.node = h('div', { class: 'Block', 'data-form': type }, this.grid);
    this.build();
    for (const field of this.fields) this.grid.append(field.node);
    this.grid.hidden = this.fields.length === 0;

    const terms = this.terms();
    if (terms) this.node.append(h('p', { class: 'TermsText' }, terms));
  }

  get words() {
    return this.context.words;
  }

  build() {
    for (const name of methodTypes[this.type]?.fields ?? []) this.addCommon(name);
    if (!methodTypes[this.type]?.inPlace)
      this.node.append(h('p', { class: 'Note' }, this.words.say('redirect')));
  }

  /**
   * @param {FieldSpec} spec
   * @returns {Field}
   */
  add(spec) {
    const field = new Field({ readOnly: this.context.options.readOnly, ...spec }, this.words);
    this.fields.push(field);
    return field;
  }

  /** @param {CommonField} name */
  addCommon(name) {
    const { words, options, country } = this.context;
    const defaults = options.defaultValues?.billingDetails ?? {};
    if (name === 'iban')
      this.add({
        name,
        label: words.say('iban'),
        placeholder: 'AT00 0000 0000 0000 0000',
        format: formatIban,
        check: checkIban,
      });
    else if (name === 'taxId')
      this.add({
        name,
        label: 'CPF / CNPJ',
        check: (text) => (text.trim() ? null : 'incomplete_tax_id'),
      });
    else if (isNever(options, name === 'country' ? 'address.country' : name)) return;
    else if (name === 'country')
      this.add({
        name,
        label: words.say('country'),
        autocomplete: 'billing country',
        options: countryOptions(words, null),
        value: country,
      });
    else if (name === 'email')
      this.add({
        name,
        label: words.say('email'),
        type: 'email',
        inputmode: 'email',
        autocomplete: 'billing email',
        value: defaults.email,
        check: checkEmail,
      });
    else
      this.add({
        name,
        label: words.say('name'),
        autocomplete: 'billing name',
        value: defaults.name,
        check: (text) => (text.trim() ? null : 'incomplete_name'),
      });
  }

  /**
   * @param {string} name
   * @returns {Field | undefined}
   */
  field(name) {
    return this.fields.find((field) => field.spec.name === name);
  }

  /**
   * Returns the legal text below the form.
   *
   * @returns {string}
   */
  terms() {
    const { options, group } = this.context;
    const setting = options.terms?.[this.type === 'sepa_debit' ? 'sepaDebit' : this.type];
    if (setting === 'never') return '';
    if (this.type === 'sepa_debit') return this.words.say('sepaTerms');
    if (group.mode === 'subscription') return this.words.say('subscriptionTerms');
    if (this.type === 'card' && (setting === 'always' || group.willBeReused()))
      return this.words.say('cardTerms');

    return '';
  }

  get shown() {
    return this.fields.filter((field) => !field.node.hidden);
  }

  get empty() {
    return this.shown.every((field) => field.empty);
  }

  get complete() {
    return this.shown.every((field) => !field.problem());
  }

  /** @returns {Json} the billing_details from the form's own fields */
  billing() {
    const value = (/** @type {string} */ name) =>
      this.shown.find((field) => field.spec.name === name)?.value.trim() || undefined;

    return {
      name: value('name'),
      email: value('email'),
      address: { country: value('country'), postal_code: value('postal') },
    };
  }

  /** @returns {Json} the payment_method_data without the billing details */
  data() {
    const iban = this.field('iban');
    if (iban) return { type: this.type, sepa_debit: { iban: ibanOf(iban.value) } };

    const taxId = this.field('taxId');
    if (taxId) return { type: this.type, boleto: { tax_id: taxId.value.trim() } };

    return { type: this.type };
  }

  clear() {
    for (const field of this.fields) field.clear();
  }
}

/**
 * The card form: number, expiry date, security code, country, and the postal
 * code where card checks use it.
 */
class CardForm extends MethodForm {
  build() {
    const { words, now } = this.context;
    this.add({
      name: 'number',
      label: words.say('number'),
      autocomplete: 'cc-number',
      inputmode: 'numeric',
      placeholder: '1234 1234 1234 1234',
      format: formatNumber,
      check: checkNumber,
    });

    this.add({
      name: 'expiry',
      label: words.say('expiry'),
      autocomplete: 'cc-exp',
      inputmode: 'numeric',
      placeholder: words.say('expiryHint'),
      half: true,
      format: formatExpiry,
      check: (text) => checkExpiry(text, now()),
    });

    this.add(cvcSpec(words, () => this.brand));
    this.buildAddress();
    this.badge = h('span', { class: 'Badge', 'aria-hidden': 'true', hidden: true });
    this.field('number')?.wrap.append(this.badge);
    this.field('number')?.input.addEventListener('input', () => this.showBrand());
  }

  buildAddress() {
    const { words, options, country } = this.context;
    if (this.context.group.billingAddress()) return;

    const ownCountry = isNever(options, 'address.country');
    if (!ownCountry)
      this.add({
        name: 'country',
        label: words.say('country'),
        autocomplete: 'billing country',
        options: countryOptions(words, null),
        value: options.defaultValues?.billingDetails?.address?.country ?? country,
      });

    if (isNever(options, 'address.postalCode')) return;

    const code = () => (ownCountry ? country : (this.field('country')?.value ?? country));
    const postal = this.add({
      name: 'postal',
      label: words.say('postal'),
      autocomplete: 'billing postal-code',
      check: (text) => checkPostal(code(), text),
      value: options.defaultValues?.billingDetails?.address?.postal_code,
    });

    const adapt = () => {
      postal.node.hidden = !(code() in cardPostal);
      postal.label.textContent = words.say(code() === 'US' ? 'zip' : 'postal');
      postal.input.setAttribute('inputmode', code() === 'US' ? 'numeric' : 'text');

      postal.input.setAttribute(
        'placeholder',
        { US: '12345', GB: 'WS11 1DB', CA: 'M5T 1T4' }[code()] ?? '',
      );
    };

    this.field('country')?.input.addEventListener('input', adapt);
    adapt();
  }

  get brand() {
    return brandOf(digitsOf(this.field('number')?.value ?? ''));
  }

  /**
   * Called when the brand of the typed number changes.
   *
   * @param {string} _name
   */
  onBrand(_name) {}

  showBrand() {
    const { brand } = this;
    if (!this.badge) return;

    if (this.badge.textContent !== brand.label) this.onBrand(brand.name);
    this.badge.textContent = brand.label;
    this.badge.hidden = !brand.label;
    this.field('number')?.input.classList.toggle('Input--branded', Boolean(brand.label));
    this.field('cvc')?.input.setAttribute('placeholder', brand.cvc === 4 ? 'CVCC' : 'CVC');
    this.field('cvc')?.input.setAttribute('maxlength', String(brand.cvc));
  }

  /** @returns {Json} */
  data() {
    const { month, year } = expiryOf(this.field('expiry')?.value ?? '');
    return {
      type: 'card',
      card: {
        number: digitsOf(this.field('number')?.value ?? ''),
        exp_month: month,
        exp_year: year,
        cvc: this.field('cvc')?.value,
      },
    };
  }

  clear() {
    super.clear();
    this.showBrand();
  }
}

/**
 * @param {Words} words
 * @param {() => CardBrand} brand
 * @returns {FieldSpec}
 */
function cvcSpec(words, brand) {
  return {
    name: 'cvc',
    label: words.say('cvc'),
    autocomplete: 'cc-csc',
    inputmode: 'numeric',
    placeholder: 'CVC',
    half: true,
    format: (text) => digitsOf(text).slice(0, brand().cvc),
    check: (text) => (text.length < brand().cvc ? 'incomplete_cvc' : null),
  };
}

/**
 * @param {string} type
 * @param {FormContext} context
 */
function formOf(type, context) {
  return type === 'card' ? new CardForm(type, context) : new MethodForm(type, context);
}
