/**
 * Requests to our own server. Every failure is an ApiError.
 *
 * @typedef {ReturnType<typeof connect>} Api
 *
 * @typedef {object} Problem the members of an application/problem+json response
 *   that we read
 * @property {string} [code]
 * @property {string} [detail]
 * @property {string} [field]
 * @property {string} [shop_message] the shop's own words, not to be translated
 * @property {number} [amount]
 * @property {string} [currency]
 * @property {{type: string, code?: string, decline_code?: string, message?:
 *   string}} [error]
 *
 * @typedef {object} OrderItem
 * @property {string} sku
 * @property {string} name
 * @property {string} [image]
 * @property {number} quantity
 * @property {number} unit_amount
 * @property {number} amount
 * @property {object} [recurring] missing where it is paid for once
 *
 * @typedef {object} ShippingRate
 * @property {string} id
 * @property {string} name
 * @property {number} amount
 * @property {number} [min_days]
 * @property {number} [max_days]
 *
 * @typedef {object} Place
 * @property {string} [line1]
 * @property {string} [line2]
 * @property {string} [city]
 * @property {string} [state]
 * @property {string} [postal_code]
 * @property {string} country
 *
 * @typedef {{name?: string, phone?: string, address: Place}} Address
 * @typedef {{email?: string, name?: string, shipping?: Address, billing?:
 *   Address}} Contact
 *
 * @typedef {object} Order
 * @property {string} id
 * @property {'payment' | 'setup' | 'subscription'} mode
 * @property {string} status
 * @property {string} payment_status
 * @property {number} amount
 * @property {number} subtotal
 * @property {{code: string, amount: number} | null} discount
 * @property {number} recurring_amount of every payment after the first
 * @property {string} currency
 * @property {boolean} ships
 * @property {ShippingRate | null} shipping_rate
 * @property {ShippingRate[]} shipping_rates
 * @property {string[]} shipping_countries
 * @property {OrderItem[]} items
 * @property {Contact} contact
 * @property {'on_session' | 'off_session'} [setup_future_usage]
 * @property {{days: number, end: string}} [trial] before which nothing is paid
 * @property {string} options_fingerprint
 * @property {string} [message]
 * @property {{discounts: {name: string, amount: number}[], taxes: {name:
 *   string, amount: number, inclusive: boolean}[], item_tax: number,
 *   success_url?: string}} [shop] what the shop's backend decided
 */

const timeoutMs = 30_000;

export class ApiError extends Error {
  /**
   * @param {number} status 0 if there was no response
   * @param {Problem | null} problem the response body, if our own server sent
   *   it
   */
  constructor(status, problem) {
    super(problem?.detail ?? `HTTP ${status}`);
    this.status = status;
    this.problem = problem;
  }

  get code() {
    return this.problem?.code ?? '';
  }

  /**
   * Whether the response was lost: the server may have carried out the request.
   */
  get lost() {
    return this.status === 0 || (this.problem === null && this.status >= 500);
  }
}

/**
 * Returns the calls of a server.
 *
 * @param {string} [base] its address; this page's own server if empty
 * @param {Record<string, string>} [proof] headers that open the order, where no
 *   cookie does
 */
export function connect(base = '', proof = {}) {
  /**
   * @param {string} method
   * @param {string} path
   * @param {object} [body]
   */
  const send = (method, path, body) =>
    call(base + path, {
      method,
      headers: { ...proof, ...(body && { 'Content-Type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });

  return {
    /** @param {string} path */
    get: (path) => send('GET', path),

    /**
     * @param {string} path
     * @param {object} body
     */
    post: (path, body) => send('POST', path, body),

    /**
     * @param {string} path
     * @param {object} body
     */
    patch: (path, body) => send('PATCH', path, body),
  };
}

/**
 * @param {string} path
 * @param {RequestInit} init
 * @returns {Promise<any>}
 */
async function call(path, init) {
  let response, text;
  try {
    response = await fetch(path, {
      ...init,
      cache: 'no-store',
      signal: AbortSignal.timeout(timeoutMs),
    });

    text = await response.text();
  } catch {
    throw new ApiError(0, null);
  }

  const answer = parse(text);
  if (!response.ok) throw new ApiError(response.status, answer);
  if (!answer) throw new ApiError(0, null);

  return answer;
}

/**
 * Parses a response; null if it is not JSON. A proxy in between answers in
 * HTML.
 *
 * @param {string} text
 */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * Returns the message for the buyer. It translates our own errors by their code
 * and Stripe's by their decline code. Without a translation it returns the
 * server's sentence, which for a decline is Stripe's.
 *
 * @param {unknown} failure
 * @param {{texts: Record<string, string>, errors: Record<string, string>,
 *   declines?: Record<string, string>}} page
 */
export function describe(failure, { texts, errors, declines = {} }) {
  if (!(failure instanceof ApiError)) return texts.wentWrong;
  if (failure.lost) return failure.status === 0 ? texts.unreachable : texts.wentWrong;

  const stripe = failure.problem?.error;
  return (
    declines[stripe?.decline_code ?? ''] ??
    declines[stripe?.code ?? ''] ??
    failure.problem?.shop_message ??
    errors[failure.code] ??
    failure.problem?.detail ??
    stripe?.message ??
    texts.wentWrong
  );
}

/**
 * Returns the code of a failure: Stripe's, if the payment was declined, or else
 * our own.
 *
 * @param {unknown} failure
 */
export function codeOf(failure) {
  if (!(failure instanceof ApiError)) return 'script_failed';
  const stripe = failure.problem?.error;
  return stripe?.decline_code || stripe?.code || failure.code || 'no_answer';
}
