/**
 * Waits for Stripe.js. The page's own script tag loads it, but that may have
 * failed before this module ran, which cannot be detected afterwards. So if
 * Stripe.js does not appear soon, this module loads it once more.
 *
 * @typedef {import('@stripe/stripe-js').StripeConstructor} StripeConstructor
 */

const patienceMs = 2_000;
const loadTimeoutMs = 15_000;

/**
 * @param {string} url
 * @returns {Promise<StripeConstructor>} rejects if Stripe.js cannot be loaded
 */
export async function loadStripe(url) {
  if (window.Stripe) return window.Stripe;

  const first = document.getElementById('stripe-js');
  if (first) {
    try {
      return await arrival(first, patienceMs);
    } catch {
      // Too slow, or failed: load it again.
    }
  }

  const script = document.createElement('script');
  script.src = url;
  document.head.append(script);

  return arrival(script, loadTimeoutMs);
}

/**
 * @param {HTMLElement} script
 * @param {number} limitMs
 * @returns {Promise<StripeConstructor>}
 */
function arrival(script, limitMs) {
  return new Promise((resolve, reject) => {
    const look = () => {
      if (window.Stripe) finish(() => resolve(/** @type {StripeConstructor} */ (window.Stripe)));
    };

    const fail = () => finish(() => reject(new Error('Stripe.js did not load')));
    const timer = setTimeout(fail, limitMs);
    const watch = setInterval(look, 100);

    /** @param {() => void} outcome */
    const finish = (outcome) => {
      clearTimeout(timer);
      clearInterval(watch);
      outcome();
    };

    script.addEventListener('load', look);
    script.addEventListener('error', fail);
    look();
  });
}
