// Checks of arguments that Stripe.js makes at run time and that the published
// types cannot express.

const secretPattern = /^(pi|seti)_[A-Za-z0-9]+_secret_[A-Za-z0-9]+$/;
const modes = ['payment', 'setup', 'subscription'];
const elementsParameters = [
  'amount',
  'appearance',
  'captureMethod',
  'clientSecret',
  'currency',
  'customPaymentMethods',
  'customerOptions',
  'customerSessionClientSecret',
  'externalPaymentMethodTypes',
  'fonts',
  'loader',
  'locale',
  'mode',
  'onBehalfOf',
  'paymentMethodConfiguration',
  'paymentMethodCreation',
  'paymentMethodOptions',
  'paymentMethodTypes',
  'setupFutureUsage',
];
const updateParameters = [
  'amount',
  'appearance',
  'captureMethod',
  'currency',
  'customerSessionClientSecret',
  'locale',
  'mode',
  'onBehalfOf',
  'paymentMethodTypes',
  'setupFutureUsage',
];
const currencies = new Set(Intl.supportedValuesOf('currency').map((code) => code.toLowerCase()));

/**
 * @param {string} method
 * @param {string} path
 * @param {string} should
 * @param {unknown} got
 */
function invalidValue(method, path, should, got) {
  const shown = typeof got === 'string' ? got : (JSON.stringify(got) ?? String(got));
  return new IntegrationError(
    `Invalid value for ${method}: ${path} should be ${should}. You specified: ${shown}.`,
  );
}

/** @param {unknown} key */
function checkKey(key) {
  if (typeof key !== 'string' || key.trim() === '') {
    const got = key === '' ? 'an empty string' : `the value ${String(key)}`;
    throw new IntegrationError(`Please call Stripe() with your publishable key. You used ${got}.`);
  }

  if (/^(sk|rk)_/.test(key)) {
    throw new IntegrationError(
      'You should not use your secret key with Stripe.js.\n        Please pass a ' +
        'publishable key instead.',
    );
  }

  if (!key.startsWith('pk_test_')) {
    throw new IntegrationError(
      'The offline sandbox takes publishable test keys (pk_test_...) only.',
    );
  }
}

/**
 * Refuses an API version for a named build of Stripe.js, which has its own.
 *
 * @param {string | undefined} apiVersion
 */
function checkVersion(apiVersion) {
  if (apiVersion === undefined || buildName === 'v3') return;
  throw new IntegrationError(
    `The apiVersion option cannot be used with the ${buildName} version of ` +
      'Stripe.js, which is tied to its own API version. Use https://js.stripe.com/v3 ' +
      'to set it.',
  );
}

/**
 * @param {string} method
 * @param {unknown} secret
 * @param {string} [path]
 */
function checkSecret(method, secret, path = 'clientSecret') {
  if (typeof secret === 'string' && secretPattern.test(secret)) return;
  throw invalidValue(method, path, 'a client secret of the form ${id}_secret_${secret}', secret);
}

/**
 * Returns the options with camelCase names. elements() also accepts snake_case.
 *
 * @param {Json} options
 */
function normalizeElementsOptions(options) {
  const snake = [
    'capture_method',
    'payment_method_types',
    'payment_method_options',
    'setup_future_usage',
    'on_behalf_of',
    'payment_method_creation',
  ];

  const out = { ...options };
  for (const name of snake) {
    if (!(name in out)) continue;
    out[name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase())] = out[name];
    delete out[name];
  }

  return out;
}

/**
 * @param {Json} options
 * @param {string[]} known
 * @param {string} method
 */
function warnUnknown(options, known, method) {
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) {
      warn(
        `Unrecognized ${method} parameter: ${name} is not a recognized parameter. This ` +
          'may cause issues with your integration in the future.',
      );
    }
  }
}

/** @param {Json} options of elements(), normalized */
function checkElementsOptions(options) {
  warnUnknown(options, elementsParameters, 'elements()');

  if ('clientSecret' in options) {
    checkSecret('elements()', options.clientSecret);

    if (options.mode !== undefined)
      throw new IntegrationError(
        'Invalid value for elements(): you cannot specify both clientSecret and mode.',
      );

    return;
  }

  if (options.mode === undefined) {
    for (const name of ['amount', 'currency']) {
      if (options[name] !== undefined)
        throw new IntegrationError(
          `Missing value for elements(): mode is required when ${name} is given.`,
        );
    }

    return;
  }

  checkMode(options);
}

/**
 * @param {Json} options with a mode
 * @param {string} [method]
 */
function checkMode(options, method = 'elements()') {
  if (!modes.includes(options.mode))
    throw invalidValue(
      method,
      'mode',
      `one of the following strings: ${modes.join(', ')}`,
      options.mode,
    );

  if (options.mode !== 'setup') checkAmount(options, method);
  checkIntentOptions(options, method);

  if (options.currency === undefined && options.mode === 'setup') return;

  if (options.currency === undefined)
    throw new IntegrationError(
      `Missing value for ${method}: currency should be a three-letter ISO currency ` +
        'code in lowercase.',
    );

  if (!currencies.has(options.currency)) {
    throw invalidValue(
      method,
      'currency',
      'one of the following strings: usd, eur, gbp, and other three-letter ISO ' +
        'currency codes in lowercase',
      options.currency,
    );
  }
}

/**
 * @param {Json} options
 * @param {string} method
 */
function checkAmount({ amount, mode }, method) {
  if (amount === undefined)
    throw new IntegrationError(
      `Missing value for ${method}: amount should be an integer when mode is ${mode}.`,
    );

  if (!Number.isInteger(amount))
    throw invalidValue(method, 'amount', 'an integer in the smallest currency unit', amount);
  if (amount < 0 || (amount === 0 && mode === 'payment'))
    throw new IntegrationError(`Invalid value for ${method}: amount must be greater than 0.`);
}
