// Package app wires the configuration, the services and the routes together.
// The commands and the end-to-end tests start the same App; no other package
// imports it.
package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/api"
	"checkoutd/internal/budget"
	"checkoutd/internal/certificates"
	"checkoutd/internal/config"
	"checkoutd/internal/connect"
	"checkoutd/internal/connect/dashboard"
	"checkoutd/internal/connect/mirror"
	"checkoutd/internal/customersession"
	"checkoutd/internal/deliveries"
	"checkoutd/internal/drift"
	"checkoutd/internal/effects"
	"checkoutd/internal/golive"
	"checkoutd/internal/httpserver"
	"checkoutd/internal/mail"
	"checkoutd/internal/orders"
	"checkoutd/internal/pages"
	"checkoutd/internal/payments"
	"checkoutd/internal/people"
	"checkoutd/internal/sandbox"
	"checkoutd/internal/store"
	"checkoutd/internal/telemetry"
	"checkoutd/internal/webhooks"
)

// Options is what New needs.
type Options struct {
	Config  *config.Config
	Version string
	Log     zerolog.Logger
	Now     func() time.Time
	// Reread reads the configuration again, which may have changed; see
	// App.Reread. Nil: it stays.
	Reread func() (*config.Config, error)
}

// App is a checkout, ready to run.
type App struct {
	opts     Options
	cfg      *config.Config // that of opts
	live     atomic.Pointer[live]
	reloader *reloader
	asked    chan struct{} // to read the settings again
	offer    atomic.Pointer[offer]
	catalogs *catalogReloader
	store    *store.Store
	release  func() error     // ends the claim to the database; nil: there is none
	budget   *budget.Budget   // of the requests to Stripe
	paces    *budget.Accounts // of those for each connected account
	metrics  *telemetry.Metrics
	replica  string        // this server among those that share the budget
	account  *accountCheck // nil once it is done
	keyState *keyState
	closure  closure // of the shop after a restore

	orders     *orders.Service
	payments   *payments.Service
	sessions   *customersession.Handler
	webhooks   *webhooks.Service
	effects    *effects.Service
	mail       *mail.Service // nil: no e-mails
	outbox     *mail.Outbox  // in the sandbox, unless there is a mail server
	api        *api.Service
	outgoing   *deliveries.Service
	sender     *deliveries.Sender // of webhooks
	people     *people.Service
	connect    *connect.Service
	mirror     *mirror.Service
	mirrorPace *budget.Budget // of its requests
	drift      *drift.Service
	dashboard  *dashboard.Service
	checklist  golive.Handler // before going live
	pages      *pages.Pages

	certs *certificates.Service // nil: plain http

	handler      http.Handler
	plainHandler http.Handler
	server       *httpserver.Server
	plain        *httpserver.Server // plain http beside https; nil: there is none
	figures      *httpserver.Server // serves the metrics; nil: nobody does
	traces       *telemetry.Traces  // nil: nothing is traced
	offline      *offline           // nil in real mode
}

