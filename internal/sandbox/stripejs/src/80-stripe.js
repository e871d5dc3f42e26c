// Stripe(): the object that pages talk to.

/** @typedef {import('@stripe/stripe-js').Stripe} PublishedStripe */

/** @type {Record<string, new (group: ElementsGroup, options: Json) => BaseElement>} */
const elementKinds = { payment: PaymentElement, address: AddressElement, linkAuthentication: LinkElement, expressCheckout: ExpressElement };

/** Methods of Stripe.js that the sandbox leaves out; calling one says so. */
const missingMethods = [
  'confirmCardPayment', 'confirmCardSetup', 'confirmIdealPayment', 'confirmKlarnaPayment', 'confirmSepaDebitPayment', 'confirmUsBankAccountPayment',
  'createRadarSession', 'createSource', 'createToken', 'collectBankAccountForPayment', 'handleCardAction', 'initCheckout', 'initEmbeddedCheckout',
  'paymentRequest', 'redirectToCheckout', 'retrieveSource', 'verifyIdentity', 'verifyMicrodepositsForPayment', 'verifyMicrodepositsForSetup',
];

/** @param {string} method @param {unknown} elements @returns {ElementsGroup} */
function groupOf(method, elements) {
  if (elements instanceof ElementsGroup) return elements;
  throw new IntegrationError(`Invalid value for ${method}: elements should be an Elements object. You specified: ${String(elements)}.`);
}

/** @implements {Pick<PublishedStripe, 'createConfirmationToken' | 'handleNextAction' | 'retrievePaymentIntent' | 'retrieveSetupIntent' | 'registerAppInfo' | 'elements'>} */
class StripeClient {
  /** @param {string} key @param {import('@stripe/stripe-js').StripeConstructorOptions} options */
  constructor(key, options) {
    this.locale = options.locale;
    this.api = new Api(key, options, new Words(options.locale));
    this.next = new NextAction(this.api);
  }

  /** @param {Json} [options] @returns {import('@stripe/stripe-js').StripeElements} */
  elements(options = {}) {
    const group = new ElementsGroup(this.api, options, this.locale);
    return /** @type {import('@stripe/stripe-js').StripeElements} */ (/** @type {unknown} */ (group));
  }

  /** Called by the loader of @stripe/stripe-js. @param {object} wrapper */
  _registerWrapper(wrapper) {
    this.wrapper = wrapper;
  }

  /** @param {import('@stripe/stripe-js').WrapperLibrary} info */
  registerAppInfo(info) {
    if (typeof info?.name !== 'string') throw invalidValue('stripe.registerAppInfo()', 'name', 'a string', info?.name);
    this.appInfo = info;
  }

  /** @param {{elements: import('@stripe/stripe-js').StripeElements, params?: Json}} options */
  async createConfirmationToken(options) {
    const method = 'stripe.createConfirmationToken()';
    const group = groupOf(method, options?.elements);
    return outcome(async () => {
      const confirmationToken = await this.api.call('POST', '/v1/confirmation_tokens', await collectToken(group, method, options.params));
      group.walletDone();
      return { confirmationToken };
    });
  }

  /** @param {{elements: import('@stripe/stripe-js').StripeElements, params?: Json}} options */
  async createPaymentMethod(options) {
    const method = 'stripe.createPaymentMethod()';
    const group = groupOf(method, options?.elements);
    return outcome(async () => {
      const { payment_method_data: data } = await collectToken(group, method, { payment_method_data: options.params });
      if (!data) throw new IntegrationError(`${method} cannot be used with a saved payment method.`);
      return { paymentMethod: await this.api.call('POST', '/v1/payment_methods', data) };
    });
  }

  /** @param {{clientSecret: string}} options */
  async handleNextAction(options) {
    checkSecret('stripe.handleNextAction()', options?.clientSecret, 'clientSecret');
    return outcome(async () => {
      const intent = await this.api.intent(options.clientSecret);
      const kind = intent.object === 'setup_intent' ? 'SetupIntent' : 'PaymentIntent';
      if (intent.status !== 'requires_action') throw new IntegrationError(`handleNextAction: The ${kind} supplied is not in the requires_action state.`);
      return namedIntent(await this.next.run(intent, options.clientSecret));
    });
  }

  /** @param {string} clientSecret */
  async retrievePaymentIntent(clientSecret) {
    checkSecret('stripe.retrievePaymentIntent()', clientSecret, 'intent secret');
    return outcome(async () => ({ paymentIntent: await this.api.intent(clientSecret) }));
  }

  /** @param {string} clientSecret */
  async retrieveSetupIntent(clientSecret) {
    checkSecret('stripe.retrieveSetupIntent()', clientSecret, 'intent secret');
    return outcome(async () => ({ setupIntent: await this.api.intent(clientSecret) }));
  }

  /** @param {Json} options */
  async confirmPayment(options) {
    return this.confirm('stripe.confirmPayment()', options);
  }

  /** @param {Json} options */
  async confirmSetup(options) {
    return this.confirm('stripe.confirmSetup()', options);
  }

