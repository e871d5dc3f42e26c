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
 * @typedef {object} Rate
 * @property {Record<string, import('./prices.js').Money>} prices
 * @property {Record<string, import('./prices.js').Money>} freeFrom the price of
 *   the goods from which the rate is free
 * @property {string[]} countries that it serves; none: all
 *
 * @typedef {object} ShopData
 * @property {string} locale
 * @property {string} currency
 * @property {Rate[]} rates
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

/**
 * Returns a product that can be bought now.
 *
 * @param {string} sku
 */
export function forSale(sku) {
  const product = products.get(sku);
  return product?.soldOut ? undefined : product;
}

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
    const product = forSale(sku);
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

/**
 * Says what shipping costs at least, or where it is free, or how much is
 * missing for that; empty when it is not known. The buyer's country is not
 * known either: what holds for some countries only names them.
 */
export function shippingText() {
  const [first] = lines();
  if (!first || mixesCurrencies() || !lines().some(({ product }) => product.ships)) return '';

  const { currency: paid, decimals } = first.price;
  const goods = lines().reduce((sum, { quantity, price }) => sum + quantity * price.amount, 0);
  const offers = page.rates
    .filter(({ prices }) => paid in prices)
    .map(({ prices, freeFrom, countries }) => {
      const from = freeFrom[paid]?.amount ?? Infinity;
      return { cost: goods >= from ? 0 : prices[paid].amount, missing: from - goods, countries };
    });

  if (offers.length === 0) return '';

  /** @param {number} amount */
  const text = (amount) => formatPrice({ amount, currency: paid, decimals }, page.locale);
  const free = offers.filter(({ cost }) => cost === 0);
  if (free.length > 0) return t.freeFrom + where(free, offers);

  const lowest = fill(t.from, { amount: text(Math.min(...offers.map(({ cost }) => cost))) });
  const missing = Math.min(...offers.map((offer) => offer.missing));
  if (missing === Infinity) return lowest;

  const next = offers.filter((offer) => offer.missing === missing);
  return `${lowest}. ${fill(t.freeMissing, { amount: text(missing) })}${where(next, offers)}`;
}

const mostCountries = 4;

/**
 * Names the countries that some offers serve, in brackets; empty if they serve
 * every country that the shop ships to.
 *
 * @param {{countries: string[]}[]} some
 * @param {{countries: string[]}[]} all
 */
function where(some, all) {
  if (some.some(({ countries }) => countries.length === 0)) return '';

  const served = new Set(some.flatMap(({ countries }) => countries));
  if (all.every(({ countries }) => countries.length && countries.every((c) => served.has(c))))
    return '';

  const names = new Intl.DisplayNames(page.locale, { type: 'region' });
  const list = [...served].map((code) => names.of(code) ?? code);
  const shown = list.slice(0, mostCountries).sort((a, b) => a.localeCompare(b, page.locale));
  return ` (${shown.join(', ')}${list.length > mostCountries ? ' …' : ''})`;
}
