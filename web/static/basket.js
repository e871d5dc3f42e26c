/**
 * The cart with its prices: its lines, its total, and whether it can become one
 * order.
 *
 * @typedef {import('./prices.js').Product} Product
 *
 * @typedef {object} Line
 * @property {Product} product
 * @property {number} quantity
 * @property {import('./prices.js').Price} price
 *
 * @typedef {object} ShopData
 * @property {string} locale
 * @property {string} currency
 * @property {Record<string, import('./prices.js').Money>} shipping
 * @property {Product[]} products
 * @property {Record<string, string>} texts
 * @property {Record<string, string>} errors
 */
import * as cart from './cart.js';
import { fill } from './dom.js';
import { pageData } from './page.js';
import { priceOf, totals, formatPrice } from './prices.js';

/** @type {ShopData} */
export const page = pageData();
export const t = page.texts;
export const products = new Map(page.products.map((product) => [product.sku, product]));

/** Returns the currency that the buyer chose, or else the shop's own. */
export function currency() {
  const { currency: chosen } = cart.load();
  const sold = chosen && page.products.some(({ prices }) => chosen in prices);
  return sold ? chosen : page.currency;
}

/**
 * Returns the lines of the cart that are still for sale.
 *
 * @returns {Line[]}
 */
export function lines() {
  return Object.entries(cart.load().lines).flatMap(([sku, { quantity }]) => {
    const product = products.get(sku);
    return product ? [{ product, quantity, price: priceOf(product, currency()) }] : [];
  });
}

/**
 * Reports whether the cart mixes currencies. The server refuses such an order.
 */
export function mixesCurrencies() {
  return new Set(lines().map(({ price }) => price.currency)).size > 1;
}

/** Returns the lines that are paid for again and again. */
function recurring() {
  return lines().filter(({ product }) => product.every);
}

/**
 * Reports whether the cart mixes billing intervals, which the server refuses
 * too.
 */
export function mixesIntervals() {
  return new Set(recurring().map(({ product }) => product.every)).size > 1;
}

/** Describes what is paid now, and what later. */
export function total() {
  const sum = totals(lines(), page.locale);
  const again = recurring();
  const every = mixesIntervals() || mixesCurrencies() ? '' : again[0]?.product.every;

  if (!every) return sum;
  if (again.length === lines().length) return fill(t.total, { total: sum, every });

  return fill(t.totalMixed, { total: sum, later: totals(again, page.locale), every });
}

/** Describes the lowest shipping cost; empty when it is not known. */
export function shippingText() {
  const [first] = lines();
  const lowest =
    first && !mixesCurrencies() && lines().some(({ product }) => product.ships)
      ? page.shipping[first.price.currency]
      : null;

  if (!lowest) return '';

  return lowest.amount
    ? fill(t.from, {
        amount: formatPrice({ ...lowest, currency: first.price.currency }, page.locale),
      })
    : t.freeFrom;
}
