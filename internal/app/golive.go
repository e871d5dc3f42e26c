package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/budget"
	"checkoutd/internal/config"
	"checkoutd/internal/golive"
	"checkoutd/internal/httpserver"
	"checkoutd/internal/orders"
	"checkoutd/internal/store"
	"checkoutd/internal/stripeapi"
	"checkoutd/internal/webhooks"
)

// GoLive is the checklist before going live, without a server.
type GoLive struct {
	store *store.Store // nil if problem is not
	// problem is why the database could not be opened, which is part of the
	// report.
	problem error
}

// OpenGoLive opens the configured database. One that is not there, or is of
// another version, is no error: it is what a check is about.
func OpenGoLive(
	ctx context.Context, cfg *config.Config, log zerolog.Logger, now func() time.Time,
) (*GoLive, error) {
	s, err := openBeside(ctx, cfg, log, now)
	return &GoLive{store: s, problem: err}, nil
}

// Problem returns why the database could not be opened, nil if it is open.
func (g *GoLive) Problem() error { return g.problem }

// Mode returns the mode in which the configuration for Service must be loaded.
func (g *GoLive) Mode(ctx context.Context) (config.Mode, error) {
	if g.store == nil {
		return config.Serve, nil
	}
	return (&OrderReader{g.store}).Mode(ctx)
}

// GoLiveOptions are what the checklist is told on the command line.
type GoLiveOptions struct {
	Version  string
	WantLive bool   // the installation is to take real payments
	Log      string // the file to look into for personal data, "" for none
	Now      func() time.Time
}

// logWait is how long a log may take to show a request.
const logWait = 5 * time.Second

// Service returns the checklist of the installation that cfg describes. cfg
// must be loaded in Mode.
func (g *GoLive) Service(ctx context.Context, cfg *config.Config, o GoLiveOptions) (*golive.Service, error) {
	if cfg.IsSandbox() {
		if err := checkOffline(ctx, cfg.SandboxAddr); err != nil {
			return nil, err
		}
	}

	stripe := newStripe(cfg, stripeapi.Config{
		Key:        fixedKey(cfg),
		AppVersion: o.Version,
		Budget:     budget.New(cfg.StripeRateLimit),
	})

	c, err := checklistOf(cfg, o, stripe)
	if err != nil {
		return nil, err
	}

	c.Store = unopened{g.problem}
	c.Creator = stripeapi.NewChecklist(stripe)
	if g.store != nil {
		c.Store, c.Ledger = g.store, g.store
	}

	if o.Log != "" {
		_, secrets := secretsOf(cfg)
		c.Log = func(ctx context.Context, canary golive.Canary, requestID string) (golive.Logged, error) {
			return golive.SearchLog(ctx, o.Log, canary, requestID, secrets, logWait)
		}
	}

	return golive.New(c), nil
}

// checklistOf returns what a checklist needs besides the database.
func checklistOf(cfg *config.Config, o GoLiveOptions, stripe *stripeapi.Client) (golive.Config, error) {
	setup, err := setupOf(cfg, o)
	if err != nil {
		return golive.Config{}, err
	}

	hooks, secrets := secretsOf(cfg)
	return golive.Config{
		Stripe: stripeapi.NewChecklist(stripe),
		Setup:  setup,
		Outside: func(ctx context.Context, c golive.Canary) golive.Outside {
			return golive.LookFromOutside(ctx, &http.Client{}, setup, hooks, c, o.Now)
		},
		Tracked: func(ctx context.Context) (golive.Tracked, error) { return golive.SearchTracked(ctx, ".", secrets) },
		Now:     o.Now,
		NewID:   orders.NewID,
	}, nil
}

// runLimit bounds the questions of a run that was asked for over HTTP, so that
// there is an answer well before the request's own limit.
const runLimit = 30 * time.Second

// newChecklist returns the checklist of the running server, which it runs with
// the settings of now. Its requests to Stripe are a part of the budget.
func (a *App) newChecklist(stripe *stripeapi.Client) golive.Handler {
	return golive.Handler{Service: func(test bool) (*golive.Service, error) {
		c, err := checklistOf(a.live.Load().cfg, GoLiveOptions{
			Version:  a.opts.Version,
			WantLive: !test,
			Now:      a.opts.Now,
		}, stripe)
		if err != nil {
			return nil, err
		}

		c.Store, c.Limit = a.store, runLimit
		return golive.New(c), nil
	}}
}

