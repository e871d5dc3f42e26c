// StripeConnect.init, and the tags of all components.

/**
 * The setters of each component besides the common ones, by the names that
 * @stripe/connect-js uses.
 *
 * @type {Record<string, string[]>}
 */
const connectSetters = {
  'account-onboarding': [
    'setFullTermsOfServiceUrl',
    'setRecipientTermsOfServiceUrl',
    'setPrivacyPolicyUrl',
    'setSkipTermsOfServiceCollection',
    'setCollectionOptions',
    'setOnExit',
    'setOnStepChange',
  ],
  'account-management': ['setCollectionOptions', 'setOnSectionOpen'],
  'notification-banner': ['setCollectionOptions', 'setOnNotificationsChange'],
  payments: ['setDefaultFilters'],
  'payment-details': ['setPayment', 'setOnClose'],
  'payment-disputes': ['setPayment', 'setOnDisputesLoaded'],
  'disputes-list': [],
  payouts: [],
  'payouts-list': [],
  'payout-details': ['setPayout', 'setOnClose'],
  balances: [],
  documents: [],
  'instant-payouts-promotion': ['setOnInstantPayoutsPromotionLoaded', 'setOnInstantPayoutCreated'],
  'issuing-card': [
    'setDefaultCard',
    'setCardSwitching',
    'setFetchEphemeralKey',
    'setShowSpendControls',
  ],
  'issuing-cards-list': ['setFetchEphemeralKey', 'setShowSpendControls', 'setIssuingProgram'],
  'financial-account': ['setFinancialAccount'],
  'financial-account-transactions': ['setFinancialAccount'],
  'tax-registrations': [
    'setOnAfterTaxRegistrationAdded',
    'setDisplayCountries',
    'setOnAfterTaxRegistrationExpired',
  ],
  'tax-settings': [
    'setHideProductTaxCodeSelector',
    'setDisplayHeadOfficeCountries',
    'setOnTaxSettingsUpdated',
  ],
  'balance-report': [],
  'payout-reconciliation-report': ['setOnReportAvailabilityLoaded'],
};

/** The components that show something, by name. */
const shownComponents = new Map(
  [
    PaymentsElement,
    PaymentDetailsElement,
    BalancesElement,
    PayoutsElement,
    PayoutsListElement,
    DocumentsElement,
    AccountManagementElement,
    NotificationBannerElement,
    AccountOnboardingElement,
  ].map((shown) => [shown.component, shown]),
);

/** @param {string} name */
function defineComponent(name) {
  const tag = `stripe-connect-${name}`;
  if (customElements.get(tag)) return;

  const Shown = shownComponents.get(name) ?? ConnectElement;
  const Kind = class extends Shown {
    static component = name;
  };

  for (const setter of ['setOnLoadError', 'setOnLoaderStart', ...connectSetters[name]]) {
    /**
     * @this {ConnectElement}
     * @param {any} value
     */
    const set = function (value) {
      const listener = setter.startsWith('setOn');
      if (listener && value !== undefined && typeof value !== 'function')
        throw new Error(`${setter} of ${tag} takes a function.`);

      this.given[setter] = value;
      if (this.loading && !listener) this.givenChanged();
    };

    // The npm package calls the first name; a page with the plain script
    // calls the second.
    Object.defineProperty(Kind.prototype, `${setter}InternalOnly`, { value: set });
    Object.defineProperty(Kind.prototype, setter, {
      value: set,
      writable: true,
      configurable: true,
    });
  }

  customElements.define(tag, Kind);
}

Object.keys(connectSetters).forEach(defineComponent);

/** @param {ConnectParams} params */
function initConnect(params) {
  const connect = new Connector(params);
  return {
    connect,
    /** @param {string} name */
    create(name) {
      const element = document.createElement(
        name in connectSetters ? `stripe-connect-${name}` : name,
      );

      if (!('setConnector' in element)) {
        throw new Error(
          `Element ${name} was not transformed into a custom element. Are you using a documented component? ` +
            'See https://docs.stripe.com/connect/supported-embedded-components for a list of supported components',
        );
      }

      /** @type {any} */ (element).setConnector(connect);

      return element;
    },
    /** @param {ConnectChanges} options */
    update: (options) => connect.update(options),
    logout: () => connect.logout(),
  };
}

window.StripeConnect = Object.assign(window.StripeConnect ?? {}, { init: initConnect });
window.StripeConnect.onLoad?.();
