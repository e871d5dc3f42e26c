// The next action of an intent: a 3D Secure challenge or instructions in a
// dialog, or a redirect of the whole page.

/**
 * Returns the page with the instructions of a next action that the buyer takes
 * elsewhere: to pay a voucher, to send a bank transfer, to verify an account.
 *
 * @param {Json} action
 * @returns {string | undefined}
 */
function instructionsOf(action) {
  const details = action[action.type ?? ''] ?? {};
  return (
    details.hosted_voucher_url ?? details.hosted_instructions_url ?? details.hosted_verification_url
  );
}

/**
 * Leaves the page. The promise never settles.
 *
 * @returns {Promise<never>}
 */
function leave(/** @type {string} */ url) {
  location.assign(url);
  return new Promise(() => {});
}

/** @param {Intent} intent */
function lastError(intent) {
  return intent.object === 'setup_intent' ? intent.last_setup_error : intent.last_payment_error;
}

/**
 * Returns the error that Stripe.js reports for an intent that went back to
 * requires_payment_method.
 *
 * @param {Intent} intent
 * @param {Words} words
 * @returns {Failure}
 */
function intentFailure(intent, words) {
  const code = `${intent.object}_authentication_failure`;
  const error = lastError(intent) ?? { type: 'invalid_request_error', code };
  const message = error.code === code || !error.message ? words.say('authFailed') : error.message;
  return new Failure({ ...error, message, [intent.object]: intent });
}

/** Runs the next action of an intent and returns the updated intent. */
class NextAction {
  /** @param {Api} api */
  constructor(api) {
    this.api = api;
  }

  /**
   * @param {Intent} intent in requires_action
   * @param {string} clientSecret
   * @returns {Promise<Json>}
   */
  async run(intent, clientSecret) {
    const action = intent.next_action ?? {};
    if (action.type === 'redirect_to_url') return leave(action.redirect_to_url.url);
    if (action.type === 'use_stripe_sdk' && action.use_stripe_sdk?.stripe_js)
      return this.authenticate(action.use_stripe_sdk.stripe_js, clientSecret);

    const instructions = instructionsOf(action);
    if (instructions) {
      await showInstructions(this.api.words, instructions);
      return this.api.intent(clientSecret);
    }

    throw new IntegrationError(
      `handleNextAction: the next action ${action.type} is not part of the offline sandbox.`,
    );
  }

  /**
   * @param {string} url
   * @param {string} clientSecret
   */
  async authenticate(url, clientSecret) {
    const how = await challenge(this.api.words, url);
    if (how === 'closed') await this.fail(url, clientSecret);
    const intent = await this.api.intent(clientSecret);
    if (intent.status === 'requires_payment_method') throw intentFailure(intent, this.api.words);
    return intent;
  }

  /**
   * Fails the authentication, as closing the dialog does.
   *
   * @param {string} url
   * @param {string} clientSecret
   */
  async fail(url, clientSecret) {
    await this.api.call('POST', new URL(url).pathname, {
      client_secret: clientSecret,
      outcome: 'fail',
    });
  }
}