  /** @param {string} method @param {Json} options */
  async confirm(method, { elements, clientSecret, confirmParams = {}, redirect = 'always' } = /** @type {Json} */ ({})) {
    const group = elements === undefined ? null : groupOf(method, elements);
    const secret = clientSecret ?? group?.options.clientSecret;
    checkSecret(method, secret);
    if (!['always', 'if_required'].includes(redirect)) throw invalidValue(method, 'redirect', 'one of the following strings: always, if_required', redirect);
    const returnURL = confirmParams.return_url;
    if (redirect === 'always' && !returnURL) throw new IntegrationError(`Missing value for ${method}: confirmParams.return_url is required unless redirect is 'if_required'.`);
    return outcome(async () => {
      const collected = group && !confirmParams.payment_method && !confirmParams.confirmation_token ? await collectToken(group, method, confirmParams) : {};
      const { client_context: _, ...params } = { ...confirmParams, ...collected };
      let intent = await this.api.call('POST', `${intentPath(secret)}/confirm`, { ...params, client_secret: secret, use_stripe_sdk: true });
      if (intent.status === 'requires_action') intent = await this.next.run(intent, secret);
      if (redirect === 'always') return leave(returnAddress(returnURL, intent));
      return namedIntent(intent);
    });
  }
}

/** @param {Json} intent */
function namedIntent(intent) {
  return intent.object === 'setup_intent' ? { setupIntent: intent } : { paymentIntent: intent };
}

/** Where the buyer goes after a confirmation, with the parameters that Stripe appends. @param {string} base @param {Json} intent */
function returnAddress(base, intent) {
  const url = new URL(base, location.href);
  url.searchParams.set(intent.object, intent.id);
  url.searchParams.set(`${intent.object}_client_secret`, intent.client_secret);
  url.searchParams.set('redirect_status', ['succeeded', 'processing', 'requires_capture'].includes(intent.status) ? 'succeeded' : 'failed');
  return url.href;
}

/**
 * Parameters of POST /v1/confirmation_tokens out of a group's elements.
 * @param {ElementsGroup} group @param {string} method @param {Json} [params] of the page
 * @returns {Promise<Json>}
 */
async function collectToken(group, method, params = {}) {
  const payment = /** @type {PaymentElement | null} */ (group.member('payment'));
  const express = /** @type {ExpressElement | null} */ (group.member('expressCheckout'));
  const source = express?.paying ? express : payment;
  if (!source?.container) throw new IntegrationError(`Invalid value for ${method}: elements should have a mounted Payment Element or Express Checkout Element.`);
  if (!group.submitted && !group.options.clientSecret) {
    throw new IntegrationError(`elements.submit() must be called before ${method}.\n\nLearn more: https://docs.stripe.com/payments/accept-a-payment-deferred`);
  }
  await source.validate();
  const { waived = [], usage, type, ...collected } = source.collect();
  if (collected.payment_method_data) {
    checkWaived(waived, params.payment_method_data?.billing_details, method);
    collected.payment_method_data = merge(merge(collected.payment_method_data, groupBilling(group)), params.payment_method_data);
  }
  const reuse = usage ?? group.options.setupFutureUsage ?? undefined;
  return {
    ...collected, return_url: params.return_url, setup_future_usage: reuse, shipping: params.shipping ?? groupShipping(group), use_stripe_sdk: true,
    client_context: clientContext(group), mandate_data: mandate(type, Boolean(reuse) || group.willBeReused()),
    customer_session_client_secret: group.options.customerSessionClientSecret,
  };
}

/** What other elements of the group know of the payer. @param {ElementsGroup} group */
function groupBilling(group) {
  const link = /** @type {LinkElement | null} */ (group.member('linkAuthentication'));
  return { billing_details: merge({ email: link?.email || undefined }, group.billingAddress()?.asBilling()) };
}

/** @param {ElementsGroup} group */
function groupShipping(group) {
  return /** @type {AddressElement | null} */ (group.member('address', 'shipping'))?.asBilling();
}

/** @param {ElementsGroup} group */
function clientContext(group) {
  const { mode, amount, currency, setupFutureUsage, captureMethod, paymentMethodTypes, onBehalfOf } = group.options;
  return mode && { mode, amount, currency, setup_future_usage: setupFutureUsage, capture_method: captureMethod, payment_method_types: paymentMethodTypes, on_behalf_of: onBehalfOf };
}

/** Debits and reuse need the buyer's mandate. @param {string} type @param {boolean} reuse */
function mandate(type, reuse) {
  if (!methodTypes[type]?.delayed && !(reuse && type !== 'card')) return undefined;
  return { customer_acceptance: { type: 'online', online: { infer_from_client: true } } };
}

/** @param {string[]} waived @param {Json} given billing details of the page @param {string} method */
function checkWaived(waived, given, method) {
  for (const path of waived) {
    let value = given;
    for (const part of path.split('.')) value = value?.[part];
    if (value === undefined) {
      throw new IntegrationError(
        `You specified "never" for fields.billing_details.${path} when creating the payment Element, but did not pass params.payment_method_data.billing_details.${path} when calling ${method}. ` +
          'If you opt out of collecting data via the payment Element using the fields option, the data must be passed in when calling it.',
      );
    }
  }
}

/** @type {StripeClient | null} */
let firstClient = null;

/**
 * The constructor on window; with or without `new`.
 * @param {string} key
 * @param {import('@stripe/stripe-js').StripeConstructorOptions} [options]
 */
function Stripe(key, options = {}) {
  checkKey(key);
  checkVersion(options.apiVersion);
  if (location.protocol !== 'https:' && !firstClient) warn('You may test your Stripe.js integration over HTTP. However, live Stripe.js integrations must use HTTPS.');
  const client = new StripeClient(key, options);
  firstClient ??= client;
  for (const name of missingMethods) {
    Object.defineProperty(client, name, { value: () => { throw new IntegrationError(`stripe.${name}() is not part of the offline sandbox.`); } });
  }
  return client;
}

/** What the loader of @stripe/stripe-js compares with its own: 3 for /v3, else the build's name. */
Stripe.version = buildName === 'v3' ? 3 : buildName;

if (!window.Stripe) window.Stripe = /** @type {any} */ (Stripe);
