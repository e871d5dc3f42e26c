/**
 * Prices in the currency that the buyer chose. A product that is not sold in it
 * is priced in its own.
 *
 * @typedef {{amount: number, decimals: number}} Money
 *
 * @typedef {object} Product
 * @property {string} sku
 * @property {string} name
 * @property {string} currency
 * @property {Record<string, Money>} prices
 * @property {string} every
 * @property {boolean} ships
 * @property {boolean} soldOut
 *
 * @typedef {Money & {currency: string}} Price
 */
import { formatAmount } from './money.js';

/**
 * @param {Product} product
 * @param {string} wanted currency
 * @returns {Price}
 */
export function priceOf({ currency, prices }, wanted) {
  const own = prices[wanted] ? wanted : currency;
  return { ...prices[own], currency: own };
}

/**
 * @param {Price} price
 * @param {string} locale
 */
export function formatPrice({ amount, currency, decimals }, locale) {
  return formatAmount(amount, { currency, decimals }, locale);
}

/**
 * Returns the totals of all lines, one per currency.
 *
 * @param {{price: Price, quantity: number}[]} lines
 * @param {string} locale
 */
export function totals(lines, locale) {
  /** @type {Map<string, Price>} */
  const sums = new Map();
  for (const { price, quantity } of lines) {
    const sum = sums.get(price.currency)?.amount ?? 0;
    sums.set(price.currency, { ...price, amount: sum + quantity * price.amount });
  }

  return [...sums.values()].map((sum) => formatPrice(sum, locale)).join(' + ');
}
