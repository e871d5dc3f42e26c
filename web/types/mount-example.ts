// A page of a shop as scripts/typecheck checks it against the types that
// checkoutd serves. It is never run.
import { mount, version, type Failure, type Handle, type Order } from '../static/checkoutd.js';

const form: Handle = mount('#pay', {
  clientToken: 'ord_1.secret',
  onPaid: ({ id, payment_status, amount, currency }: Order) =>
    console.log(id, payment_status, amount, currency),
  onError: ({ code, message }: Failure) => console.log(code, message, version),
  appearance: {
    theme: 'dark',
    variables: { colorPrimary: '#7c5cff' },
    rules: { '.Input': { border: '0' } },
  },
});

form.destroy();
mount(document.body, { clientToken: 'ord_1.secret' });

// @ts-expect-error the token is needed
mount('#pay', {});
// @ts-expect-error there is no such option
mount('#pay', { clientToken: 'ord_1.secret', onSuccess: () => {} });
