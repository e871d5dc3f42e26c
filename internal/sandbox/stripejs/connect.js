// The stand-in for Connect.js: StripeConnect.init, and the embedded components
// as custom elements. Each is a box that names the component, follows the
// appearance, and reports loading and errors as Stripe's components do.
(() => {
  'use strict';

  /**
   * @typedef {import('@stripe/connect-js').IStripeConnectInitParams} InitParams
   */
  /**
   * @typedef {import('@stripe/connect-js').IStripeConnectUpdateParams}
   *   UpdateParams
   */
  /** @typedef {{changed: () => void}} Component */

  /**
   * The setters of each component besides the common ones, by the names that
   * @stripe/connect-js uses.
   *
   * @type {Record<string, string[]>}
   */
  const components = {
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
    'instant-payouts-promotion': [
      'setOnInstantPayoutsPromotionLoaded',
      'setOnInstantPayoutCreated',
    ],
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

  const styles = `
    :host { display: block; }
    section {
      font: 15px/1.45 var(--fontFamily, system-ui, sans-serif);
      color: var(--colorText, #30313d);
      background: var(--colorBackground, #fff);
      border: 1px dashed var(--colorBorder, #8f949e);
      border-radius: var(--borderRadius, 8px);
      padding: 1rem;
    }
    h3 { margin: 0 0 0.3rem; font-size: 1rem; color: var(--colorPrimary, inherit); }
    p { margin: 0; overflow-wrap: anywhere; }
    [role=alert] { color: var(--colorDanger, #b3093c); }
  `;

  /**
   * The state that the components of one init() share: the session's secret and
   * the appearance.
   */
  class Connector {
    /**
     * @param {InitParams & {metaOptions?: {eagerClientSecretPromise?:
     *   Promise<string>}}} params
     */
    constructor(params) {
      if (
        typeof params?.publishableKey !== 'string' ||
        !params.publishableKey.startsWith('pk_test_')
      ) {
        throw new Error(
          'StripeConnect.init: publishableKey has to be a publishable test key ' +
            '(pk_test_...) in the offline sandbox.',
        );
      }

      if (typeof params.fetchClientSecret !== 'function')
        throw new Error('StripeConnect.init: fetchClientSecret has to be a function.');

      this.params = params;
      /** @type {Set<Component>} */
      this.members = new Set();

      /** @type {Promise<string>} */
      this.secret =
        params.metaOptions?.eagerClientSecretPromise ??
        Promise.resolve().then(() => params.fetchClientSecret());

      // Each component reports the failure itself.
      this.secret.catch(() => {});
      this.ended = false;
    }

    /** @param {UpdateParams} options */
    update(options) {
      this.params = { ...this.params, ...options };
      this.members.forEach((member) => member.changed());
    }

    async logout() {
      this.ended = true;
      this.members.forEach((member) => member.changed());
    }
  }

  /**
   * @param {string} tag
   * @returns {CustomElementConstructor}
   */
  function componentClass(tag) {
    return class extends HTMLElement {
      constructor() {
        super();

        /**
         * Values of the setters, by name.
         *
         * @type {Record<string, any>}
         */
        this.given = {};
        /** @type {Connector | null} */
        this.connector = null;
        this.sheet = new CSSStyleSheet();

        const root = this.attachShadow({ mode: 'open' });
        const base = new CSSStyleSheet();
        base.replaceSync(styles);
        root.adoptedStyleSheets = [base, this.sheet];
      }

      /** @param {Connector} connector */
      setConnector(connector) {
        this.connector = connector;
        connector.members.add(this);
        if (this.isConnected) void this.load();
      }

      connectedCallback() {
        if (this.connector) void this.load();
      }

      disconnectedCallback() {
        this.loaded = false;
      }

      /**
       * Reports that loading starts, waits for the session, then draws the box.
       */
      async load() {
        if (this.loaded || !this.connector) return;

        this.loaded = true;

        // The page adds its listeners in the same turn as the connector.
        await Promise.resolve();
        this.given.setOnLoaderStart?.({ elementTagName: tag });

        try {
          const secret = await this.connector.secret;
          if (typeof secret !== 'string' || !secret.includes('_secret_'))
            throw new Error(
              'fetchClientSecret has to resolve to the client_secret of an AccountSession.',
            );

          this.show(
            'p',
            'Stands in for Stripe’s component. The sandbox has no account data to show.',
          );
        } catch (err) {
          const message = err instanceof Error ? err.message : String(err);
          this.show('alert', message);

          this.given.setOnLoadError?.({
            elementTagName: tag,
            error: { type: 'authentication_error', message },
          });
        }
      }

      /**
       * @param {'p' | 'alert'} kind
       * @param {string} text
       */
      show(kind, text) {
        const box = document.createElement('section');
        const title = document.createElement('h3');
        const name = tag.replace(/^stripe-connect-/, '').replace(/-/g, ' ');
        title.textContent = `${name} · offline sandbox`;

        const line = document.createElement('p');
        if (kind === 'alert') line.setAttribute('role', 'alert');
        line.textContent = this.connector?.ended ? 'Logged out.' : text;
        box.append(title, line);
        this.shadowRoot?.replaceChildren(box);
        this.paint();
      }

      paint() {
        this.sheet.replaceSync(':host {}');

        const rule = /** @type {CSSStyleRule} */ (this.sheet.cssRules[0]);
        for (const [name, value] of Object.entries(
          this.connector?.params.appearance?.variables ?? {},
        ))
          rule.style.setProperty(`--${name}`, String(value));

        this.lang = this.connector?.params.locale ?? '';
      }

      changed() {
        if (!this.loaded) return;
        if (this.connector?.ended) this.show('p', '');
        else this.paint();
      }
    };
  }

  for (const [name, setters] of Object.entries(components)) {
    const tag = `stripe-connect-${name}`;
    if (customElements.get(tag)) continue;

    const Kind = componentClass(tag);
    for (const setter of ['setOnLoadError', 'setOnLoaderStart', ...setters]) {
      /**
       * @this {{given: Record<string, any>}}
       * @param {any} value
       */
      const set = function (value) {
        this.given[setter] = value;
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

  /** @param {InitParams} params */
  function init(params) {
    const connect = new Connector(params);
    return {
      connect,
      /** @param {string} name */
      create(name) {
        const element = document.createElement(
          name in components ? `stripe-connect-${name}` : name,
        );

        if (!('setConnector' in element))
          throw new Error(`Element ${name} is not a component of Connect.js.`);

        /** @type {any} */ (element).setConnector(connect);

        return element;
      },
      /** @param {UpdateParams} options */
      update: (options) => connect.update(options),
      logout: () => connect.logout(),
    };
  }

  const page = /** @type {{StripeConnect?: any}} */ (/** @type {unknown} */ (window));
  page.StripeConnect = Object.assign(page.StripeConnect ?? {}, { init });
  page.StripeConnect.onLoad?.();
})();
