// The Express Checkout Element.

class ExpressElement extends BaseElement {
  /** @param {ElementsGroup} group @param {Json} options */
  constructor(group, options) {
    super('expressCheckout', group, options);
    /** The method whose sheet the buyer accepted. @type {string | null} */
    this.paying = null;
  }

  /** @returns {Json} */
  collect() {
    return {};
  }
}
