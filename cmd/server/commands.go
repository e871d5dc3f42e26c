package main

import (
	"context"
	"flag"
	"runtime/debug"
	"time"

	"github.com/rs/zerolog"

	"checkoutd/internal/cli"
	"checkoutd/internal/config"
)

// version is set by the linker. Without it the version of the build info is
// used.
var version string

// env is the environment of a command.
type env = cli.Env

// commands returns the table of all commands.
func commands() cli.Command {
	return cli.Command{
		Name:  "server",
		Short: "the server and the tools of checkoutd, a checkout backend for Stripe",
		Long: `Settings come from the environment and from the file .env; docs/configuration.md lists them. Commands that
			work on the database may run beside the server, where nothing else is said.`,
		Example: "server sandbox\nserver orders list --status review\nserver help orders refund",
		Commands: []cli.Command{
			serveCommand(),
			sandboxCommand(),
			stripeCommand(),
			ordersCommand(),
			eventsCommand(),
			buyersCommand(),
			guardCommand(),
			endpointsCommand(),
			connectCommand(),
			goliveCommand(),
			driftCommand(),
			conformCommand(),
			peopleCommand(),
			accountCommand(),
			keysCommand(),
			mailsCommand(),
			backupCommand(),
			restoreCommand(),
			certificatesCommand(),
			migrateCommand(),
			healthcheckCommand(),
			cli.Completion("server"),
			versionCommand(),
		},
	}
}

// run runs the command that args name.
func run(ctx context.Context, args []string, e env) error {
	return cli.Run(ctx, commands(), args, e)
}

// plain returns what defines a command without flags.
func plain(act cli.Action) func(*flag.FlagSet) cli.Action {
	return func(*flag.FlagSet) cli.Action { return act }
}

func versionCommand() cli.Command {
	return cli.Command{
		Name:    "version",
		Short:   "print the version",
		Example: "server version",
		JSON:    "one object with the version",
		New: plain(func(_ context.Context, _ []string, e env) error {
			return e.Result(cli.Object{"version": versionText()}, "%s\n", versionText())
		}),
	}
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
	cfg, err := config.Load(mode, e.Environ, e.ReadFile)
	if err != nil {
		return nil, zerolog.Nop(), cli.WithExitCode(cli.ExitUsage, err)
	}

	out := e.Err
	if cfg.LogFormat == config.LogConsole || cfg.LogFormat == config.LogAuto && e.Terminal {
		out = zerolog.ConsoleWriter{Out: e.Err, TimeFormat: time.TimeOnly}
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