// Close closes the database.
func (g *GoLive) Close() error {
	if g.store == nil {
		return nil
	}
	return g.store.Close()
}

// secretsOf returns the secrets of webhooks with their options, and everything
// that must be in no file that is shared. The sandbox's are public.
func secretsOf(cfg *config.Config) (hooks []golive.HookSecret, all []string) {
	for option, list := range map[string][]config.Secret{
		"STRIPE_WEBHOOK_SECRET":         cfg.StripeWebhookSecrets,
		"STRIPE_CONNECT_WEBHOOK_SECRET": cfg.ConnectWebhookSecrets,
	} {
		for _, s := range list {
			hooks = append(hooks, golive.HookSecret{Option: option, Value: s.Reveal()})
			all = append(all, s.Reveal())
		}
	}

	if cfg.IsSandbox() {
		return hooks, nil
	}

	return hooks, append(all, cfg.StripeSecretKey.Reveal())
}

// fingerprint returns a part of the hash of a secret, as the inbox names the
// secrets of webhooks.
func fingerprint(s config.Secret) string {
	sum := sha256.Sum256([]byte(s.Reveal()))
	return hex.EncodeToString(sum[:4])
}

func fingerprints(list []config.Secret) (all []string) {
	for _, s := range list {
		all = append(all, fingerprint(s))
	}
	return all
}

// unopened is a database that could not be opened.
type unopened struct{ err error }

func (u unopened) ReadGoLive(context.Context, bool) (golive.Kept, error) { return golive.Kept{}, u.err }
func (u unopened) SeeGoLiveKey(context.Context, string, time.Time) (time.Time, error) {
	return time.Time{}, u.err
}
func (u unopened) EventSources(context.Context, []string) (map[string]string, error) {
	return nil, u.err
}
func (u unopened) BeginGoLive(context.Context, time.Time, time.Duration) (time.Duration, error) {
	return 0, u.err
}
func (u unopened) SaveGoLiveRun(context.Context, *golive.Report) error { return u.err }
func (u unopened) GoLiveRuns(context.Context, int) ([]*golive.Report, error) {
	return nil, u.err
}
func (u unopened) KeepRehearsal(context.Context, golive.Rehearsal) error { return u.err }
func (u unopened) TickGoLive(context.Context, golive.Tick) error         { return u.err }

// setupOf returns what the checklist may know of the configuration.
func setupOf(cfg *config.Config, o GoLiveOptions) (golive.Setup, error) {
	catalog, err := configuredCatalog(cfg)
	if err != nil {
		return golive.Setup{}, err
	}

	policy, err := httpserver.CSP(policyOf(cfg, catalog))
	if err != nil {
		return golive.Setup{}, err
	}

	rehearsed, err := rehearsalFingerprint(cfg)
	if err != nil {
		return golive.Setup{}, err
	}

	return golive.Setup{
		Version:    o.Version,
		APIVersion: stripeapi.APIVersion,
		Library:    stripeapi.Library,
		LibraryFor: stripeapi.LibraryVersion,
		BaseURL:    cfg.BaseURL,
		WebhookURL: cfg.BaseURL + webhookPath,
		SecretKey: golive.KeyFacts{
			Live:        cfg.Livemode(),
			Restricted:  strings.HasPrefix(cfg.StripeSecretKey.Reveal(), "rk_"),
			Fingerprint: fingerprint(cfg.StripeSecretKey),
		},
		PublicLive:    strings.HasPrefix(cfg.StripePublishableKey, "pk_live_"),
		Sandbox:       cfg.IsSandbox(),
		Connect:       cfg.ConnectClientID != "",
		Events:        webhooks.EventTypes(),
		ConnectEvents: webhooks.ConnectEventTypes(),
		Express:       cfg.ExpressCheckout,
		Methods:       cfg.PaymentMethodTypes,
		Configuration: cfg.PaymentMethodConfiguration,
		WantLive:      o.WantLive,
		Binding:       bindingOf(cfg),
		Policy:        policy,
		Rehearsed:     rehearsed,

		Secrets:        fingerprints(cfg.StripeWebhookSecrets),
		ConnectSecrets: fingerprints(cfg.ConnectWebhookSecrets),
	}, nil
}
