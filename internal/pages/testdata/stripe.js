// A Stripe.js for the tests of our own scripts: it makes tokens named after
// what is typed, and records how it was used. The real stand-in has its own
// room; this one fails and stalls on command.
window.stripeCalls = [];
window.Stripe = (key, options) => {
  const note = (name, value) => window.stripeCalls.push([name, value]);
  const card = () => document.querySelector('#fake-card').value;
  let made = 0;
  note('Stripe', {key, options});
  return {
    registerAppInfo: (info) => note('registerAppInfo', info),
    elements(given) {
      note('elements', given);
      const handlers = {};
      return {
        create: (type, options) => ({
          on(event, handler) {
            handlers[event] = handler;
            return this;
          },
          mount(selector) {
            note('mount', {type, options});
            const label = document.createElement('label');
            const input = document.createElement('input');
            input.id = 'fake-card';
            input.addEventListener('input', () => handlers.change?.({}));
            label.append('Card', input);
            document.querySelector(selector).append(label);
            setTimeout(() => handlers.ready?.({}));
          },
        }),
        update: (options) => note('update', options),
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
