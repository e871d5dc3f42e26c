/**
 * What things cost in the currency that the buyer has chosen. A product that is
 * not sold in it has the price in its own.
 *
 * @typedef {{amount: number, decimals: number}} Money
 * @typedef {{sku: string, name: string, currency: string, prices: Record<string, Money>, every: string,
 *   ships: boolean}} Product
 * @typedef {Money & {currency: string}} Price
 */
import { formatAmount } from './money.js';

/** @param {Product} product @param {string} wanted currency @returns {Price} */
export function priceOf({ currency, prices }, wanted) {
  const own = prices[wanted] ? wanted : currency;
  return { ...prices[own], currency: own };
}

/** @param {Price} price @param {string} locale */
export function write({ amount, currency, decimals }, locale) {
  return formatAmount(amount, { currency, decimals }, locale);
}

/**
 * Every currency has its own total.
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
  return [...sums.values()].map((sum) => write(sum, locale)).join(' + ');
}
