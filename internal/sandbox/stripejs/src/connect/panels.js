// The simple components: balances, payouts, documents, the account.

class BalancesElement extends ConnectElement {
  static component = 'balances';
  static sensitive = true;

  async draw() {
    this.body.replaceChildren(...(await this.balance()));
  }

  /** @returns {Promise<Node[]>} */
  async balance() {
    const balance = await this.call('GET', '/v1/balance');
    const lines = h('dl', {});
    for (const name of /** @type {const} */ (['available', 'pending'])) {
      const sums = balance[name].map((/** @type {Json} */ sum) =>
        this.words.amount(sum.amount, sum.currency),
      );
      lines.append(
        h('dt', {}, this.words.say(name)),
        h('dd', { 'data-balance': name }, sums.join(', ') || '—'),
      );
    }

    return [
      h('h2', {}, this.words.say('balance')),
      lines,
      ...this.payOut(balance),
      ...(await this.schedule()),
    ];
  }

  /** @param {Json} balance */
  payOut(balance) {
    const funds = balance.available.find((/** @type {Json} */ sum) => sum.amount > 0);
    const { standard_payouts: standard, instant_payouts: instant } = this.features;
    if (!funds || !(standard || instant)) return [];

    const amount = h('input', {
      name: 'amount',
      inputmode: 'decimal',
      autocomplete: 'off',
      value: plainAmount(funds.amount, funds.currency),
    });
    const button = (/** @type {ConnectText} */ text) =>
      h('button', { type: 'submit', class: 'primary', 'data-action': text }, this.words.say(text));

    const form = this.form(
      [this.labelled('amount', amount)],
      [...(standard ? [button('payOut')] : []), ...(instant ? [button('payOutNow')] : [])],
      async (_, submitter) => {
        const sum = this.amountIn(amount, funds.amount, funds.currency);
        const method = submitter?.dataset.action === 'payOutNow' ? 'instant' : undefined;
        await this.call('POST', '/v1/payouts', { amount: sum, currency: funds.currency, method });
        await this.draw();
        this.note.textContent = this.words.say('payoutDone', {
          amount: this.words.amount(sum, funds.currency),
        });
      },
    );
    return [form];
  }

  /** @returns {Promise<Node[]>} */
  async schedule() {
    if (!this.features.edit_payout_schedule) return [];

    const account = await this.call('GET', '/v1/account');
    const current = account.settings.payouts.schedule.interval;
    const interval = h('select', { name: 'interval' });
    for (const name of /** @type {const} */ (['manual', 'daily', 'weekly', 'monthly']))
      interval.append(
        h('option', { value: name, selected: name === current }, this.words.say(name)),
      );

    const form = this.form(
      [this.labelled('schedule', interval)],
      [
        h(
          'button',
          { type: 'submit', class: 'secondary', 'data-action': 'save' },
          this.words.say('save'),
        ),
      ],
      async () => {
        await this.call('POST', '/v1/embedded/payout_schedule', { interval: interval.value });
        this.note.textContent = this.words.say('scheduleDone');
      },
    );
    return [form];
  }
}

/** @param {ConnectElement} element */
async function payoutList(element) {
  const { words } = element;
  const { data } = await element.call('GET', '/v1/payouts', { limit: 20 });
  const title = h('h2', {}, words.say('payouts'));
  if (data.length === 0) return [title, h('p', { class: 'Quiet' }, words.say('noPayouts'))];

  const head = /** @type {ConnectText[]} */ (['amount', 'status', 'arrival']);
  const rows = data.map((/** @type {Json} */ payout) =>
    h(
      'tr',
      {},
      h('td', { class: 'Amount' }, words.amount(payout.amount, payout.currency)),
      h('td', {}, element.badge(payout.status)),
      h('td', {}, words.date(payout.arrival_date)),
    ),
  );

  return [
    title,
    h(
      'table',
      {},
      h(
        'thead',
        {},
        h('tr', {}, ...head.map((name) => h('th', { scope: 'col' }, words.say(name)))),
      ),
      h('tbody', {}, ...rows),
    ),
  ];
}

class PayoutsElement extends BalancesElement {
  static component = 'payouts';

  async draw() {
    const [balance, list] = await Promise.all([this.balance(), payoutList(this)]);
    this.body.replaceChildren(...balance, ...list);
  }
}

class PayoutsListElement extends ConnectElement {
  static component = 'payouts-list';

