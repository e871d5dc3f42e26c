package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/KimMachineGun/automemlimit/memlimit"

	"checkoutd/internal/app"
	"checkoutd/internal/cli"
	"checkoutd/internal/config"
)

func serveCommand() cli.Command {
	return cli.Command{
		Name:  "serve",
		Short: "run the checkout against Stripe",
		Long: `It runs until SIGINT or SIGTERM, which let what is in flight finish; a second one ends it at once.
			SIGHUP makes it read again what may change without a restart.`,
		Example: "server serve",
		New: plain(func(ctx context.Context, _ []string, e env) error {
			return serve(ctx, config.Serve, e)
		}),
	}
}

func sandboxCommand() cli.Command {
	return cli.Command{
		Name:    "sandbox",
		Short:   "run the checkout with a built-in offline Stripe; needs no account and no keys",
		Example: "ADDR=localhost:4300 server sandbox",
		New: plain(func(ctx context.Context, _ []string, e env) error {
			return serve(ctx, config.Sandbox, e)
		}),
	}
}

// serve runs the checkout until ctx ends.
func serve(ctx context.Context, mode config.Mode, e env) error {
	hangups, stop := catchHangups()
	defer stop()

	cfg, log, err := load(mode, e)
	if err != nil {
		return err
	}

	limitMemory(log, memlimit.FromCgroup)

	a, err := app.New(ctx, app.Options{
		Config:  cfg,
		Version: versionText(),
		Log:     log,
		Now:     time.Now,
		Reread:  func() (*config.Config, error) { return config.Load(mode, e.Environ, e.ReadFile) },
	})
	if err != nil {
		return err
	}

	go func() {
		for range hangups {
			a.Reread()
		}
	}()

	if mode == config.Sandbox {
		_, _ = fmt.Fprintf(e.Out, sandboxWelcome, cfg.BaseURL, a.StripeOrigin())
	}

	log.Info().
		Str("addr", a.Addr().String()).
		Str("mode", string(mode)).
		Bool("live", cfg.Livemode()).
		Str("version", versionText()).
		Msg("checkoutd is up")

	err = a.Run(ctx)
	log.Info().Msg("checkoutd has stopped")

	return err
}

const sandboxWelcome = `
checkoutd sandbox: no real payment is made, and no data leaves this machine.

  shop            %s
  offline Stripe  %s

Test cards (with any future date and any CVC):
  4242 4242 4242 4242   succeeds
  4000 0025 0000 3155   asks for 3D Secure
  4000 0000 0000 9995   is declined for insufficient funds

Stop with Ctrl-C.

`

// offline runs the offline Stripe until ctx ends.
func offline(ctx context.Context, e env) error {
	_, stop := catchHangups() // and do nothing: there is nothing to read again
	defer stop()

	cfg, log, err := load(config.Stripe, e)
	if err != nil {
		return err
	}
	return app.RunOffline(ctx, cfg, log, func(origin string) {
		_, _ = fmt.Fprintf(e.Out, "offline Stripe on %s: use any key sk_test_… of at least 12 characters\n", origin)
	})
}

func migrateCommand() cli.Command {
	return cli.Command{
		Name:    "migrate",
		Short:   "bring the database up to date",
		Long:    `A server does so by itself when it starts. Run it alone to see a migration before that.`,
		Example: "server migrate",
		JSON:    "one object with migrated: true",
		New:     plain(migrate),
	}
}

// migrate brings the database up to date.
func migrate(ctx context.Context, _ []string, e env) error {
	cfg, log, err := load(config.Migrate, e)
	if err != nil {
		return err
	}

	s, err := app.OpenStore(ctx, cfg, log, time.Now)
	if err != nil {
		return err
	}
	if err := s.Close(); err != nil {
		return err
	}

	return e.Result(cli.Object{"migrated": true}, "the database is up to date\n")
}

func healthcheckCommand() cli.Command {
	return cli.Command{
		Name:    "healthcheck",
		Short:   "check whether the running server on this machine is ready",
		Long:    `It serves containers that have no shell. The exit code is 0 if the server is ready, and 1 if it is not.`,
		Example: "server healthcheck",
		JSON:    "one object: status and detail, as /readyz has them",
		New:     plain(healthcheck),
	}
}

// healthcheck asks the running server whether it is ready. It serves containers
// that have no shell.
func healthcheck(ctx context.Context, _ []string, e env) error {
	cfg, _, err := load(config.Healthcheck, e)
	if err != nil {
		return err
	}

	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()

	req, err := http.NewRequestWithContext(ctx, http.MethodGet, cfg.ProbeURL("/readyz"), nil)
	if err != nil {
		return err
	}

	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("not ready: %w", err)
	}
	defer func() { _ = res.Body.Close() }()

	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("not ready: status %d", res.StatusCode)
	}

	var answer struct{ Status, Detail string }
	if err := json.NewDecoder(io.LimitReader(res.Body, 1<<10)).Decode(&answer); err != nil {
		return fmt.Errorf("not ready: the answer cannot be read: %w", err)
	}

	status := cli.Object{"status": answer.Status, "detail": answer.Detail}
	if answer.Status != "ready" {
		return e.Result(status, "ready, but nobody can pay: %s\n", answer.Detail)
	}
	return e.Result(status, "ready\n")
}
