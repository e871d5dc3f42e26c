// The texts of one locale, and how it writes countries and amounts.

/** @typedef {keyof typeof texts.en} TextKey */

/** The texts of one locale. */
class Words {
  /** @param {string | undefined} locale a BCP 47 tag or 'auto' */
  constructor(locale) {
    this.locale = !locale || locale === 'auto' ? navigator.language || 'en' : locale;
    this.table = this.locale.toLowerCase().startsWith('fr') ? texts.fr : texts.en;
    this.business = '';
  }

  /**
   * @param {TextKey} key
   * @param {Record<string, string>} [values]
   */
  say(key, values = {}) {
    const all = /** @type {Record<string, string>} */ ({
      business: this.business || this.table.business,
      ...values,
    });
    return this.table[key].replace(/\{(\w+)\}/g, (whole, name) => all[name] ?? whole);
  }

  /** @param {string} code ISO 3166 */
  countryName(code) {
    return new Intl.DisplayNames([this.locale], { type: 'region' }).of(code) ?? code;
  }

  /**
   * @param {number} amount in minor units
   * @param {string} currency
   */
  money(amount, currency) {
    return writeAmount(amount, currency, this.locale);
  }
}
