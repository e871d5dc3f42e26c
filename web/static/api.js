/**
 * Calls to our own server. Every failure is an ApiError.
 *
 * @typedef {{code?: string, detail?: string, field?: string, amount?: number, currency?: string,
 *   error?: {type: string, code?: string, decline_code?: string, message?: string}}} Problem
 *   the members that we read of an application/problem+json answer
 *
 * @typedef {{sku: string, name: string, image?: string, quantity: number, unit_amount: number, amount: number}} OrderItem
 * @typedef {{id: string, name: string, amount: number, min_days?: number, max_days?: number}} ShippingRate
 * @typedef {{line1?: string, line2?: string, city?: string, state?: string, postal_code?: string, country: string}} Place
 * @typedef {{name?: string, phone?: string, address: Place}} Address
 * @typedef {{email?: string, shipping?: Address, billing?: Address}} Contact
 * @typedef {{id: string, mode: 'payment' | 'setup' | 'subscription', status: string, payment_status: string,
 *   amount: number, subtotal: number, discount: {code: string, amount: number} | null, currency: string,
 *   ships: boolean, shipping_rate: ShippingRate | null, shipping_rates: ShippingRate[], shipping_countries: string[],
 *   items: OrderItem[], contact: Contact, setup_future_usage?: 'on_session' | 'off_session', message?: string}} Order
 */

const timeoutMs = 30_000;

export class ApiError extends Error {
  /**
   * @param {number} status 0 when there was no answer
   * @param {Problem | null} problem what the server said, if it was our server that spoke
   */
  constructor(status, problem) {
    super(problem?.detail ?? `HTTP ${status}`);
    this.status = status;
    this.problem = problem;
  }

  get code() {
    return this.problem?.code ?? '';
  }

  /** Nobody knows whether the server did what it was asked. */
  get lost() {
    return this.status === 0 || (this.problem === null && this.status >= 500);
  }
}

/** @param {string} path */
export function get(path) {
  return call(path, { method: 'GET' });
}

/**
 * @param {string} path
 * @param {object} body
 */
export function post(path, body) {
  return send('POST', path, body);
}

/**
 * @param {string} path
 * @param {object} body
 */
export function patch(path, body) {
  return send('PATCH', path, body);
}

/**
 * @param {string} method
 * @param {string} path
 * @param {object} body
 */
function send(method, path, body) {
  return call(path, {
    method,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
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
 * A proxy between us and the server answers in HTML.
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
 * What to tell the buyer. Our own errors are translated by code, Stripe's by
 * decline code; without a translation the server's sentence is shown, which
 * for a decline is Stripe's own.
 *
 * @param {unknown} failure
 * @param {{texts: {unreachable: string, wentWrong: string}, errors: Record<string, string>, declines?: Record<string, string>}} page
 */
export function describe(failure, { texts, errors, declines = {} }) {
  if (!(failure instanceof ApiError)) return texts.wentWrong;
  if (failure.lost) return failure.status === 0 ? texts.unreachable : texts.wentWrong;
  const stripe = failure.problem?.error;
  return (
    declines[stripe?.decline_code ?? ''] ??
    declines[stripe?.code ?? ''] ??
    errors[failure.code] ??
    failure.problem?.detail ??
    stripe?.message ??
    texts.wentWrong
  );
}
