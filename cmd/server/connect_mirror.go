package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"checkoutd/internal/app"
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
func mirrorCommand(ctx context.Context, args []string, e env) error {
	q, err := parseMirrorQuery(args, e.err)
	if err != nil {
		return ignoreHelp(err)
	}

	return withOpened(ctx, e, app.OpenMirrors, func(m *app.Mirrors) error {
		return publicError(runMirror(ctx, m, q, e))
	})
}

func parseMirrorQuery(args []string, stderr io.Writer) (q mirrorQuery, err error) {
	fs := newFlags("connect mirror", connectUsage, stderr)
	fs.BoolVar(&q.start, "start", false, "start it, or look for changes now")
	fs.BoolVar(&q.watch, "watch", false, "follow it until everything is here")
	since := fs.String("since", "", "start it; its history starts at this `time`: 2026-01-31, 2026-01-31T12:00:00Z or all")

	words, err := parseInterspersed(fs, args)
	if err != nil {
		return q, err
	}
	if len(words) != 1 {
		return q, errors.New("connect mirror needs the ID of one account")
	}
	q.account = words[0]

	if *since != "" {
		q.start, q.since = true, &time.Time{}
		if *since != "all" {
			*q.since, err = parseTime(*since)
		}
	}

	return q, err
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
	_, err = fmt.Fprintln(e.out, progressLine(&p))
	return err
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
		case e.terminal:
			_, _ = fmt.Fprintf(e.err, "\r\x1b[K%s %s", bar(&p), progressLine(&p))
		case done || time.Since(said) >= lineEvery:
			said = time.Now()
			_, _ = fmt.Fprintln(e.out, progressLine(&p))
		}

		if done {
			if e.terminal {
				_, _ = fmt.Fprintln(e.err)
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
func reportCommand(ctx context.Context, args []string, e env) error {
	q, format, err := parseReportQuery(args, e.err)
	if err != nil {
		return ignoreHelp(err)
	}

	return withOpened(ctx, e, app.OpenMirrors, func(m *app.Mirrors) error {
		if err := m.Report(ctx, q); err != nil {
			return publicError(err)
		}

		write := q.WriteCSV
		if format == "json" {
			write = q.WriteJSON
		}

		out := bufio.NewWriter(e.out)
		return errors.Join(write(ctx, m.Store, time.Now(), out), out.Flush())
	})
}

func parseReportQuery(args []string, stderr io.Writer) (q mirror.ReportQuery, format string, err error) {
	fs := newFlags("connect report", connectUsage, stderr)
	from := fs.String("from", "", "the first `day`: 2026-01-31")
	to := fs.String("to", "", "the last `day`")
	fs.StringVar(&format, "format", "csv", "csv or json")

	words, err := parseInterspersed(fs, args)
	if err != nil {
		return q, "", err
	}
	if len(words) != 2 {
		return q, "", errors.New("connect report needs the ID of an account and the name of a report: " +
			strings.Join(mirror.ReportNames(), ", "))
	}
	q.Account, q.Name = words[0], words[1]

	if !slices.Contains([]string{"csv", "json"}, format) {
		return q, "", fmt.Errorf("--format: unknown format %q: use csv or json", format)
	}

	q.From, q.To, err = parseRange(*from, *to)
	if !q.To.IsZero() {
		q.To = q.To.AddDate(0, 0, 1)
	}

	return q, format, err
}
