/**
 * Formats amounts: integers in the currency's minor unit, as at Stripe.
 * `decimals` is the number of digits behind the point. It comes from the
 * server, because Stripe's table differs from the browser's
 * (https://docs.stripe.com/currencies#special-cases).
 *
 * @typedef {{currency: string, decimals: number}} Currency
 */

/**
 * Formats an amount for a locale. The browser knows how many decimals are
 * usual; the result never has more than Stripe's, and never so few that it
 * hides money.
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

  return keepSymbol(format.format(amount / 10 ** decimals));
}

/**
 * Keeps a symbol such as US$ whole in a text from right to left, where the sign
 * at its end would change to the other side of the letters. Such a text begins
 * with a mark.
 *
 * @param {string} text
 */
function keepSymbol(text) {
  return text.replace(/^([\u200f\u061c].*[A-Z]\p{Sc})/u, '$1\u200e');
}
