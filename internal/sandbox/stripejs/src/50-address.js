// The Address Element.

class AddressElement extends BaseElement {
  /** @param {ElementsGroup} group @param {Json} options */
  constructor(group, options) {
    super('address', group, options);
    if (!['shipping', 'billing'].includes(options?.mode)) throw invalidValue("elements.create('address')", 'mode', 'one of the following strings: shipping, billing', options?.mode);
  }

  /** @returns {Json} */
  asBilling() {
    return undefined;
  }
}
