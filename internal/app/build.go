package app

import (
	"context"
	"net/http"
	"time"

	"checkoutd/internal/api"
	"checkoutd/internal/budget"
	"checkoutd/internal/config"
	"checkoutd/internal/customersession"
	"checkoutd/internal/effects"
	"checkoutd/internal/httpio"
	"checkoutd/internal/orders"
	"checkoutd/internal/pages"
	"checkoutd/internal/payments"
	"checkoutd/internal/people"
	"checkoutd/internal/store"
	"checkoutd/internal/stripeapi"
	"checkoutd/internal/webhooks"
)

// eventLease is how long a worker may hold an event before another one retries
// it.
const eventLease = 2 * time.Minute

// gatherEvents is how long an event waits for others that need the same reading
// at Stripe. Those of one payment arrive within a few hundred milliseconds.
const gatherEvents = 250 * time.Millisecond

// build creates the services over the open database.
func (a *App) build(ctx context.Context) (err error) {
	cfg, now, log := a.cfg, a.opts.Now, a.opts.Log
	a.budget = budget.New(cfg.StripeRateLimit)
	a.paces = budget.NewAccounts(cfg.ConnectAccountRate)
	a.readMetrics()

	a.reloader = newReloader(reloader{
		live:    &a.live,
		read:    a.opts.Reread,
		prepare: a.prepare,
		taken:   a.taken,
		now:     now,
		metrics: a.metrics,
		log:     log,
	})
	a.keyState = &keyState{now: a.secretKey, metrics: a.metrics, log: log}
	stripe := newStripe(cfg, stripeapi.Config{
		Key:        a.secretKey,
		KeyTold:    a.keyState.told,
		AppVersion: a.opts.Version,
		Budget:     a.budget,
		Accounts:   a.paces,
		MayWrite:   mayWrite(a.store),
		AccessLost: func(id string) { a.connect.AccessLost(id) },
		Meter:      a.metrics,
	})

	receiptKey, err := a.store.Key(ctx, "receipts")
	if err != nil {
		return err
	}

	a.orders = orders.New(orders.Config{
		Store:        a.store,
		Catalog:      a.inUse,
		Now:          now,
		ExpiresAfter: cfg.OrderExpiresAfter,
		Livemode:     cfg.Livemode(),
		BaseURL:      cfg.BaseURL,
		Options:      orderOptions(cfg),
		SetupOrders:  cfg.SavedMethods.Setup,
		Accounts:     chargedAccounts(cfg, a.store),
		OwnAccount:   a.ownAccount,
		ReceiptKey:   receiptKey,
		TermsVersion: cfg.ConsentVersion(),
		Fee: orders.FeeRule{
			BasisPoints: cfg.Fee.BasisPoints,
			Fixed:       cfg.Fee.Fixed,
			Most:        cfg.Fee.Most,
		},
	})

	proofKey, err := proofKey(ctx, a.store)
	if err != nil {
		return err
	}

	cards, err := a.newGuard(ctx)
	if err != nil {
		return err
	}

	judge, err := a.newJudge()
	if err != nil {
		return err
	}

	a.payments = payments.New(payments.Config{
		Store:         a.store,
		Stripe:        paymentsOf(stripe),
		Guard:         cards,
		Judge:         judge,
		Meter:         a.metrics,
		Now:           now,
		Log:           log,
		ProofKey:      proofKey,
		ReturnURL:     returnURL(cfg),
		ReturnOrigins: cfg.AllowedOrigins,
		UnknownAfter:  cfg.UnknownAfter,
		CallTimeout:   callTimeout(cfg.StripeTimeout),
		TransferWait:  cfg.TransferWait,
		RefundFee:     cfg.Fee.Refund,
		Workers:       cfg.Workers,
	})

	operations := payments.NewOperations(a.payments, operatorOf(stripe))
	shop := appShop{a.orders, a.store, operations}
	a.connect = newConnect(cfg, a.opts, a.secretKey, a.store, stripe, a.budget, shop,
		func(ctx context.Context, orderID, subscriptionID string) error {
			return a.payments.SettleSubscription(ctx, orderID, subscriptionID, nil)
		})

	a.sessions = customersession.New(customersession.Config{
		Store:    a.store,
		Stripe:   func(account string) customersession.Stripe { return stripe.For(account) },
		Orders:   a.orders,
		Now:      now,
		Log:      log,
		Secure:   isHTTPS(cfg.BaseURL),
		Features: savedMethods(cfg.SavedMethods),
		Spares: func(r *http.Request) (bool, error) {
			return cards.Spares(r.Context(), cards.Source(httpio.ClientIP(r.Context())))
		},
	})

	a.mirror = a.newMirror(stripe)
	a.drift = newDrift(cfg, a.store, stripe, proofKey, a.opts.Log, now)

	a.webhooks = webhooks.New(webhooks.Config{
		Intake:        a.store,
		Claims:        a.store,
		Payments:      a.payments,
		Stripe:        stripe,
		Accounts:      a.connect,
		Mirror:        a.mirror,
		Now:           now,
		Log:           log,
		Meter:         a.metrics,
		Secrets:       a.webhookSecrets,
		Tolerance:     cfg.WebhookTolerance,
		Livemode:      cfg.Livemode(),
		Connect:       cfg.ConnectClientID != "",
		Workers:       cfg.Workers,
		Lease:         eventLease,
		Gather:        gatherEvents,
		BackfillEvery: cfg.BackfillEvery,

		BackfillAccounts: a.store.ChargedAccounts,
	})

	if a.mail, err = a.newMail(); err != nil {
		return err
	}
	if a.outgoing, err = a.newOutgoing(ctx); err != nil {
		return err
	}

	a.effects = effects.New(effects.Config{
		Store:   a.store,
		Now:     now,
		Log:     log,
		Workers: cfg.Workers,
		Emails:  a.recipients,
		Planned: a.planned,

		Finished: a.paidMeter(),
	})

	a.store.OnEffects(a.effects.Wake)

	a.people, err = newPeople(ctx, cfg, a.store,
		func(account string) people.Stripe { return stripe.For(account) }, log, now)
	if err != nil {
		return err
	}

	a.api = api.New(api.Config{
		Keys:       a.store,
		Requests:   a.store,
		Orders:     a.store,
		Shop:       a.orders,
		Operations: operations,
		Customers:  a.people,
		Endpoints:  a.store,
		Networks:   networksOf(cfg, cfg.IsSandbox()),
		Sender:     a.sender,
		Now:        now,
		Log:        log,
		Livemode:   cfg.Livemode(),
		Links:      a.links(),
		PerMinute:  cfg.APIRateLimit,
	})

	if err := a.joinReplicas(ctx); err != nil {
		return err
	}
	if err := a.checkAccount(ctx, stripe); err != nil {
		return err
	}

	a.dashboard = a.newDashboard(stripe)
	a.checklist = a.newChecklist(stripe)
	a.pages, err = a.newPages()
	return err
}

