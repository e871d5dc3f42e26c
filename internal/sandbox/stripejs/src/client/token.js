// Collects the parameters of a confirmation token, a payment method or a
// confirmation from a group of elements.

/**
 * Returns the parameters of POST /v1/confirmation_tokens from a group's
 * elements.
 *
 * @param {ElementsGroup} group
 * @param {string} method
 * @param {Json} [params] of the page
 * @returns {Promise<Json>}
 */
async function collectToken(group, method, params = {}) {
  const payment = /** @type {PaymentElement | null} */ (group.member('payment'));
  const express = /** @type {ExpressElement | null} */ (group.member('expressCheckout'));
  const source = express?.paying ? express : payment;
  if (!source?.container)
    throw new IntegrationError(
      `Invalid value for ${method}: elements should have a mounted Payment Element or ` +
        'Express Checkout Element.',
    );

  if (!group.submitted && !group.options.clientSecret) {
    throw new IntegrationError(
      `elements.submit() must be called before ${method}.\n\nLearn more: ` +
        'https://docs.stripe.com/payments/accept-a-payment-deferred',
    );
  }

  await source.validate();

  const { waived = [], usage, type, ...collected } = source.collect();
  if (collected.payment_method_data) {
    checkWaived(waived, params.payment_method_data?.billing_details, method);

    // A wallet provides its own details; the input in other elements may be
    // incomplete.
    const others = source === express ? {} : groupBilling(group);
    collected.payment_method_data = merge(
      merge(collected.payment_method_data, others),
      params.payment_method_data,
    );
  }

  const reuse = usage ?? group.reuse;

  return {
    ...collected,
    return_url: params.return_url,
    setup_future_usage: reuse,
    shipping: params.shipping ?? (source === express ? express?.shipping() : groupShipping(group)),
    use_stripe_sdk: true,
    client_context: clientContext(group),
    mandate_data: mandate(type, Boolean(reuse) || group.willBeReused()),
    customer_session_client_secret: group.options.customerSessionClientSecret,
  };
}

/**
 * Returns the billing details from the other elements of the group.
 *
 * @param {ElementsGroup} group
 */
function groupBilling(group) {
  const link = /** @type {LinkElement | null} */ (group.member('linkAuthentication'));
  return {
    billing_details: merge(
      { email: link?.email || undefined },
      group.billingAddress()?.asBilling(),
    ),
  };
}

/** @param {ElementsGroup} group */
function groupShipping(group) {
  return /** @type {AddressElement | null} */ (group.member('address', 'shipping'))?.asBilling();
}

/** @param {ElementsGroup} group */
function clientContext(group) {
  const {
    mode,
    amount,
    currency,
    setupFutureUsage,
    captureMethod,
    paymentMethodTypes,
    onBehalfOf,
  } = group.options;

  return (
    mode && {
      mode,
      amount,
      currency,
      setup_future_usage: setupFutureUsage,
      capture_method: captureMethod,
      payment_method_types: paymentMethodTypes,
      on_behalf_of: onBehalfOf,
    }
  );
}

/**
 * Returns the mandate data that debits and saved methods need.
 *
 * @param {string} type
 * @param {boolean} reuse
 */
function mandate(type, reuse) {
  if (!methodTypes[type]?.delayed && !(reuse && type !== 'card')) return undefined;
  return { customer_acceptance: { type: 'online', online: { infer_from_client: true } } };
}

/**
 * @param {string[]} waived
 * @param {Json} given billing details of the page
 * @param {string} method
 */
function checkWaived(waived, given, method) {
  for (const path of waived) {
    let value = given;
    for (const part of path.split('.')) value = value?.[part];

    if (value === undefined) {
      throw new IntegrationError(
        `You specified "never" for fields.billing_details.${path} when creating the ` +
          'payment Element, but did not pass ' +
          `params.payment_method_data.billing_details.${path} when calling ${method}. ` +
          'If you opt out of collecting data via the payment Element using the fields ' +
          'option, the data must be passed in when calling it.',
      );
    }
  }
}
