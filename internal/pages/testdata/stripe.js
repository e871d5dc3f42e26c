// A Stripe.js for the tests of our own scripts: it makes tokens named after
// what is typed, and records how it was used. The real stand-in has its own
// room; this one fails and stalls on command.
window.stripeCalls = [];
window.stripeElements = {}; // those that are there now, by type, addresses by mode

class FakeElement {
  constructor(type, options, note) {
    Object.assign(this, {options, note, name: options?.mode ?? type, handlers: {}});
    window.stripeElements[this.name] = this;
  }

  on(event, handler) {
    this.handlers[event] = handler;
    return this;
  }

  mount(target) {
    this.note('mount', {type: this.name, options: this.options});
    if (this.name === 'payment') this.drawCard(target);
    if (this.name !== 'expressCheckout') setTimeout(() => this.fire('ready', {}));
  }

  drawCard(place) {
    const label = document.createElement('label');
    const input = document.createElement('input');
    input.id = 'fake-card';
    input.addEventListener('input', () => this.fire('change', {value: {type: 'card'}}));
    label.append('Card', input);
    place.append(label);
  }

  destroy() {
    delete window.stripeElements[this.name];
    if (this.name === 'payment') document.querySelector('#payment-element').replaceChildren();
  }

  async getValue() {
    this.note('getValue', this.name);
    return {complete: Boolean(window.addressComplete)};
  }

  /** Plays what the buyer does in the element. */
  fire(event, payload) {
    return this.handlers[event]?.(payload);
  }
}

window.Stripe = (key, options) => {
  const note = (name, value) => window.stripeCalls.push([name, value]);
  const card = () => document.querySelector('#fake-card').value;
  let made = 0;
  note('Stripe', {key, options});
  return {
    registerAppInfo: (info) => note('registerAppInfo', info),
    elements(given) {
      note('elements', given);
      if (given.mode === 'payment' && !(given.amount > 0)) throw new Error('elements(): amount must be greater than 0.');
      return {
        create: (type, options) => new FakeElement(type, options, note),
        update: (options) => {
          note('update', options);
          if (options.amount === 0) throw new Error('update(): amount must be greater than 0.');
        },
        submit: async () => (card() ? {} : {error: {type: 'validation_error', message: 'Your card number is incomplete.'}}),
      };
    },
    async createConfirmationToken({params}) {
      note('createConfirmationToken', params);
      made += 1;
      return {confirmationToken: {id: `ctoken_${card()}_${made}`}};
    },
    async handleNextAction({clientSecret}) {
      note('handleNextAction', clientSecret);
      if (window.nextActionThrows) {
        throw Object.assign(new Error('handleNextAction: The PaymentIntent supplied is not in the requires_action state.'), {name: 'IntegrationError'});
      }
      return window.nextAction ?? {paymentIntent: {status: 'succeeded'}};
    },
  };
};
