package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"
	"time"

	"checkoutd/internal/app"
	"checkoutd/internal/cli"
	"checkoutd/internal/connect/mirror"
)

// mirrorQuery is the meaning of the arguments of `connect mirror`.
type mirrorQuery struct {
	account string
	start   bool
	since   *time.Time
	watch   bool
}

// mirrorCommand shows, starts and watches the copy of an account's payments.
func mirrorCommand() cli.Command {
	return cli.Command{
		Name:    "mirror",
		Args:    "ACCOUNT",
		Short:   "show how far the copy of an account's payments has come; --start and --since start it",
		Example: "server connect mirror acct_… --since 2026-01-01 --watch",
		JSON:    "a mirror as the API has it; with --watch, one each time",
		New:     newMirror,
	}
}

func newMirror(fs *flag.FlagSet) cli.Action {
	var q mirrorQuery
	fs.BoolVar(&q.start, "start", false, "start it, or look for changes now")
	fs.BoolVar(&q.watch, "watch", false, "follow it until everything is here")
	since := fs.String("since", "", "start it; its history starts at this `time`: 2026-01-31, 2026-01-31T12:00:00Z or all")

	return func(ctx context.Context, words []string, e env) (err error) {
		if len(words) != 1 {
			return cli.Usage("connect mirror needs the ID of one account")
		}
		q.account = words[0]

		if *since != "" {
			q.start, q.since = true, &time.Time{}
			if *since != "all" {
				if *q.since, err = parseTime(*since); err != nil {
					return err
				}
			}
		}

		return withOpened(ctx, e, app.OpenMirrors, func(m *app.Mirrors) error {
			return publicError(runMirror(ctx, m, q, e))
		})
	}
}

// watchEvery is how often a progress bar moves, and lineEvery how often there
// is a line where there is no terminal.
const (
	watchEvery = 500 * time.Millisecond
	lineEvery  = 10 * time.Second
)

func runMirror(ctx context.Context, m *app.Mirrors, q mirrorQuery, e env) error {
	if q.start {
		if _, err := m.Start(ctx, q.account, q.since); err != nil {
			return err
		}
	}
	if q.watch {
		return watchMirror(ctx, m, q.account, e)
	}

	p, err := m.Progress(ctx, q.account)
	if err != nil {
		return err
	}
	return e.Result(p, "%s\n", progressLine(&p))
}

// watchMirror follows a mirror until it is current.
func watchMirror(ctx context.Context, m *app.Mirrors, account string, e env) error {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()

	var said time.Time
	for {
		p, err := m.Progress(ctx, account)
		if err != nil {
			return err
		}

		done := p.State == mirror.Current || p.State == mirror.Stopped
		switch {
		case e.Terminal && !e.JSON:
			_, _ = fmt.Fprintf(e.Err, "\r\x1b[K%s %s", bar(&p), progressLine(&p))
		case done || time.Since(said) >= lineEvery:
			said = time.Now()
			if err := e.Result(p, "%s\n", progressLine(&p)); err != nil {
				return err
			}
		}

		if done {
			if e.Terminal && !e.JSON {
				_, _ = fmt.Fprintln(e.Err)
			}
			return nil
		}

		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// barWidth is the width of a progress bar.
const barWidth = 24

func bar(p *mirror.Progress) string {
	share := 0.0
	switch {
	case p.State == mirror.Current:
		share = 1
	case p.Share != nil:
		share = *p.Share
	}

	full := int(share * barWidth)
	return "[" + strings.Repeat("#", full) + strings.Repeat("-", barWidth-full) + "]"
}

// progressLine says how far a mirror has come.
func progressLine(p *mirror.Progress) string {
	line := string(p.State)
	if p.BackTo != nil {
		line += ": back to " + p.BackTo.Format(time.DateOnly)
	}

	line += fmt.Sprintf(", %d objects in %d calls", p.Objects, p.Calls)
	if p.Share != nil {
		line += fmt.Sprintf(", %.0f%%", *p.Share*100)
	}
	if p.Remaining != nil {
		line += fmt.Sprintf(", about %s left", time.Duration(*p.Remaining)*time.Second)
	}
	if p.Problem != nil {
		line += ". " + *p.Problem
	}

	return line
}

// reportCommand prints a report about the payments of an account.
func reportCommand() cli.Command {
	return cli.Command{
		Name:    "report",
		Args:    "ACCOUNT REPORT",
		Short:   "print sums by day: " + strings.Join(mirror.ReportNames(), ", "),
		Example: "server connect report acct_… payments --from 2026-01-01 --to 2026-01-31",
		JSON:    "the report as the API has it; --format json has a line for each row",
		New:     newReport,
	}
}

func newReport(fs *flag.FlagSet) cli.Action {
	from := fs.String("from", "", "the first `day`: 2026-01-31")
	to := fs.String("to", "", "the last `day`")
	format := fs.String("format", "csv", "the `format`: csv or json")

	return func(ctx context.Context, words []string, e env) (err error) {
		switch {
		case len(words) != 2:
			return cli.Usage("connect report needs the ID of an account and the name of a report: %s",
				strings.Join(mirror.ReportNames(), ", "))
		case *format != "csv" && *format != "json":
			return cli.Usage("--format: unknown format %q: use csv or json", *format)
		}

		q := mirror.ReportQuery{Account: words[0], Name: words[1], OneLine: e.JSON}
		if q.From, q.To, err = parseRange(*from, *to); err != nil {
			return err
		}
		if !q.To.IsZero() {
			q.To = q.To.AddDate(0, 0, 1)
		}

		return printReport(ctx, q, *format == "json" || e.JSON, e)
	}
}

func printReport(ctx context.Context, q mirror.ReportQuery, asJSON bool, e env) error {
	return withOpened(ctx, e, app.OpenMirrors, func(m *app.Mirrors) error {
		if err := m.Report(ctx, q); err != nil {
			return publicError(err)
		}

		write := q.WriteCSV
		if asJSON {
			write = q.WriteJSON
		}

		out := bufio.NewWriter(e.Out)
		return errors.Join(write(ctx, m.Store, time.Now(), out), out.Flush())
	})
}
