// Package app builds everything from the configuration. main and the
// end-to-end tests start the same App; nobody imports it.
package app

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/config"
	"checkoutd/internal/customersession"
	"checkoutd/internal/httpserver"
	"checkoutd/internal/orders"
	"checkoutd/internal/pages"
	"checkoutd/internal/payments"
	"checkoutd/internal/sandbox"
	"checkoutd/internal/store"
	"checkoutd/internal/stripeapi"
	"checkoutd/internal/webhooks"
)

//go:embed catalog.json
var sampleCatalog []byte

// Options are what an App needs beside its configuration.
type Options struct {
	Config  *config.Config
	Version string
	Log     zerolog.Logger
	Now     func() time.Time
}

// App is a checkout, ready to run.
type App struct {
	Options
	store    *store.Store
	orders   *orders.Service
	payments *payments.Service
	sessions *customersession.Handler
	webhooks *webhooks.Service
	pages    *pages.Pages
	handler  http.Handler
	server   *httpserver.Server
	offline  *offline // nil in real mode
}

// New opens the database, brings it up to date, and listens on the addresses, so that
// everything that can be wrong is known before Run. ctx bounds the opening. Close an App
// that is not Run.
func New(ctx context.Context, o Options) (a *App, err error) {
	a = &App{Options: o}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close())
			a = nil
		}
	}()
	cfg := o.Config
	catalog, err := loadCatalog(cfg)
	if err != nil {
		return a, err
	}
	if a.server, err = httpserver.Listen(ctx, httpserver.Config{Addr: cfg.Addr, Log: o.Log, Handler: http.HandlerFunc(a.serve)}); err != nil {
		return a, err
	}
	if cfg.IsSandbox() {
		if a.offline, err = newOffline(cfg, o.Log, "http://"+a.server.Addr().String()); err != nil {
			return a, err
		}
		cfg.UseSandbox(a.offline.origin())
	}
	if a.store, err = OpenStore(ctx, cfg, o.Log, o.Now); err != nil {
		return a, err
	}
	if err := a.bind(ctx); err != nil {
		return a, err
	}
	left, err := a.store.TakeOver(ctx, o.Now())
	if err != nil {
		return a, err
	}
	if left > 0 {
		o.Log.Warn().Int("rows", left).Msg("took over what the last server had in hand")
	}
	if _, err := a.store.AdoptOptions(ctx, orderOptions(cfg), o.Now()); err != nil {
		return a, err
	}
	if err := a.build(ctx, catalog); err != nil {
		return a, err
	}
	a.handler, err = a.routes()
	return a, err
}

// OpenStore opens the configured database and brings it up to date.
func OpenStore(ctx context.Context, cfg *config.Config, log zerolog.Logger, now func() time.Time) (*store.Store, error) {
	return openStore(ctx, cfg, store.Options{Now: now, Log: log}, func(s *store.Store) error {
		if err := s.Migrate(ctx); err != nil {
			return fmt.Errorf("bring the database up to date: %w", err)
		}
		return nil
	})
}

// openBeside opens the configured database beside a server that may be running. It makes
// none, and it never migrates: that would change the tables under a server of another version.
func openBeside(ctx context.Context, cfg *config.Config, log zerolog.Logger, now func() time.Time) (*store.Store, error) {
	return openStore(ctx, cfg, store.Options{Now: now, Log: log, MustExist: true}, func(s *store.Store) error {
		if err := s.MigrationsExact(ctx); err != nil {
			return fmt.Errorf("this command leaves a database of another version alone: %w", err)
		}
		return nil
	})
}

