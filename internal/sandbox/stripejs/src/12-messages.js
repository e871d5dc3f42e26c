// Words on the elements' face, in the two languages that the stand-in speaks.

const texts = {
  en: {
    sandbox: 'Offline sandbox',
    sandboxHint: 'No real card: nothing leaves this computer.',
    number: 'Card number',
    expiry: 'Expiration date',
    cvc: 'Security code',
    country: 'Country or region',
    postal: 'Postal code',
    zip: 'ZIP code',
    name: 'Full name',
    email: 'Email',
    phone: 'Phone number',
    iban: 'IBAN',
    line1: 'Address line 1',
    line2: 'Address line 2',
    optional: 'optional',
    city: 'City',
    state: 'State',
    province: 'Province',
    region: 'State, county, province, or region',
    firstName: 'First name',
    lastName: 'Last name',
    organization: 'Company name',
    town: 'Town or city',
    select: 'Select',
    business: 'the merchant',
    expiryHint: 'MM / YY',
    card: 'Card',
    redirect: 'After submission, you will be redirected to securely complete next steps.',
    methods: 'Payment method',
    saved: 'Saved payment methods',
    newMethod: 'New payment method',
    more: 'More',
    remove: 'Remove',
    removeTitle: 'Remove payment method?',
    cancel: 'Cancel',
    removed: '{label} was removed.',
    ending: '{brand} ending in {last4}',
    expires: 'expires {date}',
    save: 'Save payment details to {business} for future purchases',
    loading: 'Loading payment form',
    cardTerms:
      'By providing your card information, you allow {business} to charge your card for future payments in accordance with their terms.',
    sepaTerms:
      'By providing your payment information and confirming this payment, you authorise (A) {business} and Stripe, our payment service provider, to send instructions to your bank to debit your account and (B) your bank to debit your account in accordance with those instructions. As part of your rights, you are entitled to a refund from your bank under the terms and conditions of your agreement with your bank. A refund must be claimed within 8 weeks starting from the date on which your account was debited. Your rights are explained in a statement that you can obtain from your bank. You agree to receive notifications for future debits up to 2 days before they occur.',
    incomplete_number: 'Your card number is incomplete.',
    invalid_number: 'Your card number is invalid.',
    incomplete_expiry: "Your card's expiration date is incomplete.",
    invalid_expiry_month: "Your card's expiration date is invalid.",
    invalid_expiry_year: "Your card's expiration year is invalid.",
    invalid_expiry_year_past: "Your card's expiration year is in the past.",
    invalid_expiry_month_past: "Your card's expiration date is in the past.",
    incomplete_cvc: "Your card's security code is incomplete.",
    incomplete_zip: 'Your ZIP code is incomplete.',
    incomplete_postal: 'Your postal code is incomplete.',
    invalid_zip: 'Your ZIP code is invalid.',
    invalid_postal: 'Your postal code is invalid.',
    incomplete_iban: 'Your IBAN is incomplete.',
    invalid_iban: 'Your IBAN is invalid.',
    invalid_iban_country_code: 'The IBAN you entered is from a country that is not supported.',
    incomplete_name: 'Please provide your full name.',
    incomplete_email: 'Your email is incomplete.',
    invalid_email: 'Your email is invalid.',
    incomplete_phone: 'Please provide your phone number.',
    incomplete_field: 'This field is incomplete.',
    po_box: 'PO boxes are not accepted.',
    incomplete_method: 'Please select a payment method.',
    connection:
      'We are experiencing issues connecting to our payments provider. You have not been charged. Please check your internet connection and try again.',
    loadFailed: 'The payment form could not be loaded.',
    authFailed: 'We are unable to authenticate your payment method. Please choose a different payment method and try again.',
    dialog3ds: 'Verify your payment',
    close: 'Close',
    express: 'Express checkout',
    payWith: 'Pay with {wallet}',
    walletAccept: 'Pay',
    walletShip: 'Shipping address',
    walletRate: 'Shipping',
    walletTotal: 'Total',
  },
  fr: {
    sandbox: 'Bac à sable hors ligne',
    sandboxHint: 'Aucune vraie carte : rien ne quitte cet ordinateur.',
    number: 'Numéro de carte',
    expiry: "Date d'expiration",
    cvc: 'Code de sécurité',
    country: 'Pays ou région',
    postal: 'Code postal',
    zip: 'Code postal',
    name: 'Nom complet',
    email: 'E-mail',
    phone: 'Numéro de téléphone',
    iban: 'IBAN',
    line1: 'Adresse 1',
    line2: 'Adresse 2',
    optional: 'facultatif',
    city: 'Ville',
    state: 'État',
    province: 'Province',
    region: 'État, comté, province ou région',
    firstName: 'Prénom',
    lastName: 'Nom de famille',
    organization: "Nom de l'entreprise",
    town: 'Ville',
    select: 'Sélectionner',
    business: 'le marchand',
    expiryHint: 'MM / AA',
    card: 'Carte',
    redirect: 'Après avoir soumis votre demande, vous serez redirigé pour effectuer les étapes suivantes en toute sécurité.',
    methods: 'Moyen de paiement',
    saved: 'Moyens de paiement enregistrés',
    newMethod: 'Nouveau moyen de paiement',
    more: 'Plus',
    remove: 'Supprimer',
    removeTitle: 'Supprimer ce moyen de paiement ?',
    cancel: 'Annuler',
    removed: '{label} a été supprimé.',
    ending: '{brand} se terminant par {last4}',
    expires: 'expire le {date}',
    save: 'Enregistrer les informations de paiement auprès de {business} pour de futurs achats',
    loading: 'Chargement du formulaire de paiement',
    cardTerms:
      'En fournissant vos informations de carte bancaire, vous autorisez {business} à débiter votre carte pour les paiements futurs conformément à ses conditions.',
    sepaTerms:
      "En fournissant vos informations de paiement et en confirmant ce paiement, vous autorisez (A) {business} et Stripe, notre prestataire de services de paiement, à envoyer des instructions à votre banque pour débiter votre compte et (B) votre banque à débiter votre compte conformément à ces instructions. Vous bénéficiez d'un droit à remboursement par votre banque selon les conditions décrites dans la convention que vous avez passée avec elle. Toute demande de remboursement doit être présentée dans les 8 semaines suivant la date de débit de votre compte. Vos droits sont expliqués dans une déclaration disponible auprès de votre banque. Vous acceptez de recevoir des notifications des débits à venir dans les 2 jours précédant leur réalisation.",
    incomplete_number: 'Votre numéro de carte est incomplet.',
    invalid_number: 'Votre numéro de carte est invalide.',
    incomplete_expiry: "La date d'expiration de votre carte est incomplète.",
    invalid_expiry_month: "La date d'expiration de votre carte est invalide.",
    invalid_expiry_year: "L'année d'expiration de votre carte est invalide.",
    invalid_expiry_year_past: "L'année d'expiration de votre carte est passée.",
    invalid_expiry_month_past: "La date d'expiration de votre carte est passée.",
    incomplete_cvc: 'Le code de sécurité de votre carte est incomplet.',
    incomplete_zip: 'Votre code postal est incomplet.',
    incomplete_postal: 'Votre code postal est incomplet.',
    invalid_zip: 'Votre code postal est invalide.',
    invalid_postal: 'Votre code postal est invalide.',
    incomplete_iban: 'Votre IBAN est incomplet.',
    invalid_iban: 'Votre IBAN est invalide.',
    invalid_iban_country_code: "L'IBAN saisi provient d'un pays non pris en charge.",
    incomplete_name: 'Veuillez indiquer votre nom complet.',
    incomplete_email: 'Votre e-mail est incomplet.',
    invalid_email: 'Votre e-mail est invalide.',
    incomplete_phone: 'Veuillez indiquer votre numéro de téléphone.',
    incomplete_field: 'Ce champ est incomplet.',
    po_box: 'Les boîtes postales ne sont pas acceptées.',
    incomplete_method: 'Veuillez sélectionner un moyen de paiement.',
    connection:
      "Nous rencontrons des difficultés pour nous connecter à notre prestataire de paiement. Vous n'avez pas été débité. Veuillez vérifier votre connexion Internet et réessayer.",
    loadFailed: "Le formulaire de paiement n'a pas pu être chargé.",
    authFailed:
      "Nous ne sommes pas en mesure d'authentifier votre moyen de paiement. Veuillez choisir un autre moyen de paiement et réessayer.",
    dialog3ds: 'Vérifiez votre paiement',
    close: 'Fermer',
    express: 'Paiement express',
    payWith: 'Payer avec {wallet}',
    walletAccept: 'Payer',
    walletShip: 'Adresse de livraison',
    walletRate: 'Livraison',
    walletTotal: 'Total',
  },
};

/** @typedef {keyof typeof texts.en} TextKey */

/** The words of one locale. */
class Words {
  /** @param {string | undefined} locale a BCP 47 tag or 'auto' */
  constructor(locale) {
    this.locale = !locale || locale === 'auto' ? navigator.language || 'en' : locale;
    this.table = this.locale.toLowerCase().startsWith('fr') ? texts.fr : texts.en;
    this.business = '';
  }

  /** @param {TextKey} key @param {Record<string, string>} [values] */
  say(key, values = {}) {
    const all = /** @type {Record<string, string>} */ ({ business: this.business || this.table.business, ...values });
    return this.table[key].replace(/\{(\w+)\}/g, (whole, name) => all[name] ?? whole);
  }

  /** @param {string} code ISO 3166 */
  countryName(code) {
    return new Intl.DisplayNames([this.locale], { type: 'region' }).of(code) ?? code;
  }

  /** @param {number} amount in minor units @param {string} currency */
  money(amount, currency) {
    const format = new Intl.NumberFormat(this.locale, { style: 'currency', currency });
    return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
  }
}
