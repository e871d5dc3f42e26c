// Requests to the API as Stripe.js sends them: form-encoded, with the
// publishable key as a parameter, so that there is no CORS preflight.

/**
 * Encodes parameters in Stripe's bracket notation: {a: {b: 1}, c: [2]} becomes
 * a[b]=1&c[]=2. It leaves out undefined and null.
 *
 * @param {Json} params
 */
function encodeForm(params) {
  const form = new URLSearchParams();

  /**
   * @param {string} name
   * @param {Json} value
   */
  const add = (name, value) => {
    if (value === undefined || value === null) return;
    if (Array.isArray(value)) value.forEach((item) => add(`${name}[]`, item));
    else if (typeof value === 'object')
      Object.entries(value).forEach(([key, item]) => add(`${name}[${key}]`, item));
    else form.append(name, String(value));
  };

  for (const [key, value] of Object.entries(params)) add(key, value);

  return form;
}

/**
 * Returns the ID in a client secret: pi_1 from pi_1_secret_2.
 *
 * @param {string} clientSecret
 */
function idOf(clientSecret) {
  return clientSecret.split('_secret_')[0];
}

/** @param {string} clientSecret */
function intentPath(clientSecret) {
  const id = idOf(clientSecret);
  const kind = id.startsWith('seti_') ? 'setup_intents' : 'payment_intents';
  return `/v1/${kind}/${encodeURIComponent(id)}`;
}

class Api {
  /**
   * @param {string} key
   * @param {{stripeAccount?: string, apiVersion?: string}} options
   * @param {Words} words
   */
  constructor(key, options, words) {
    this.words = words;
    this.common = {
      key,
      _stripe_account: options.stripeAccount,
      _stripe_version: options.apiVersion,
    };
  }

  /**
   * Sends a request and returns the decoded object.
   *
   * @param {'GET' | 'POST'} method
   * @param {string} path
   * @param {Json} [params]
   * @returns {Promise<Json>}
   * @throws {Failure} with Stripe's error object, or an api_connection_error
   */
  async call(method, path, params = {}) {
    const form = encodeForm({ ...this.common, ...params });
    const url = baseURL + path + (method === 'GET' ? `?${form}` : '');
    let response;
    let body;
    try {
      response = await fetch(url, {
        method,
        body: method === 'POST' ? form : undefined,
        credentials: 'omit',
      });

      body = await response.json();
    } catch {
      throw new Failure({ type: 'api_connection_error', message: this.words.say('connection') });
    }

    if (response.ok) return body;

    throw new Failure(body.error ?? { type: 'api_error', message: `Status ${response.status}` });
  }

  /**
   * @param {string} clientSecret
   * @returns {Promise<Intent>}
   */
  intent(clientSecret) {
    return this.call('GET', intentPath(clientSecret), { client_secret: clientSecret });
  }
}
