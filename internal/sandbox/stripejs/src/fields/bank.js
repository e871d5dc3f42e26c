// IBANs, postal codes, countries.

/** The length of an IBAN by country of the SEPA area. */
const ibanLengths = /** @type {Record<string, number>} */ ({
  AD: 24,
  AT: 20,
  BE: 16,
  BG: 22,
  CH: 21,
  CY: 28,
  CZ: 24,
  DE: 22,
  DK: 18,
  EE: 20,
  ES: 24,
  FI: 18,
  FR: 27,
  GB: 22,
  GI: 23,
  GR: 27,
  HR: 21,
  HU: 28,
  IE: 22,
  IS: 26,
  IT: 27,
  LI: 21,
  LT: 20,
  LU: 20,
  LV: 21,
  MC: 27,
  MT: 31,
  NL: 18,
  NO: 15,
  PL: 28,
  PT: 25,
  RO: 24,
  SE: 24,
  SI: 19,
  SK: 24,
  SM: 27,
  VA: 22,
});

/** @param {string} text */
function ibanOf(text) {
  return text.replace(/[^A-Za-z0-9]/g, '').toUpperCase();
}

/** @param {string} text */
function formatIban(text) {
  const iban = ibanOf(text);
  return iban.slice(0, ibanLengths[iban.slice(0, 2)] ?? 34).replace(/(.{4})(?=.)/g, '$1 ');
}

/**
 * ISO 7064 mod 97-10.
 *
 * @param {string} iban
 */
function passesMod97(iban) {
  const turned = iban.slice(4) + iban.slice(0, 4);
  let rest = 0;
  for (const char of turned) {
    for (const digit of parseInt(char, 36).toString()) rest = (rest * 10 + Number(digit)) % 97;
  }
  return rest === 1;
}

/**
 * @param {string} text
 * @returns {TextKey | null}
 */
function checkIban(text) {
  const iban = ibanOf(text);
  if (iban.length < 2) return 'incomplete_iban';
  const length = ibanLengths[iban.slice(0, 2)];
  if (!length) return 'invalid_iban_country_code';
  if (iban.length < length) return 'incomplete_iban';
  return passesMod97(iban) ? null : 'invalid_iban';
}

/** Countries whose postal code a card form asks for, with its format. */
const cardPostal = /** @type {Record<string, RegExp>} */ ({
  US: /^\d{5}(-?\d{4})?$/,
  GB: /^[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}$/i,
  CA: /^[A-Z]\d[A-Z] ?\d[A-Z]\d$/i,
});

/**
 * @param {string} country
 * @param {string} text
 * @returns {TextKey | null}
 */
function checkPostal(country, text) {
  const value = text.trim();
  const short = country === 'US' ? 5 : country === 'CA' ? 6 : 5;
  if (value.replace(/[\s-]/g, '').length < short)
    return country === 'US' ? 'incomplete_zip' : 'incomplete_postal';
  if (!cardPostal[country] || cardPostal[country].test(value)) return null;
  return country === 'US' ? 'invalid_zip' : 'invalid_postal';
}

/**
 * @param {string} text
 * @returns {TextKey | null}
 */
function checkEmail(text) {
  const value = text.trim();
  if (/^[^\s@]+@[^\s@]+\.[^\s@.]{2,}$/.test(value)) return null;
  return /^[^\s@]*@?[^\s@]*$/.test(value) ? 'incomplete_email' : 'invalid_email';
}

const countryCodes = (
  'AF AX AL DZ AD AO AI AQ AG AR AM AW AC AU AT AZ BS BH BD BB BY BE BZ BJ BM BT ' +
  'BO BA BW BV BR IO VG BN BG BF BI KH CM CA CV BQ KY CF TD CL CN CO KM CG CD ' +
  'CK CR CI HR CW CY CZ DK DJ DM DO EC EG SV GQ ER EE SZ ET FK FO FJ FI FR GF PF ' +
  'TF GA GM GE DE GH GI GR GL GD GP GU GT GG GN GW GY HT HN HK HU IS IN ID IQ IE ' +
  'IM IL IT JM JP JE JO KZ KE KI KW KG LA LV LB LS LR LY LI LT LU MO MG MW MY MV ' +
  'ML MT MQ MR MU YT MX MD MC MN ME MS MA MZ MM NA NR NP NL NC NZ NI NE NG NU ' +
  'MK NO OM PK PS PA PG PY PE PH PN PL PT PR QA RE RO RU RW WS SM ST SA SN RS SC ' +
  'SL SG SX SK SI SB SO ZA GS KR SS ES LK BL SH KN LC MF PM VC SR SJ SE CH TW TJ ' +
  'TZ TH TL TG TK TO TT TA TN TR TM TC TV UG UA AE GB US UY UZ VU VA VE VN WF EH YE ZM ZW'
).split(' ');

/**
 * @param {Words} words
 * @param {string[] | null | undefined} allowed
 * @returns {[string, string][]} pairs of code and name, sorted by name
 */
function countryOptions(words, allowed) {
  const codes = allowed?.length ? allowed : countryCodes;
  /** @type {[string, string][]} */
  const pairs = codes.map((code) => [code, words.countryName(code)]);
  return pairs.sort((a, b) => a[1].localeCompare(b[1], words.locale));
}
