/**
 * Amounts are integers in the currency's minor unit, as Stripe counts them:
 * `decimals` says how many of their digits are behind the point. It comes from
 * the server, since Stripe's table is not the one browsers know
 * (https://docs.stripe.com/currencies#special-cases).
 *
 * @typedef {{currency: string, decimals: number}} Currency
 */

/**
 * Writes an amount as its reader is used to. The browser decides how many
 * decimals people write; never more than Stripe counts, and never so few that
 * money would be hidden.
 *
 * @param {number} amount in minor units
 * @param {Currency} currency
 * @param {string} locale a language tag
 */
export function formatAmount(amount, { currency, decimals }, locale) {
  /** @type {Intl.NumberFormatOptions} */
  const kind = { style: 'currency', currency: currency.toUpperCase() };
  const usual =
    new Intl.NumberFormat(locale, kind).resolvedOptions().maximumFractionDigits ?? decimals;
  const wholeUnits = amount % 10 ** Math.max(0, decimals - usual) === 0;
  const digits = usual < decimals && wholeUnits ? usual : decimals;
  const format = new Intl.NumberFormat(locale, {
    ...kind,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return format.format(amount / 10 ** decimals);
}
