package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime/debug"
	"slices"
	"time"

	"github.com/KimMachineGun/automemlimit/memlimit"
	"github.com/mattn/go-isatty"
	"github.com/rs/zerolog"

	"checkoutd/internal/app"
	"checkoutd/internal/config"
)

// version is set by the linker. Without it the version of the build info is
// used.
var version string

// env is the environment of a command.
type env struct {
	environ  []string
	readFile func(string) ([]byte, error)
	out, err io.Writer
	terminal bool // err is a terminal
}

// environment returns the environment of the process.
func environment() env {
	return env{
		environ:  os.Environ(),
		readFile: os.ReadFile,
		out:      os.Stdout,
		err:      os.Stderr,
		terminal: isatty.IsTerminal(os.Stderr.Fd()),
	}
}

const usage = `checkoutd takes payments through Stripe.

usage: server <command>

  serve        run the checkout against Stripe; settings come from the environment and .env
  sandbox      run the checkout with a built-in offline Stripe; needs no account and no keys
  stripe       run the offline Stripe alone, for use by any Stripe integration;
               "stripe seed" gives accounts in it months of payments
  orders       list or show orders; capture, cancel, refund or adopt for one
  events       list, show or replay the webhook events in the inbox
  buyers       make browsers forget a returning buyer
  guard        show or change what the guard against card testing does
  endpoints    webhooks to your backend: add, list, test, rotate, redeliver, listen
  connect      the Stripe accounts of others: list, show, link, sync, deauthorize, mirror, report
  golive       check whether this installation is ready for real payments
  drift        compare the orders of a day with Stripe; list and dismiss what differs
  conform      compare the answers of Stripe with what checkoutd relies on; takes test keys only
  people       export or erase what is stored of a customer
  account      show or change which Stripe account the orders belong to
  keys         create, list or revoke the API keys of the shop's backend
  mails        list the e-mails to buyers and to the shop, or send one again
  backup       copy the database into a folder, while the server runs
  restore      put a backup in the place of the database
  certificates the certificates of the server's own https: list, renew
  migrate      bring the database up to date
  healthcheck  check whether the running server is ready
  version      print the version
`

// command runs with its arguments until it is done or ctx ends.
type command = func(ctx context.Context, args []string, e env) error

// commands returns the commands by name.
func commands() map[string]command {
	return map[string]command{
		"serve":       func(ctx context.Context, _ []string, e env) error { return serve(ctx, config.Serve, e) },
		"sandbox":     func(ctx context.Context, _ []string, e env) error { return serve(ctx, config.Sandbox, e) },
		"stripe":      stripeCommand,
		"backup":      backupCommand,
		"restore":     restoreCommand,
		"migrate":     migrate,
		"healthcheck": healthcheck,
		"orders":      ordersCommand,
		"events":      events,
		"buyers":      buyersCommand,
		"guard":       guardCommand,
		"endpoints":   endpointsCommand,
		"connect":     connectCommand,
		"golive":      goliveCommand,
		"drift":       driftCommand,
		"conform":     conformCommand,
		"account":     accountCommand,
		"keys":        keysCommand,
		"mails":       mailsCommand,
		"people":      peopleCommand,
		"version":     printVersion,

		"certificates": certificatesCommand,
	}
}

// run runs the command that args name.
func run(ctx context.Context, args []string, e env) error {
	if len(args) == 0 {
		_, _ = io.WriteString(e.err, usage)
		return withExitCode(exitUsage, errors.New("no command given"))
	}

	name, rest := args[0], args[1:]
	if isHelp(name) {
		_, err := io.WriteString(e.out, usage)
		return err
	}

	command, ok := commands()[name]
	if !ok {
		_, _ = io.WriteString(e.err, usage)
		return withExitCode(exitUsage, fmt.Errorf("unknown command %q", name))
	}

	takeNone := []string{"serve", "sandbox", "migrate", "healthcheck", "version"}
	if slices.Contains(takeNone, name) && len(rest) > 0 {
		return withExitCode(exitUsage, fmt.Errorf("%s takes no arguments: settings come from the environment", name))
	}

	return command(ctx, rest, e)
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
		Reread:  func() (*config.Config, error) { return config.Load(mode, e.environ, e.readFile) },
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
		_, _ = fmt.Fprintf(e.out, sandboxWelcome, cfg.BaseURL, a.StripeOrigin())
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
		_, _ = fmt.Fprintf(e.out, "offline Stripe on %s: use any key sk_test_… of at least 12 characters\n", origin)
	})
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

	_, err = fmt.Fprintln(e.out, "the database is up to date")
	return err
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

	if answer.Status != "ready" {
		_, err = fmt.Fprintf(e.out, "ready, but nobody can pay: %s\n", answer.Detail)
		return err
	}
	_, err = fmt.Fprintln(e.out, "ready")
	return err
}

func printVersion(_ context.Context, _ []string, e env) error {
	_, err := fmt.Fprintln(e.out, versionText())
	return err
}

// versionText returns the version of the program.
func versionText() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "dev"
}

// load reads the settings and creates the log that they describe.
func load(mode config.Mode, e env) (*config.Config, zerolog.Logger, error) {
	cfg, err := config.Load(mode, e.environ, e.readFile)
	if err != nil {
		return nil, zerolog.Nop(), withExitCode(exitUsage, err)
	}

	out := e.err
	if cfg.LogFormat == config.LogConsole || cfg.LogFormat == config.LogAuto && e.terminal {
		out = zerolog.ConsoleWriter{Out: e.err, TimeFormat: time.TimeOnly}
	}

	log := zerolog.New(out).Level(cfg.LogLevel).With().Timestamp().Logger()
	for _, w := range cfg.Warnings {
		log.Warn().Msg(w)
	}

	for _, s := range cfg.Redacted() {
		log.Debug().Str("name", s.Name).Str("value", s.Value).Str("source", s.Source).Msg("setting")
	}

	return cfg, log, nil
}
