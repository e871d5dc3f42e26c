// Checks of the options that shape the payment and of those of the elements:
// their values, and combinations that Stripe.js refuses.

const intentChoices = /** @type {Record<string, (string | null)[]>} */ ({
  setupFutureUsage: [null, 'off_session', 'on_session'],
  captureMethod: ['automatic', 'automatic_async', 'manual'],
  paymentMethodCreation: ['manual'],
});

/**
 * Options of create() by element; Stripe.js warns about others.
 *
 * @type {Record<string, string[]>}
 */
const createParameters = {
  payment: [
    'applePay',
    'business',
    'defaultValues',
    'fields',
    'layout',
    'paymentMethodOrder',
    'readOnly',
    'terms',
    'wallets',
  ],
  expressCheckout: [
    'allowedShippingCountries',
    'applePay',
    'billingAddressRequired',
    'business',
    'buttonHeight',
    'buttonTheme',
    'buttonType',
    'emailRequired',
    'layout',
    'lineItems',
    'paymentMethodOrder',
    'paymentMethods',
    'phoneNumberRequired',
    'shippingAddressRequired',
    'shippingRates',
    'wallets',
  ],
  address: [
    'allowedCountries',
    'autocomplete',
    'blockPoBox',
    'contacts',
    'defaultValues',
    'display',
    'fields',
    'mode',
    'validation',
  ],
  linkAuthentication: ['defaultValues'],
};

/**
 * @param {string} method
 * @param {string} path
 * @param {unknown} value
 * @param {(string | null)[]} allowed
 */
function checkChoice(method, path, value, allowed) {
  if (value === undefined || allowed.includes(/** @type {string | null} */ (value))) return;

  throw invalidValue(
    method,
    path,
    `one of the following strings: ${allowed.filter(Boolean).join(', ')}`,
    value,
  );
}

/**
 * @param {string} method
 * @param {string} path
 * @param {unknown} value
 */
function checkStrings(method, path, value) {
  if (value === undefined) return;
  if (!Array.isArray(value) || value.length === 0 || value.some((item) => typeof item !== 'string'))
    throw invalidValue(method, path, 'a non-empty array of strings', value);
}

/**
 * Checks the options that shape the payment (docs: elements created without an
 * intent).
 *
 * @param {Json} options with a mode
 * @param {string} method
 */
function checkIntentOptions(options, method) {
  for (const [name, allowed] of Object.entries(intentChoices))
    checkChoice(method, name, options[name], allowed);
  checkStrings(method, 'paymentMethodTypes', options.paymentMethodTypes);

  for (const name of ['onBehalfOf', 'paymentMethodConfiguration'])
    if (options[name] !== undefined && typeof options[name] !== 'string')
      throw invalidValue(method, name, 'a string', options[name]);

  if (options.paymentMethodTypes && options.paymentMethodConfiguration)
    throw new IntegrationError(
      `Invalid value for ${method}: you cannot specify both paymentMethodTypes and ` +
        'paymentMethodConfiguration.',
    );

  checkMethodOptions(options, method);
}

/**
 * @param {Json} options
 * @param {string} method
 */
function checkMethodOptions(
  { paymentMethodOptions = {}, mode, paymentMethodTypes, paymentMethodCreation },
  method,
) {
  const { card, us_bank_account: bank } = paymentMethodOptions ?? {};
  const recollect = card?.require_cvc_recollection;
  if (recollect !== undefined && typeof recollect !== 'boolean')
    throw invalidValue(
      method,
      'paymentMethodOptions.card.require_cvc_recollection',
      'a boolean',
      recollect,
    );

  checkChoice(
    method,
    'paymentMethodOptions.us_bank_account.verification_method',
    bank?.verification_method,
    ['automatic', 'instant', 'microdeposits'],
  );

  if (card?.installments?.enabled !== true) return;

  const wrong =
    (mode !== 'payment' && "mode should be 'payment'") ||
    (!paymentMethodTypes && 'paymentMethodTypes has to be given') ||
    (paymentMethodCreation === 'manual' && "paymentMethodCreation cannot be 'manual'");

  if (wrong)
    throw new IntegrationError(
      `Invalid value for ${method}: ${wrong} when ` +
        'paymentMethodOptions.card.installments.enabled is true.',
    );
}

/**
 * @param {string} type
 * @param {Json} options of create()
 */
function checkCreateOptions(type, options) {
  const method = `elements.create('${type}')`;
  warnUnknown(options ?? {}, createParameters[type] ?? [], method);
  if (type === 'payment') checkPaymentOptions(options ?? {}, method);
}

/**
 * @param {Json} options of the Payment Element
 * @param {string} method
 */