// New opens the database, migrates it, and listens on the configured addresses,
// so that every mistake in the configuration is found before Run. The claim to
// an SQLite file comes first: a server that waits for its predecessor to leave
// takes no address, which may be the predecessor's. ctx bounds
// New alone. The caller must call Run or Close.
func New(ctx context.Context, o Options) (*App, error) {
	a := &App{opts: o, cfg: o.Config, asked: make(chan struct{}, 1)}
	a.catalogs = newCatalogReloader(a)
	if err := a.open(ctx); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

func (a *App) open(ctx context.Context) (err error) {
	if err := a.startTraces(ctx); err != nil {
		return err
	}
	first, err := a.catalogs.first()
	if err != nil {
		return err
	}
	if err := a.claimDatabase(ctx); err != nil {
		return err
	}
	if err := a.listen(ctx); err != nil {
		return err
	}
	if err := a.listenForPlain(ctx); err != nil {
		return err
	}
	fresh, err := newLive(a.cfg)
	if err != nil {
		return err
	}
	a.live.Store(fresh)
	if err := a.catalogs.take(first); err != nil {
		return err
	}

	if err := a.listenForMetrics(ctx); err != nil {
		return err
	}
	if err := a.openDatabase(ctx); err != nil {
		return err
	}
	if err := a.build(ctx); err != nil {
		return err
	}

	if a.certs, err = a.newCertificates(ctx); err != nil {
		return err
	}

	if a.certs != nil {
		if a.plainHandler, err = a.plainRoutes(); err != nil {
			return err
		}
	}

	a.handler, err = a.routes()
	return err
}

// listen opens the checkout's address and, in sandbox mode, that of the offline
// Stripe. From then on the configuration points at the offline Stripe.
func (a *App) listen(ctx context.Context) (err error) {
	a.server, err = httpserver.Listen(ctx, httpserver.Config{
		Addr:           a.cfg.Addr,
		Log:            a.opts.Log,
		Handler:        http.HandlerFunc(a.serve),
		Certificate:    a.certificate(),
		MaxConnections: a.cfg.MaxConnections,
		TrustedProxies: a.cfg.TrustedProxies,
	})
	if err != nil {
		return fmt.Errorf("ADDR: %w", err)
	}
	if !a.cfg.IsSandbox() {
		return nil
	}

	if a.cfg.BaseURL == "" { // a rehearsal, which takes a free port
		a.cfg.BaseURL = "http://" + a.server.Addr().String()
	}

	shop := "http://" + a.server.Addr().String()
	if a.offline, err = newOffline(a.cfg, a.opts.Log, shop, a.sent()); err != nil {
		return err
	}

	a.cfg.UseSandbox(a.offline.origin())
	return nil
}

// openDatabase opens the database and prepares it for this server: what the
// previous server left in flight is released at once, and open orders follow
// the options for payments that are configured now.
func (a *App) openDatabase(ctx context.Context) (err error) {
	if a.store, err = openForServer(ctx, a.cfg, a.opts.Log, a.opts.Now); err != nil {
		return err
	}
	if err := bind(ctx, a.store, a.cfg); err != nil {
		return err
	}

	if err := a.readClosure(ctx); err != nil {
		return err
	}

	// The checklist before going live says how old the key is.
	if _, err := a.store.SeeGoLiveKey(ctx, fingerprint(a.cfg.StripeSecretKey), a.opts.Now()); err != nil {
		return err
	}

	released, err := a.store.TakeOver(ctx, a.opts.Now())
	if err != nil {
		return err
	}

	if released > 0 {
		a.opts.Log.Warn().Int("rows", released).Msg("released what the previous server left in flight")
	}

	_, err = a.store.AdoptOptions(ctx, orderOptions(a.cfg), a.opts.Now())
	return err
}

// Addr returns the address on which the checkout listens.
func (a *App) Addr() net.Addr { return a.server.Addr() }

// StripeOrigin returns the address of the offline Stripe, "" in real mode.
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

// Run serves requests and runs the background services until ctx ends. Then it
// stops HTTP, the workers, the offline Stripe and the database, in this order.
func (a *App) Run(ctx context.Context) error {
	// The workers outlive ctx: they finish what the last requests began.
	work, stopWork := context.WithCancel(a.tracing(context.WithoutCancel(ctx)))
	var workers, stripe sync.WaitGroup
	workers.Go(func() { a.payments.Run(work) })
	workers.Go(func() { a.webhooks.Run(work) })
	workers.Go(func() { a.effects.Run(work) })

	if a.mail != nil {
		workers.Go(func() { a.mail.Run(work) })
	}

	workers.Go(func() { a.api.Run(work) })
	workers.Go(func() { a.people.Run(work) })
	workers.Go(func() { a.connect.Run(work) })
	workers.Go(func() { a.outgoing.Run(work) })
	workers.Go(func() { a.mirror.Run(work) })
	workers.Go(func() { a.drift.Run(work) })
	workers.Go(func() { a.reseal(work) })
	workers.Go(func() { a.watchClock(work) })
	workers.Go(func() { a.reopen(work) })
	workers.Go(func() { a.shareBudget(work) })

	workers.Go(func() { a.catalogs.run(work) })

	if a.opts.Reread != nil {
		workers.Go(func() { a.watchSettings(work) })
	}
	if a.figures != nil {
		workers.Go(func() { a.serveMetrics(work) })
	}

	if a.offline != nil {
		stripe.Go(a.offline.serve)
	}

	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)

	if a.account != nil {
		workers.Go(func() { a.account.run(work, stop) })
	}

	var plain sync.WaitGroup
	if a.certs != nil {
		workers.Go(func() { a.certs.Run(work) })
		plain.Go(func() { a.runPlain(ctx) })
	}

	err := a.server.Run(ctx)
	if cause := context.Cause(ctx); errors.Is(cause, errAccount) {
		err = errors.Join(cause, err)
	}

	stop(nil)
	plain.Wait()
	stopWork()
	workers.Wait()

	if a.offline != nil {
		err = errors.Join(err, a.offline.close())
		a.offline = nil
	}

	stripe.Wait()
	a.stopTraces()
	return errors.Join(err, a.closeStore())
}

// Close releases what New opened. It is not needed after Run.
func (a *App) Close() error {
	var err error
	if a.server != nil {
		err = a.server.Close()
	}

	if a.plain != nil {
		err = errors.Join(err, a.plain.Close())
	}

	if a.figures != nil {
		err = errors.Join(err, a.figures.Close())
	}

	if a.offline != nil {
		err = errors.Join(err, a.offline.close())
	}

	a.stopTraces()
	return errors.Join(err, a.closeStore())
}

func (a *App) closeStore() error {
	var err error
	if a.store != nil {
		err = a.store.Close()
		a.store = nil
	}

	if a.release != nil {
		err = errors.Join(err, a.release())
		a.release = nil
	}

	return err
}

// serve lets the server listen before the routes are built.
func (a *App) serve(w http.ResponseWriter, r *http.Request) {
	if a.traces != nil {
		r = r.WithContext(a.tracing(r.Context()))
	}
	a.handler.ServeHTTP(w, r)
}
