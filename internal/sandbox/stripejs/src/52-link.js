// The Link Authentication Element.

class LinkElement extends BaseElement {
  /** @param {ElementsGroup} group @param {Json} options */
  constructor(group, options) {
    super('linkAuthentication', group, options);
  }

  /** @returns {string} */
  get email() {
    return '';
  }
}
