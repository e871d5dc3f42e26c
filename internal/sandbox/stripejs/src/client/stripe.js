// Stripe(): the object that pages use.

/** @typedef {import('@stripe/stripe-js').Stripe} PublishedStripe */

/**
 * @typedef {new (group: ElementsGroup, options: Json) => BaseElement}
 *   ElementKind
 */

/** @type {Record<string, ElementKind>} */
const elementKinds = {
  payment: PaymentElement,
  address: AddressElement,
  linkAuthentication: LinkElement,
  expressCheckout: ExpressElement,
};

/** Payment methods with a confirm…Payment() of their own. */
const olderPayments =
  'AcssDebit Affirm AfterpayClearpay Alipay AuBecsDebit Bancontact Billie Blik Boleto Card ' +
  'Cashapp CustomerBalance Eps Fpx Giropay GrabPay Ideal Klarna Konbini Mobilepay Multibanco ' +
  'Oxxo P24 PayByBank PayNow PayPal Pix PromptPay SepaDebit Sofort Twint UsBankAccount WechatPay';

/** Payment methods with a confirm…Setup() of their own. */
const olderSetups =
  'AcssDebit AmazonPay AuBecsDebit BacsDebit Bancontact Blik Card Cashapp Ideal PayPal ' +
  'SepaDebit Sofort UsBankAccount';

/**
 * Methods of Stripe.js, of all its generations, that the sandbox does not have.
 * The promise of each is rejected with an error that says so.
 */
const missingMethods = [
  ...olderPayments.split(' ').map((name) => `confirm${name}Payment`),
  ...olderSetups.split(' ').map((name) => `confirm${name}Setup`),
  'collectBankAccountForPayment',
  'collectBankAccountForSetup',
  'collectBankAccountToken',
  'collectFinancialConnectionsAccounts',
  'createEmbeddedCheckoutPage',
  'createEphemeralKeyNonce',
  'createRadarSession',
  'createSource',
  'createToken',
  'handleCardAction',
  'handleCardPayment',
  'handleCardSetup',
  'initCheckout',
  'initEmbeddedCheckout',
  'initializePricing',
  'processOrder',
  'redirectToCheckout',
  'retrieveOrder',
  'retrieveSource',
  'verifyIdentity',
  'verifyMicrodepositsForPayment',
  'verifyMicrodepositsForSetup',
];

/** Those that return no promise: they throw the error. */
const missingFunctions = ['initCheckoutElementsSdk', 'initCheckoutFormSdk', 'paymentRequest'];

/** @param {string} name */
function notPart(name) {
  return new IntegrationError(`stripe.${name}() is not part of the offline sandbox.`);
}

/**
 * @param {string} method
 * @param {unknown} elements
 * @returns {ElementsGroup}
 */
function groupOf(method, elements) {
  if (elements instanceof ElementsGroup) return elements;
  throw new IntegrationError(
    `Invalid value for ${method}: elements should be an Elements object. You ` +
      `specified: ${String(elements)}.`,
  );
}

/**
 * @implements {Pick<PublishedStripe, 'createConfirmationToken' |
 *   'handleNextAction' | 'retrievePaymentIntent' | 'retrieveSetupIntent' |
 *   'registerAppInfo' | 'elements'>}
 */
class StripeClient {
  /**
   * @param {string} key
   * @param {import('@stripe/stripe-js').StripeConstructorOptions} options
   */
  constructor(key, options) {
    this.locale = options.locale;
    this.api = new Api(key, options, new Words(options.locale));
    this.next = new NextAction(this.api);
  }

  /**
   * @param {Json} [options]
   * @returns {import('@stripe/stripe-js').StripeElements}
   */
  elements(options = {}) {
    const group = new ElementsGroup(this.api, options, this.locale);
    return /** @type {import('@stripe/stripe-js').StripeElements} */ (
      /** @type {unknown} */ (group)
    );
  }

