// Formats amounts for the elements and the pages. Stripe's amounts have other
// decimals than browsers expect for some currencies: see
// https://docs.stripe.com/currencies#zero-decimal and #special-cases.

/**
 * @param {string} currency
 * @returns {number} the number of an amount's digits behind the point
 */
function decimalsOf(currency) {
  if (/^(bif|clp|djf|gnf|jpy|kmf|krw|mga|pyg|rwf|vnd|vuv|xaf|xof|xpf)$/i.test(currency)) return 0;
  return /^(bhd|jod|kwd|omr|tnd)$/i.test(currency) ? 3 : 2;
}

/**
 * Formats an amount. The decimals of isk and ugx are never written.
 *
 * @param {number} amount in minor units
 * @param {string} currency
 * @param {string} locale
 */
function writeAmount(amount, currency, locale) {
  const decimals = decimalsOf(currency);
  const digits = /^(isk|ugx)$/i.test(currency) ? 0 : decimals;
  const format = new Intl.NumberFormat(locale, {
    style: 'currency',
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });

  return format.format(amount / 10 ** decimals);
}
