package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/config"
	"checkoutd/internal/filelock"
	"checkoutd/internal/httpserver"
	"checkoutd/internal/sandbox"
	"checkoutd/internal/sandbox/stripejs"
)

// offline is the offline Stripe with its listener.
type offline struct {
	state    *filelock.Lock // on the state file
	stripe   *sandbox.Server
	listener net.Listener
	http     *http.Server
}

// newOffline opens the offline Stripe. It sends webhooks to the checkout at the
// origin shop, or none if shop is "". Its desk shows what the handler says that
// the shop sent.
func newOffline(cfg *config.Config, log zerolog.Logger, shop string, sent http.Handler) (*offline, error) {
	listener, err := sandbox.ListenLoopback(cfg.SandboxAddr)
	if err != nil {
		return nil, fmt.Errorf("SANDBOX_ADDR: %w", httpserver.ExplainListen(cfg.SandboxAddr, err))
	}

	c := sandbox.Config{
		BaseURL:      "http://" + listener.Addr().String(),
		Assets:       stripejs.FS,
		Logger:       log,
		Manage:       cfg.SandboxFaults,
		StateFile:    cfg.SandboxStateFile,
		MaxObjects:   cfg.SandboxMaxObjects,
		BusinessName: cfg.BrandName,
		DeliverTo:    cfg.SandboxDeliverTo,
		Shop:         sent,

		RestrictedKeys:   cfg.SandboxRestrictedKeys,
		ConnectRedirects: cfg.SandboxConnectRedirects,
		ConnectPlatform:  cfg.SandboxConnectType == "platform",
	}

	if shop != "" {
		c.Endpoints = shopEndpoints(cfg, shop+"/webhooks/stripe")
		c.RetryDelays = retryDelays()
	}

	state, err := lockState(cfg.SandboxStateFile)
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}

	server, err := sandbox.New(c)
	if err != nil {
		return nil, errors.Join(err, listener.Close(), state.Release())
	}

	return &offline{
		state:    state,
		stripe:   server,
		listener: listener,
		http:     &http.Server{Handler: server, ReadHeaderTimeout: 5 * time.Second},
	}, nil
}

// shopEndpoints returns the two endpoints that the shop has at Stripe under one
// address: for its own events and for those of connected accounts.
func shopEndpoints(cfg *config.Config, address string) []sandbox.Endpoint {
	out := []sandbox.Endpoint{{URL: address, Secret: cfg.StripeWebhookSecrets[0].Reveal()}}
	if len(cfg.ConnectWebhookSecrets) > 0 {
		out = append(out, sandbox.Endpoint{
			URL:     address,
			Secret:  cfg.ConnectWebhookSecrets[0].Reveal(),
			Connect: true,
		})
	}
	return out
}

// lockState creates the folder of the state file and locks the file: each of
// two sandboxes would overwrite what the other one has written. It returns nil
// if there is no file.
func lockState(path string) (*filelock.Lock, error) {
	if path == "" {
		return nil, nil // in memory
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}

	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target // one lock, whatever the path
	}

	lock, err := filelock.Acquire(path+".lock", time.Now())

	var held *filelock.HeldError
	if errors.As(err, &held) {
		return nil, fmt.Errorf("SANDBOX_STATE_FILE: %s is in use by another sandbox: %s. "+
			"Stop that one first, or use another file", path, held.Holder)
	}

	return lock, err
}

// retryDelays returns much shorter delays than Stripe's: a shop on the same
// machine that does not answer is being restarted.
func retryDelays() []time.Duration {
	return []time.Duration{
		time.Second,
		2 * time.Second,
		5 * time.Second,
		15 * time.Second,
		time.Minute,
		5 * time.Minute,
	}
}

func (o *offline) origin() string { return "http://" + o.listener.Addr().String() }

func (o *offline) serve() { _ = o.http.Serve(o.listener) } // ends with close

func (o *offline) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return errors.Join(o.http.Close(), o.stripe.Close(ctx), ignoreClosed(o.listener.Close()),
		o.state.Release())
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// RunOffline serves the offline Stripe alone until ctx ends. It calls started
// with the origin when it listens.
func RunOffline(ctx context.Context, cfg *config.Config, log zerolog.Logger, started func(origin string)) error {
	o, err := newOffline(cfg, log, "", nil)
	if err != nil {
		return err
	}

	done := make(chan struct{})
	go func() { defer close(done); o.serve() }()
	started(o.origin())

	select {
	case <-ctx.Done():
	case <-done:
	}

	return o.close()
}