  /**
   * Stores the wrapper; the loader of @stripe/stripe-js calls it.
   *
   * @param {object} wrapper
   */
  _registerWrapper(wrapper) {
    this.wrapper = wrapper;
  }

  /** @param {import('@stripe/stripe-js').WrapperLibrary} info */
  registerAppInfo(info) {
    if (typeof info?.name !== 'string')
      throw invalidValue('stripe.registerAppInfo()', 'name', 'a string', info?.name);
    this.appInfo = info;
  }

  /**
   * @param {{elements: import('@stripe/stripe-js').StripeElements, params?:
   *   Json}} options
   */
  async createConfirmationToken(options) {
    const method = 'stripe.createConfirmationToken()';
    const group = groupOf(method, options?.elements);
    return outcome(async () => {
      const params = await collectToken(group, method, options.params);
      const confirmationToken = await this.api
        .call('POST', '/v1/confirmation_tokens', params)
        .finally(() => group.walletDone());
      return { confirmationToken };
    });
  }

  /**
   * Creates a payment method from the input of the elements, or from data such
   * as `{type: 'card', card: {token: 'tok_visa'}}`.
   *
   * @param {Json} options
   */
  async createPaymentMethod(options) {
    const method = 'stripe.createPaymentMethod()';
    if (typeof options?.type === 'string' && !options.elements)
      return this.createFromData(method, options);

    const group = groupOf(method, options?.elements);
    return outcome(async () => {
      if (group.options.mode && group.options.paymentMethodCreation !== 'manual')
        throw new IntegrationError(
          `${method} needs paymentMethodCreation: 'manual' among the options of elements().`,
        );

      const { payment_method_data: data } = await collectToken(group, method, {
        payment_method_data: options.params,
      });

      if (!data)
        throw new IntegrationError(`${method} cannot be used with a saved payment method.`);

      return {
        paymentMethod: await this.api
          .call('POST', '/v1/payment_methods', data)
          .finally(() => group.walletDone()),
      };
    });
  }

  /**
   * @param {string} method
   * @param {Json} data of POST /v1/payment_methods
   */
  async createFromData(method, data) {
    // Stripe.js takes no card numbers from the page's code.
    if (data.type === 'card' && typeof data.card?.token !== 'string')
      throw new IntegrationError(
        `Invalid value for ${method}: card should be an object with a token, as the offline ` +
          'sandbox has no card Element.',
      );

    return outcome(async () => ({
      paymentMethod: await this.api.call('POST', '/v1/payment_methods', data),
    }));
  }

  /** @param {{clientSecret: string}} options */
  async handleNextAction(options) {
    checkSecret('stripe.handleNextAction()', options?.clientSecret, 'clientSecret');

    return outcome(async () => {
      const intent = await this.api.intent(options.clientSecret);
      const kind = intent.object === 'setup_intent' ? 'SetupIntent' : 'PaymentIntent';
      if (intent.status !== 'requires_action')
        throw new IntegrationError(
          `handleNextAction: The ${kind} supplied is not in the requires_action state.`,
        );

      return namedIntent(await this.next.run(intent, options.clientSecret));
    });
  }

  /** @param {string} clientSecret */
  async retrievePaymentIntent(clientSecret) {
    checkSecret('stripe.retrievePaymentIntent()', clientSecret, 'intent secret');
    return outcome(async () => ({
      paymentIntent: /** @type {Json} */ (await this.api.intent(clientSecret)),
    }));
  }

  /** @param {string} clientSecret */
  async retrieveSetupIntent(clientSecret) {
    checkSecret('stripe.retrieveSetupIntent()', clientSecret, 'intent secret');
    return outcome(async () => ({
      setupIntent: /** @type {Json} */ (await this.api.intent(clientSecret)),
    }));
  }

  /** @param {Json} options */
  async confirmPayment(options) {
    return this.confirm('stripe.confirmPayment()', options);
  }

