package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime/debug"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/rs/zerolog"

	"checkoutd/internal/app"
	"checkoutd/internal/config"
)

// version is set by the linker; without it the build info speaks.
var version string

// env is what the outside gives a command.
type env struct {
	environ  []string
	readFile func(string) ([]byte, error)
	out, err io.Writer
	terminal bool // err is one
}

func environment() env {
	return env{os.Environ(), os.ReadFile, os.Stdout, os.Stderr, isatty.IsTerminal(os.Stderr.Fd())}
}

const usage = `checkoutd takes payments through Stripe.

usage: server <command>

  serve        run the checkout against Stripe; settings come from the environment and .env
  sandbox      run the checkout with an offline Stripe inside: no account, no key
  stripe       run the offline Stripe alone, for any Stripe program
  orders       list or show the orders; capture, cancel or refund one
  events       list, show or replay the webhook events of the inbox
  migrate      bring the database up to date
  healthcheck  ask the running server whether it is ready
  version      print the version
`

// run is the program: it chooses the command and returns its error.
func run(ctx context.Context, args []string, e env) error {
	if len(args) == 0 {
		_, _ = io.WriteString(e.err, usage)
		return errors.New("which command?")
	}
	name, rest := args[0], args[1:]
	commands := map[string]func(context.Context, []string, env) error{
		"serve":       func(ctx context.Context, _ []string, e env) error { return serve(ctx, config.Serve, e) },
		"sandbox":     func(ctx context.Context, _ []string, e env) error { return serve(ctx, config.Sandbox, e) },
		"stripe":      offline,
		"migrate":     migrate,
		"healthcheck": healthcheck,
		"orders":      ordersCommand,
		"events":      events,
		"version":     printVersion,
	}
	switch name {
	case "help", "-h", "--help":
		_, err := io.WriteString(e.out, usage)
		return err
	}
	command, ok := commands[name]
	if !ok {
		_, _ = io.WriteString(e.err, usage)
		return fmt.Errorf("there is no command %q", name)
	}
	if name != "events" && name != "orders" && len(rest) > 0 {
		return fmt.Errorf("%s takes no arguments: settings come from the environment", name)
	}
	return command(ctx, rest, e)
}

func serve(ctx context.Context, mode config.Mode, e env) error {
	cfg, log, err := load(mode, e)
	if err != nil {
		return err
	}
	a, err := app.New(ctx, app.Options{Config: cfg, Version: versionText(), Log: log, Now: time.Now})
	if err != nil {
		return err
	}
	if mode == config.Sandbox {
		_, _ = fmt.Fprintf(e.out, sandboxWelcome, cfg.BaseURL, a.StripeOrigin())
	}
	log.Info().Str("addr", a.Addr().String()).Str("mode", string(mode)).Bool("live", cfg.Livemode()).
		Str("version", versionText()).Msg("checkoutd is up")
	err = a.Run(ctx)
	log.Info().Msg("checkoutd has stopped")
	return err
}

const sandboxWelcome = `
checkoutd sandbox: no real payment is made, nothing leaves this machine.

  shop            %s
  offline Stripe  %s

Cards to try (any later date, any CVC):
  4242 4242 4242 4242   pays
  4000 0025 0000 3155   asks for 3D Secure
  4000 0000 0000 9995   is declined: insufficient funds

Stop with Ctrl-C.

`

func offline(ctx context.Context, _ []string, e env) error {
	cfg, log, err := load(config.Stripe, e)
	if err != nil {
		return err
	}
	return app.RunOffline(ctx, cfg, log, func(origin string) {
		_, _ = fmt.Fprintf(e.out, "offline Stripe on %s: take any key sk_test_… of 12 characters or more\n", origin)
	})
}

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

// healthcheck is for containers without a shell.
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
	_, err = fmt.Fprintln(e.out, "ready")
	return err
}

func printVersion(_ context.Context, _ []string, e env) error {
	_, err := fmt.Fprintln(e.out, versionText())
	return err
}

func versionText() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "dev"
}

// load reads the settings and makes the log that they ask for.
func load(mode config.Mode, e env) (*config.Config, zerolog.Logger, error) {
	cfg, err := config.Load(mode, e.environ, e.readFile)
	if err != nil {
		return nil, zerolog.Nop(), err
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