// proofKey returns the key of the proofs in our metadata at Stripe. It stays
// with the database, as the orders do.
func proofKey(ctx context.Context, s *store.Store) ([]byte, error) {
	return s.Key(ctx, "proof")
}

// notePaid returns the function that notes by which attempt a browser has paid,
// nil if no form is filled with what that order has.
func (a *App) notePaid() payments.NotePaid {
	if !a.cfg.PrefillContact {
		return nil
	}
	return a.sessions.NotePaid
}

func (a *App) newPages() (*pages.Pages, error) {
	cfg := a.cfg
	own, err := a.dashboardOptions()
	if err != nil {
		return nil, err
	}

	var buyers pages.Buyers
	if cfg.PrefillContact {
		buyers = a.sessions
	}

	return pages.New(pages.Config{
		Orders:         a.orders,
		Payments:       a.payments,
		Buyers:         buyers,
		Dashboard:      own,
		Catalog:        func(ctx context.Context) pages.Catalog { return a.orders.Catalog(ctx) },
		Links:          a.connect,
		ReturnURL:      returnURL(cfg),
		App:            pages.AppInfo(appInfo(cfg).Or(a.opts.Version)),
		Languages:      cfg.Languages,
		BrandName:      cfg.BrandName,
		LogoURL:        cfg.BrandLogo,
		Seller:         sellerOf(cfg),
		Mails:          a.mail != nil,
		Theme:          pages.ThemeOf(cfg.Appearance, cfg.BrandColor),
		Appearance:     cfg.Appearance,
		Sandbox:        cfg.IsSandbox(),
		Live:           cfg.Livemode(),
		ScriptURL:      cfg.StripeJSURL,
		PublishableKey: a.publishableKey,
		AppleDomain:    cfg.AppleDomain,
		Form: pages.Form{
			Layout:         pages.Layout(cfg.Layout),
			Express:        cfg.ExpressCheckout,
			MethodCreation: cfg.PaymentMethodCreation,
			SaveMethods:    cfg.SavedMethods.Setup && cfg.SavedMethods.Redisplay,
			CollectEmail:   cfg.CollectEmail,
			BillingAddress: cfg.BillingAddress == "full",
			ShippingPhone:  cfg.ShippingPhone,
			CountryHeader:  cfg.CountryHeader,
			Consent:        cfg.ConsentVersion(),
		},
	})
}