  async draw() {
    this.body.replaceChildren(...(await payoutList(this)));
  }
}

class DocumentsElement extends ConnectElement {
  static component = 'documents';

  async draw() {
    this.body.replaceChildren(
      h('h2', {}, this.words.say('documents')),
      h('p', { class: 'Quiet' }, this.words.say('noDocuments')),
    );
  }
}

class AccountManagementElement extends ConnectElement {
  static component = 'account-management';
  static sensitive = true;

  async draw() {
    const account = await this.call('GET', '/v1/account');
    const { words } = this;
    const yes = (/** @type {boolean} */ on) => words.say(on ? 'yes' : 'no');
    const bank = account.external_accounts?.data?.[0];

    /** @type {[ConnectText, string][]} */
    const lines = [
      ['businessName', account.business_profile?.name ?? account.company?.name ?? '—'],
      ['email', account.email ?? '—'],
      ['country', account.country],
      ['charges', yes(account.charges_enabled)],
      ['payoutsOn', yes(account.payouts_enabled)],
    ];
    if (this.features.external_account_collection)
      lines.push(['bankAccount', bank ? `•••• ${bank.last4}` : words.say('none')]);

    const list = h('dl', {});
    for (const [name, value] of lines)
      list.append(h('dt', {}, words.say(name)), h('dd', {}, value));

    const section = h('details', { open: true }, h('summary', {}, words.say('account')), list);
    section.addEventListener('toggle', () => {
      if (section.open) this.tell('setOnSectionOpen', { sectionName: 'account' });
    });
    this.body.replaceChildren(section, ...(detailsMissing(account) ? [this.complete()] : []));
  }

  /** Offers to enter what Stripe requires. */
  complete() {
    return h(
      'p',
      {},
      this.button('addInformation', 'primary', () => {
        if (this.mustLogIn()) this.askForLogin();
        else void this.finish();
      }),
    );
  }

  async finish() {
    try {
      await this.call('POST', '/v1/embedded/onboarding');
      this.connector?.members.forEach((member) => member.changed());
    } catch (err) {
      this.failed(err);
    }
  }
}

/** @param {Json} account */
function detailsMissing(account) {
  return (
    !account.details_submitted ||
    !account.charges_enabled ||
    account.requirements?.currently_due?.length > 0
  );
}

class NotificationBannerElement extends AccountManagementElement {
  static component = 'notification-banner';
  static sensitive = false; // what it says; not what follows

  async draw() {
    const missing = detailsMissing(await this.call('GET', '/v1/account'));
    const total = missing ? 1 : 0;

    this.body.replaceChildren(
      ...(missing
        ? [
            h(
              'div',
              { class: 'Banner' },
              h('p', {}, this.words.say('actionNeeded')),
              this.complete(),
            ),
          ]
        : []),
    );
    this.tell('setOnNotificationsChange', { total, actionRequired: total });
  }
}

/** The steps of the onboarding, by the names that Stripe reports. */
const onboardingSteps = /** @type {const} */ (['business_type', 'external_account', 'summary']);

class AccountOnboardingElement extends AccountManagementElement {
  /** The step that is shown. */
  at = -1;
  static component = 'account-onboarding';

  async draw() {
    const account = await this.call('GET', '/v1/account');
    this.steps = onboardingSteps.filter(
      (step) => step !== 'external_account' || this.features.external_account_collection,
    );

    if (detailsMissing(account)) this.showStep(Math.max(this.at, 0));
    else this.body.replaceChildren(h('p', {}, this.words.say('complete')));
  }

  /** @param {number} n */
  showStep(n) {
    const steps = this.steps ?? onboardingSteps;
    const last = n === steps.length - 1;
    if (this.at !== n) this.tell('setOnStepChange', { step: steps[n] });
    this.at = n;

    const next = this.button(last ? 'submit' : 'continue', 'primary', () => {
      if (last) void this.finish().then(() => this.tell('setOnExit'));
      else this.showStep(n + 1);
    });
    const exit = this.button('later', 'secondary', () => this.tell('setOnExit'));

    this.body.replaceChildren(
      h('h2', {}, this.words.say('onboarding')),
      h('p', { class: 'Quiet' }, this.words.say('step', { n: n + 1, all: steps.length })),
      h('p', {}, this.words.say(steps[n])),
      h('div', { class: 'Buttons' }, next, exit),
    );
  }
}