function checkPaymentOptions(
  { layout, readOnly, terms, wallets: shown, paymentMethodOrder, business },
  method,
) {
  layoutOf(layout);
  if (typeof layout === 'object') checkLayout(layout);

  if (readOnly !== undefined && typeof readOnly !== 'boolean')
    throw invalidValue(method, 'readOnly', 'a boolean', readOnly);
  if (business !== undefined && typeof business?.name !== 'string')
    throw invalidValue(method, 'business.name', 'a string', business?.name);

  if (paymentMethodOrder !== undefined)
    checkStrings(method, 'paymentMethodOrder', paymentMethodOrder);
  for (const [name, setting] of Object.entries(terms ?? {}))
    checkChoice(method, `terms.${name}`, setting, ['auto', 'always', 'never']);
  for (const [name, setting] of Object.entries(shown ?? {}))
    checkChoice(method, `wallets.${name}`, setting, ['auto', 'never']);
}

/**
 * Options that stop the sheet from collecting the billing address, unless the
 * page asks for it.
 */
const askingOptions = [
  'allowedShippingCountries',
  'applePay',
  'business',
  'emailRequired',
  'lineItems',
  'phoneNumberRequired',
  'shippingAddressRequired',
];

/**
 * Returns the details of the payment sheet (docs:
 * express_checkout_element_create, billingAddressRequired).
 *
 * @param {Json} options of create()
 * @param {Json} given to resolve()
 * @returns {Json}
 */
function walletDetails(options, given) {
  const details = { ...merge(options, given) };
  details.billingAddressRequired ??= !askingOptions.some((name) => details[name] !== undefined);
  return details;
}

/**
 * Refuses details that a wallet cannot show, with Stripe.js's error messages.
 *
 * @param {Json} details of create() and of resolve()
 * @param {Json} options of the group, with the amount
 */
function checkWalletDetails(
  { lineItems = [], shippingRates = [], shippingAddressRequired },
  { amount, mode },
) {
  const method = 'resolve()';

  if (shippingAddressRequired && shippingRates.length === 0)
    throw new IntegrationError(
      'When `shippingAddressRequired` is true, you must specify `shippingRates`.',
    );

  lineItems.forEach((/** @type {Json} */ item, /** @type {number} */ i) => {
    if (typeof item?.name !== 'string')
      throw invalidValue(method, `lineItems[${i}].name`, 'a string', item?.name);

    if (!Number.isInteger(item.amount))
      throw invalidValue(
        method,
        `lineItems[${i}].amount`,
        'an integer in the smallest currency unit',
        item.amount,
      );
  });

  shippingRates.forEach((/** @type {Json} */ rate, /** @type {number} */ i) => {
    for (const name of ['id', 'displayName'])
      if (typeof rate?.[name] !== 'string')
        throw invalidValue(method, `shippingRates[${i}].${name}`, 'a string', rate?.[name]);

    if (!Number.isInteger(rate.amount) || rate.amount < 0)
      throw invalidValue(
        method,
        `shippingRates[${i}].amount`,
        'a positive integer in the smallest currency unit',
        rate.amount,
      );
  });

  if (mode !== 'setup' && amount !== undefined && sumOf(lineItems) > amount)
    throw new IntegrationError(
      `The amount ${amount} is less than the total amount of the line items provided.`,
    );
}

/**
 * @param {{amount: number}[]} items
 * @returns {number}
 */
function sumOf(items) {
  return items.reduce((sum, item) => sum + item.amount, 0);
}

/**
 * Refuses an intent that differs from what the buyer saw, with Stripe's error
 * message.
 *
 * @param {ElementsGroup} group made with a mode
 * @param {Intent} intent
 * @param {boolean} asked whether the buyer asked to save the method, which
 *   overrides the page's own setup_future_usage
 */
function checkSameIntent({ options }, intent, asked) {
  /** @type {[string, unknown, unknown][]} */
  const pairs = [];
  const kind = intent.object === 'setup_intent' ? 'setup' : 'payment';

  // The first intent of a subscription is of either kind, and always saves the
  // method.
  if (options.mode !== 'subscription') pairs.push(['mode', options.mode, kind]);

  if (kind === 'payment') {
    pairs.push(
      ['amount', options.amount, intent.amount],
      ['currency', options.currency, intent.currency],
    );

    if (!asked && options.mode === 'payment')
      pairs.push([
        'setup_future_usage',
        options.setupFutureUsage ?? null,
        intent.setup_future_usage ?? null,
      ]);

    if (options.captureMethod === 'manual' || intent.capture_method === 'manual')
      pairs.push(['capture_method', options.captureMethod ?? 'automatic', intent.capture_method]);
  }

  const other = pairs.find(([, given, expected]) => given !== expected);
  if (!other) return;

  const [name, given, expected] = other;

  throw new Failure({
    type: 'invalid_request_error',
    message:
      `The provided ${name} (${given}) does not match the expected ${name} ` +
      `(${expected}). Try confirming with a Payment Intent that is configured to use ` +
      'the same parameters as Stripe Elements.',
  });
}
