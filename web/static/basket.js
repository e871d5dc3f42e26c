/**
 * The cart with its prices: what is in it, what it comes to, and whether it can
 * be one order.
 *
 * @typedef {import('./prices.js').Product} Product
 * @typedef {{product: Product, quantity: number, price: import('./prices.js').Price}} Line
 * @typedef {{remove: string, checkOut: string, opening: string, gone: string, cartCount: string, cartChanged: string,
 *   unreachable: string, wentWrong: string, outOfBounds: string, from: string, free: string, total: string}} Texts
 * @typedef {{locale: string, currency: string, shipping: Record<string, import('./prices.js').Money>,
 *   products: Product[], texts: Texts, errors: Record<string, string>}} ShopData
 */
import * as cart from './cart.js';
import { fill, pageData } from './page.js';
import { priceOf, totals, write } from './prices.js';

/** @type {ShopData} */
export const page = pageData();
export const t = page.texts;
export const products = new Map(page.products.map((product) => [product.sku, product]));

/** The buyer's choice, or the shop's own. */
export function currency() {
  const { currency: chosen } = cart.load();
  const sold = chosen && page.products.some(({ prices }) => chosen in prices);
  return sold ? chosen : page.currency;
}

/** What is in the cart and for sale. @returns {Line[]} */
export function lines() {
  return Object.entries(cart.load().lines).flatMap(([sku, { quantity }]) => {
    const product = products.get(sku);
    return product ? [{ product, quantity, price: priceOf(product, currency()) }] : [];
  });
}

/** An order has one currency: the server refuses to mix them. */
export function isMixed() {
  return new Set(lines().map(({ price }) => price.currency)).size > 1;
}

/** Nor can it have several rhythms of payment. */
export function hasManyTimes() {
  return new Set(lines().map(({ product }) => product.every)).size > 1;
}

export function total() {
  const sum = totals(lines(), page.locale);
  const every = hasManyTimes() ? '' : lines()[0]?.product.every;
  return every ? fill(t.total, { total: sum, every }) : sum;
}

/** What sending it costs at least, as far as that can be said. */
export function shippingWords() {
  const [first] = lines();
  const least =
    first && !isMixed() && lines().some(({ product }) => product.ships)
      ? page.shipping[first.price.currency]
      : null;
  if (!least) return '';
  return least.amount
    ? fill(t.from, { amount: write({ ...least, currency: first.price.currency }, page.locale) })
    : t.free;
}
