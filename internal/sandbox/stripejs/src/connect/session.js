// What the components of one StripeConnect.init share: the account session,
// the texts and the login at Stripe.

/**
 * @typedef {import('@stripe/connect-js').IStripeConnectInitParams}
 *   ConnectParams
 */
/**
 * @typedef {import('@stripe/connect-js').IStripeConnectUpdateParams}
 *   ConnectChanges
 */
/**
 * An account session as the browser that claimed it sees it.
 *
 * @typedef {object} ClaimedSession
 * @property {string} api_key
 * @property {Record<string, ClaimedComponent>} components
 * @property {number} expires_in in seconds
 */
/**
 * @typedef {{enabled: boolean, features: Record<string, boolean>}}
 *   ClaimedComponent
 */
/** @typedef {{changed: () => void, ended: () => void}} ConnectMember */

/**
 * An error of a documented type, which a component reports as a load error:
 * https://docs.stripe.com/connect/get-started-connect-embedded-components#load-errors.
 */
class ConnectFailure extends Error {
  /**
   * @param {import('@stripe/connect-js').EmbeddedErrorType} type
   * @param {string} message
   * @param {string} [code]
   */
  constructor(type, message, code = '') {
    super(message);
    this.type = type;
    this.code = code;
  }
}

const sessionExpired = 'account_session_expired';

/**
 * Sends a request to the sandbox and returns the decoded object.
 *
 * @param {string} key
 * @param {'GET' | 'POST'} method
 * @param {string} path
 * @param {Json} params
 * @param {Record<string, string>} headers
 * @param {ConnectWords} words
 * @returns {Promise<Json>}
 * @throws {ConnectFailure}
 */
async function connectFetch(key, method, path, params, headers, words) {
  const form = encodeForm(params);
  const url = baseURL + path + (method === 'GET' && form.size > 0 ? `?${form}` : '');
  let response;
  let body;
  try {
    response = await fetch(url, {
      method,
      headers: { Authorization: `Bearer ${key}`, ...headers },
      body: method === 'POST' ? form : undefined,
      credentials: 'omit',
    });

    body = await response.json();
  } catch {
    throw new ConnectFailure('api_connection_error', words.say('connection'));
  }

  if (response.ok) return body;

  const message = body.error?.message ?? `Status ${response.status}`;
  throw new ConnectFailure(connectErrorType(response.status), message, body.error?.code);
}

/**
 * @param {number} status of HTTP
 * @returns {import('@stripe/connect-js').EmbeddedErrorType}
 */
function connectErrorType(status) {
  if (status === 401) return 'authentication_error';
  if (status === 429) return 'rate_limit_error';
  return status < 500 ? 'invalid_request_error' : 'api_error';
}

class Connector {
  /**
   * @param {ConnectParams & {metaOptions?: {eagerClientSecretPromise?:
   *   Promise<string>}}} params
   */
  constructor(params) {
    if (
      typeof params?.publishableKey !== 'string' ||
      !params.publishableKey.startsWith('pk_test_')
    ) {
      throw new Error(
        'StripeConnect.init: publishableKey has to be a publishable test key ' +
          '(pk_test_...) in the offline sandbox.',
      );
    }

    if (typeof params.fetchClientSecret !== 'function')
      throw new Error('StripeConnect.init: fetchClientSecret has to be a function.');

    this.params = params;
    this.words = new ConnectWords(params.locale);
    /** @type {Set<ConnectMember>} */
    this.members = new Set();
    this.loggedIn = false;
    this.ended = false;

    loadFonts(params.fonts ?? []);

    // The npm package asks for the first client secret while the script loads.
    this.session = this.claim(params.metaOptions?.eagerClientSecretPromise);
  }

  /**
   * Gets a client secret from the page and a session for it.
   *
   * @param {Promise<string>} [eager] the client secret, if it was asked for
   * @returns {Promise<ClaimedSession>}
   */
  claim(eager) {
    const claimed = this.claimNow(eager);

    claimed.then(
      (session) => this.renewAfter(session.expires_in),
      () => {}, // each component reports the failure itself
    );

    return claimed;
  }

  /** @param {Promise<string>} [eager] */
  async claimNow(eager) {
    let secret;
    try {
      secret = await (eager ?? this.params.fetchClientSecret());
    } catch (err) {
      throw new ConnectFailure(
        'account_session_create_error',
        err instanceof Error ? err.message : String(err),
      );
    }

    if (typeof secret !== 'string' || secret === '') {
      throw new ConnectFailure(
        'account_session_create_error',
        'fetchClientSecret has to resolve to the client_secret of an account session.',
      );
    }

    return connectFetch(
      this.params.publishableKey,
      'POST',
      '/v1/account_sessions/claim',
      { client_secret: secret },
      {},
      this.words,
    );
  }

  /** @param {number} seconds */
  renewAfter(seconds) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.renew(this.session), seconds * 1000);
  }

  /**
   * Replaces a session that ran out, once for all components.
   *
   * @param {Promise<ClaimedSession>} old
   */
  renew(old) {
    if (this.session === old && !this.ended) this.session = this.claim();
    return this.session;
  }

  /**
   * Makes a call with the rights of the session. A session that ran out is
   * replaced, and the call is made again.
   *
   * @param {'GET' | 'POST'} method
   * @param {string} path
   * @param {Json} [params]
   * @returns {Promise<Json>}
   */
  async call(method, path, params = {}) {
    const current = this.session;
    /** @type {Record<string, string>} */
    const headers = method === 'POST' ? { 'Idempotency-Key': crypto.randomUUID() } : {};

    const send = async (/** @type {Promise<ClaimedSession>} */ session) =>
      connectFetch((await session).api_key, method, path, params, headers, this.words);

    try {
      return await send(current);
    } catch (err) {
      if (!(err instanceof ConnectFailure) || err.code !== sessionExpired) throw err;
      return send(this.renew(current));
    }
  }

  /** @param {ConnectChanges} options */
  update(options) {
    this.params = { ...this.params, ...options };
    this.words = new ConnectWords(this.params.locale);
    this.members.forEach((member) => member.changed());
  }

  /** Forgets the session and the login. Components cannot be used any more. */
  async logout() {
    this.ended = true;
    this.loggedIn = false;
    clearTimeout(this.timer);
    this.session = Promise.reject(
      new ConnectFailure('authentication_error', this.words.say('signedOut')),
    );
    this.session.catch(() => {});
    this.members.forEach((member) => member.ended());
  }
}