func openStore(ctx context.Context, cfg *config.Config, o store.Options, ready func(*store.Store) error) (*store.Store, error) {
	s, err := store.Open(ctx, cfg.DatabaseURL.Reveal(), o)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	if err := ready(s); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// bind keeps a database to one use: orders that were paid in play must never stand among
// those that were paid in money.
func (a *App) bind(ctx context.Context) error {
	use := useOf(a.Config)
	first, err := a.store.Bind(ctx, use)
	if err == nil && first != use {
		err = fmt.Errorf("DATABASE_URL: this database holds the orders of %s, and now it is to be used with %s: give it another database", first, use)
	}
	return err
}

// callTimeout bounds an attempt's calls, with stripe-go's repetitions: at most three
// exchanges, but never longer than a buyer waits.
func callTimeout(exchange time.Duration) time.Duration { return min(2*exchange, 40*time.Second) }

func (a *App) build(ctx context.Context, catalog *orders.Catalog) (err error) {
	cfg := a.Config
	stripe := stripeapi.New(stripeapi.Config{
		Key: cfg.StripeSecretKey.Reveal(), BaseURL: cfg.StripeAPIBase, Timeout: cfg.StripeTimeout,
		Retries: 2, AppVersion: a.Version,
	})
	a.orders = orders.New(orders.Config{
		Store: a.store, Catalog: catalog, Now: a.Now,
		ExpiresAfter: cfg.OrderExpiresAfter, Livemode: cfg.Livemode(), BaseURL: cfg.BaseURL,
		Options: orderOptions(cfg),
	})
	a.payments = payments.New(payments.Config{
		Store: a.store, Stripe: stripe, Now: a.Now, Log: a.Log,
		ReturnURL:    returnURL(cfg),
		UnknownAfter: cfg.UnknownAfter, CallTimeout: callTimeout(cfg.StripeTimeout), Workers: cfg.Workers,
	})
	if a.sessions, err = customersession.New(ctx, customersession.Config{
		Store: a.store, Stripe: stripe, Orders: a.orders, Log: a.Log, Secure: isHTTPS(cfg.BaseURL),
		Features: customersession.Features(cfg.SavedMethods),
	}); err != nil {
		return err
	}
	secrets := make([]string, 0, len(cfg.StripeWebhookSecrets))
	for _, s := range cfg.StripeWebhookSecrets {
		secrets = append(secrets, s.Reveal())
	}
	a.webhooks = webhooks.New(webhooks.Config{
		Intake: a.store, Claims: a.store, Payments: a.payments, Stripe: stripe,
		Now: a.Now, Log: a.Log, Secrets: secrets, Tolerance: cfg.WebhookTolerance, Livemode: cfg.Livemode(),
		Workers: cfg.Workers, Lease: 2 * time.Minute, BackfillEvery: cfg.BackfillEvery,
	})
	a.pages, err = a.newPages(catalog)
	return err
}

func (a *App) newPages(catalog *orders.Catalog) (*pages.Pages, error) {
	cfg := a.Config
	return pages.New(pages.Config{
		Orders:         a.orders,
		Payments:       a.payments,
		Catalog:        catalog,
		ReturnURL:      returnURL(cfg),
		App:            pages.AppInfo{Name: stripeapi.Name, Version: a.Version, URL: stripeapi.URL},
		BrandName:      cfg.BrandName,
		LogoURL:        cfg.BrandLogo,
		Theme:          pages.ThemeOf(cfg.Appearance, cfg.BrandColor),
		Appearance:     cfg.Appearance,
		Sandbox:        cfg.IsSandbox(),
		Live:           cfg.Livemode(),
		ScriptURL:      cfg.StripeJSURL,
		PublishableKey: cfg.StripePublishableKey,
		Form: pages.Form{
			Layout:         pages.Layout(cfg.Layout),
			Express:        cfg.ExpressCheckout,
			MethodCreation: cfg.PaymentMethodCreation,
			SaveMethods:    cfg.SavedMethods.Redisplay,
			CollectEmail:   cfg.CollectEmail,
			BillingAddress: cfg.BillingAddress == "full",
			ShippingPhone:  cfg.ShippingPhone,
		},
	})
}

// returnURL returns the address to which Stripe sends the buyer of an order
// back.
func returnURL(cfg *config.Config) func(orderID string) string {
	return func(orderID string) string { return cfg.BaseURL + "/complete?order=" + orderID }
}

// orderOptions returns how orders are paid unless their products ask for
// something else.
func orderOptions(cfg *config.Config) orders.Options { return orders.Options(cfg.Payment) }

func loadCatalog(cfg *config.Config) (*orders.Catalog, error) {
	if cfg.CatalogFile == "" {
		return orders.ParseCatalog(sampleCatalog, pages.Pictures()...)
	}
	data, err := os.ReadFile(cfg.CatalogFile)
	if err != nil {
		return nil, fmt.Errorf("CATALOG_FILE: %w", err)
	}
	c, err := orders.ParseCatalog(data, pages.Pictures()...)
	if err == nil {
		err = reusable(cfg, c)
	}
	if err != nil {
		return nil, fmt.Errorf("CATALOG_FILE %s: %w", cfg.CatalogFile, err)
	}
	return c, nil
}

// reusable refuses products that need a payment method for later payments beside explicit
// payment methods that are for one payment: Stripe would refuse the intent.
func reusable(cfg *config.Config, c *orders.Catalog) error {
	bad := cfg.SingleUseTypes()
	if bad == "" {
		return nil
	}
	for _, p := range c.Products() {
		if p.Recurring != nil || p.SetupFutureUsage != "" {
			return fmt.Errorf("%s is paid for again later, but PAYMENT_METHOD_TYPES has %s, which Stripe cannot use again: leave out one of them", p.SKU, bad)
		}
	}
	return nil
}

// Addr is where the checkout listens.
func (a *App) Addr() net.Addr { return a.server.Addr() }

// StripeOrigin is where the offline Stripe listens, "" in real mode.
func (a *App) StripeOrigin() string {
	if a.offline == nil {
		return ""
	}
	return a.offline.origin()
}

// Handler returns everything that the checkout serves over HTTP.
func (a *App) Handler() http.Handler { return a.handler }

// Sandbox returns the offline Stripe, nil in real mode.
func (a *App) Sandbox() *sandbox.Server {
	if a.offline == nil {
		return nil
	}
	return a.offline.stripe
}

// Run serves and works until ctx ends. It stops in this order: HTTP, workers, the
// offline Stripe, the database.
func (a *App) Run(ctx context.Context) error {
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	var workers, stripe sync.WaitGroup
	workers.Go(func() { a.payments.Run(work) })
	workers.Go(func() { a.webhooks.Run(work) })
	if a.offline != nil {
		stripe.Go(a.offline.serve)
	}
	err := a.server.Run(ctx)
	stopWork()
	workers.Wait()
	if a.offline != nil {
		err = errors.Join(err, a.offline.close())
		a.offline = nil
	}
	stripe.Wait()
	return errors.Join(err, a.closeStore())
}

// Close gives up what New opened. It is not needed after Run.
func (a *App) Close() error {
	var err error
	if a.server != nil {
		err = a.server.Close()
	}
	if a.offline != nil {
		err = errors.Join(err, a.offline.close())
	}
	return errors.Join(err, a.closeStore())
}

func (a *App) closeStore() error {
	if a.store == nil {
		return nil
	}
	s := a.store
	a.store = nil
	return s.Close()
}

func (a *App) serve(w http.ResponseWriter, r *http.Request) { a.handler.ServeHTTP(w, r) }
