// Amounts as Stripe counts them, for the elements and for the pages: what
// browsers know of a currency's decimals is not what Stripe's amounts have. See
// https://docs.stripe.com/currencies#zero-decimal and #special-cases.

/**
 * @param {string} currency
 * @returns {number} how many of an amount's digits stand behind the point
 */
function decimalsOf(currency) {
  if (/^(bif|clp|djf|gnf|jpy|kmf|krw|mga|pyg|rwf|vnd|vuv|xaf|xof|xpf)$/i.test(currency)) return 0;
  return /^(bhd|jod|kwd|omr|tnd)$/i.test(currency) ? 3 : 2;
}

/**
 * Nobody writes the decimals of isk and ugx.
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