// sellerOf returns who sells.
func sellerOf(cfg *config.Config) orders.Seller {
	return orders.Seller{
		Name:      cfg.BrandName,
		Address:   cfg.ShopAddress,
		TaxNumber: cfg.ShopTaxNumber,
		Terms:     cfg.TermsURL,
		Privacy:   cfg.PrivacyURL,
		Contact:   cfg.ContactURL,
		Returns:   cfg.ReturnsURL,
		Imprint:   cfg.ImprintURL,
		Portal:    cfg.PortalURL,
	}
}

// newStripe returns the client of the configured account. c holds the key and
// the rest of its configuration.
func newStripe(cfg *config.Config, c stripeapi.Config) *stripeapi.Client {
	c.App = appInfo(cfg)
	c.BaseURL = cfg.StripeAPIBase
	c.Timeout = cfg.StripeTimeout
	c.Retries = 2

	return stripeapi.New(c)
}

// appInfo returns how the software that calls Stripe is named.
func appInfo(cfg *config.Config) stripeapi.AppInfo {
	i := cfg.AppInfo
	return stripeapi.AppInfo{Name: i.AppName, Version: i.AppVersion, URL: i.AppURL, PartnerID: i.PartnerID}
}

// paymentsOf and operatorOf return the calls to Stripe for each account.

func paymentsOf(stripe *stripeapi.Client) func(account string) payments.Stripe {
	return func(account string) payments.Stripe { return stripe.For(account) }
}

func operatorOf(stripe *stripeapi.Client) func(account string) payments.Operator {
	return func(account string) payments.Operator { return stripe.For(account) }
}

// callTimeout returns the limit for all calls to Stripe of one confirm,
// stripe-go's retries included. With the time that a commit may take
// (payments), a confirm ends within 40 s. That is less than a stopping server
// waits, and than it has to write a response.
func callTimeout(exchange time.Duration) time.Duration { return min(2*exchange, 30*time.Second) }

// returnURL returns the function that names the address to which Stripe sends
// the buyer of an order back.
func returnURL(cfg *config.Config) func(orderID string) string {
	return func(orderID string) string { return cfg.BaseURL + "/complete?order=" + orderID }
}

// savedMethods returns the features of a CustomerSession.
func savedMethods(s config.SavedMethods) customersession.Features {
	return customersession.Features{
		Redisplay: s.Redisplay,
		Limit:     s.Limit,
		Filters:   s.Filters,
		Remove:    s.Remove,
		Save:      s.Save,
		SaveUsage: s.SaveUsage,
	}
}

// orderOptions returns how orders are paid unless their products ask for
// something else.
func orderOptions(cfg *config.Config) orders.Options { return orders.Options(cfg.Payment) }