  /** @param {Json} options */
  async confirmSetup(options) {
    return this.confirm('stripe.confirmSetup()', options);
  }

  /**
   * @param {string} method
   * @param {Json} options
   */
  async confirm(
    method,
    { elements, clientSecret, confirmParams = {}, redirect = 'always' } = /** @type {Json} */ ({}),
  ) {
    const group = elements === undefined ? null : groupOf(method, elements);
    const secret = clientSecret ?? group?.options.clientSecret;
    checkSecret(method, secret);

    if (!['always', 'if_required'].includes(redirect))
      throw invalidValue(
        method,
        'redirect',
        'one of the following strings: always, if_required',
        redirect,
      );

    const returnURL = confirmParams.return_url;
    if (redirect === 'always' && !returnURL)
      throw new IntegrationError(
        `Missing value for ${method}: confirmParams.return_url is required unless ` +
          "redirect is 'if_required'.",
      );

    return outcome(async () => {
      const collected =
        group && !confirmParams.payment_method && !confirmParams.confirmation_token
          ? await collectToken(group, method, confirmParams)
          : {};

      if (group?.options.mode) {
        const asked =
          (collected.setup_future_usage ?? null) !== (group.options.setupFutureUsage ?? null);
        checkSameIntent(group, await this.api.intent(secret), asked);
      }

      const { client_context: _, ...params } = { ...confirmParams, ...collected };
      let intent = await this.api
        .call('POST', `${intentPath(secret)}/confirm`, {
          ...params,
          client_secret: secret,
          use_stripe_sdk: true,
        })
        .finally(() => group?.walletDone());

      if (intent.status === 'requires_action') intent = await this.next.run(intent, secret);

      if (redirect === 'always') return leave(returnAddress(returnURL, intent));

      return namedIntent(intent);
    });
  }
}

/**
 * Returns the result of a public method: the whole object from the API, by the
 * name of its kind.
 *
 * @param {Intent} intent
 */
function namedIntent(intent) {
  const whole = /** @type {Json} */ (intent);
  return intent.object === 'setup_intent' ? { setupIntent: whole } : { paymentIntent: whole };
}

/**
 * Returns the URL to go to after a confirmation, with the parameters that
 * Stripe appends.
 *
 * @param {string} base
 * @param {Intent} intent
 */
function returnAddress(base, intent) {
  const url = new URL(base, location.href);
  url.searchParams.set(intent.object, intent.id);
  url.searchParams.set(`${intent.object}_client_secret`, intent.client_secret);

  url.searchParams.set(
    'redirect_status',
    ['succeeded', 'processing', 'requires_capture'].includes(intent.status)
      ? 'succeeded'
      : 'failed',
  );

  return url.href;
}

/** @type {StripeClient | null} */
let firstClient = null;

/**
 * The constructor on window; with or without `new`.
 *
 * @param {string} key
 * @param {import('@stripe/stripe-js').StripeConstructorOptions} [options]
 */
function Stripe(key, options = {}) {
  checkKey(key);
  checkVersion(options.apiVersion);

  if (location.protocol !== 'https:' && !firstClient)
    warn(
      'You may test your Stripe.js integration over HTTP. However, live Stripe.js ' +
        'integrations must use HTTPS.',
    );

  const client = new StripeClient(key, options);
  firstClient ??= client;

  for (const name of missingMethods)
    Object.defineProperty(client, name, { value: () => Promise.reject(notPart(name)) });

  for (const name of missingFunctions) {
    Object.defineProperty(client, name, {
      value: () => {
        throw notPart(name);
      },
    });
  }

  return client;
}

/**
 * The version that the loader of @stripe/stripe-js compares with its own: 3 for
 * /v3, otherwise the name of the build.
 */
Stripe.version = buildName === 'v3' ? 3 : buildName;

if (!window.Stripe) window.Stripe = /** @type {any} */ (Stripe);
