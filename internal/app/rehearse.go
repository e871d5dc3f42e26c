package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/api"
	"checkoutd/internal/config"
	"checkoutd/internal/golive"
	"checkoutd/internal/orders"
	"checkoutd/internal/rehearsal"
	"checkoutd/internal/sandbox"
	"checkoutd/internal/webhooks"
)

// RehearsalOptions are what Rehearse is told on the command line.
type RehearsalOptions struct {
	Version  string
	Now      func() time.Time
	Folder   string // for temporary files, "" for the system's
	Progress func(done, all int)
}

// rehearsalPatience bounds each wait of a rehearsal.
const rehearsalPatience = time.Minute

// Rehearse walks the edge cases with the settings and the catalog of cfg. It
// starts a checkout of its own with a database of its own and the offline
// Stripe, all on loopback, and leaves nothing of them behind. What cfg says of
// the real Stripe, and of everybody else, is not used: see
// config.Config.Rehearsal.
func Rehearse(ctx context.Context, cfg *config.Config, o RehearsalOptions) (results []rehearsal.Result, err error) {
	folder, err := os.MkdirTemp(o.Folder, "checkoutd-rehearsal-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()

	own := cfg.Rehearsal("sqlite:" + filepath.Join(folder, "rehearsal.db"))
	a, err := New(ctx, Options{Config: own, Version: o.Version, Log: zerolog.Nop(), Now: o.Now})
	if err != nil {
		return nil, err
	}

	key, secret, err := api.NewKey("Rehearsal", api.ScopeRefund, false, o.Now())
	if err == nil {
		err = a.store.CreateAPIKey(ctx, key)
	}
	if err != nil {
		return nil, errors.Join(err, a.Close())
	}

	// The checkout outlives ctx: it must stop by itself before its folder goes.
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() { ended <- a.Run(running) }()
	defer func() {
		stop()
		err = errors.Join(err, <-ended)
	}()

	return rehearsal.Run(ctx, rehearsal.Config{
		Shop:           own.BaseURL,
		StripeOrigin:   a.StripeOrigin(),
		PublishableKey: own.StripePublishableKey,
		WebhookSecret:  own.StripeWebhookSecrets[0].Reveal(),
		APIKey:         secret,
		Stripe:         rehearsalStripe{a.Sandbox()},
		Inbox:          rehearsalInbox{a},
		Products:       productsOf(a.inUse()),
		Cards:          len(own.PaymentMethodTypes) == 0 || slices.Contains(own.PaymentMethodTypes, "card"),
		SetupOrders:    own.SavedMethods.Setup,
		Now:            o.Now,
		Patience:       rehearsalPatience,
		Progress:       o.Progress,
	})
}

// KeepRehearsal keeps what came of a rehearsal with the settings of cfg.
func (g *GoLive) KeepRehearsal(ctx context.Context, cfg *config.Config, r golive.Rehearsal) error {
	fingerprint, err := rehearsalFingerprint(cfg)
	if err != nil {
		return err
	}

	r.Fingerprint = fingerprint
	return g.store.KeepRehearsal(ctx, r)
}

func productsOf(c *orders.Catalog) (list []rehearsal.Product) {
	for _, p := range c.Sold() {
		if p.Unavailable {
			continue
		}
		list = append(list, rehearsal.Product{SKU: p.SKU, Recurring: p.Recurring != nil})
	}
	return list
}

// rehearsalFingerprint names what a rehearsal tries: another one follows from
// other settings, or from another catalog.
func rehearsalFingerprint(cfg *config.Config) (string, error) {
	sum := sha256.New()
	for _, s := range cfg.Rehearsed() {
		_, _ = sum.Write([]byte(s.Name + "=" + s.Value + "\n")) // a hash returns no errors
	}

	catalog := sampleCatalog
	if cfg.CatalogFile != "" {
		var err error
		if catalog, err = os.ReadFile(cfg.CatalogFile); err != nil {
			return "", err
		}
	}

	_, _ = sum.Write(catalog)
	return hex.EncodeToString(sum.Sum(nil)[:8]), nil
}

// rehearsalStripe is the offline Stripe of a rehearsal.
type rehearsalStripe struct{ *sandbox.Server }

// Misbehave implements rehearsal.Stripe.
func (s rehearsalStripe) Misbehave(route, kind string) error {
	_, err := s.AddFault(sandbox.Fault{Route: route, Kind: kind, Count: -1})
	return err
}

// Behave implements rehearsal.Stripe.
func (s rehearsalStripe) Behave() { s.ClearFaults() }

// Charged implements rehearsal.Stripe.
func (s rehearsalStripe) Charged() (n int) {
	for _, c := range s.Ledger().Charges {
		if c.Status == "succeeded" {
			n++
		}
	}
	return n
}

// rehearsalInbox is the inbox of a rehearsal.
type rehearsalInbox struct{ app *App }

// maxRehearsed is more than the events of a rehearsal.
const maxRehearsed = 5000

// States implements rehearsal.Inbox.
func (i rehearsalInbox) States(ctx context.Context) (map[string]string, error) {
	list, err := i.app.store.Events(ctx, webhooks.Filter{Limit: maxRehearsed})
	if err != nil {
		return nil, err
	}

	states := make(map[string]string, len(list))
	for _, e := range list {
		states[e.ID] = string(e.State)
	}

	return states, nil
}
