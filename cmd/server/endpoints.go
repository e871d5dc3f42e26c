package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"checkoutd/internal/app"
	"checkoutd/internal/deliveries"
)

const endpointsUsage = `usage: server endpoints <subcommand>

  add URL [--types order.paid,order.refunded]
                     add a webhook endpoint of your backend; prints its signing secret once
  list               list the endpoints
  test ID            send a test webhook now, and print the answer
  rotate ID [--keep 24h]
                     make a new secret; the old one goes on signing beside it for a while
  disable ID         send nothing any more
  enable ID          send again
  remove ID          remove an endpoint with its deliveries
  deliveries [ID] [--state failed] [--order ord_…] [--limit 100]
                     list deliveries, newest first
  show DELIVERY      show a delivery with the answers that it got
  redeliver ID [DELIVERY…] [--failed] [--since TIME] [--order ord_…]
                     send again: some, all that failed, or everything since a time
  listen [--forward-to URL] [--types …] [--delay 2s] [--duplicate] [--answer 500]
                     receive webhooks on this machine, show them, and pass them on, until Ctrl-C

They work beside a running server, which notices within a second.

`

// endpointsCommand manages the webhook endpoints of the shop's backend.
func endpointsCommand(ctx context.Context, args []string, e env) error {
	if len(args) > 0 && isHelp(args[0]) {
		_, err := io.WriteString(e.out, endpointsUsage)
		return err
	}

	subcommands := map[string]func(context.Context, *app.Endpoints, endpointArgs, env) error{
		"add":        addEndpoint,
		"list":       listEndpoints,
		"test":       testEndpoint,
		"rotate":     rotateEndpoint,
		"disable":    disableEndpoint,
		"enable":     enableEndpoint,
		"remove":     removeEndpoint,
		"deliveries": listDeliveries,
		"show":       showDelivery,
		"redeliver":  redeliver,
		"listen":     listen,
	}

	if len(args) == 0 || subcommands[args[0]] == nil {
		_, _ = io.WriteString(e.err, endpointsUsage)
		return errors.New("endpoints: no such subcommand: use add, list, test, rotate, disable, enable, remove, " +
			"deliveries, show, redeliver or listen")
	}

	a, err := parseEndpointArgs(args[0], args[1:], e.err)
	if err != nil {
		return ignoreHelp(err)
	}

	return withOpened(ctx, e, app.OpenEndpoints, func(open *app.Endpoints) error {
		if err := subcommands[args[0]](ctx, open, a, e); err != nil {
			return publicError(err)
		}
		return nil
	})
}

// endpointArgs are the arguments of the subcommands.
type endpointArgs struct {
	words  []string
	types  []string
	keep   time.Duration // of rotate
	filter deliveries.Filter
	listen listenArgs
}

// parseEndpointArgs parses the arguments behind a subcommand.
func parseEndpointArgs(sub string, args []string, stderr io.Writer) (a endpointArgs, err error) {
	fs := newFlags("endpoints "+sub, endpointsUsage, stderr)
	var types, states, since string
	var failed bool

	switch sub {
	case "add":
		fs.StringVar(&types, "types", "", "the `types` to send, comma-separated; all if it is not set")
	case "rotate":
		fs.DurationVar(&a.keep, "keep", 24*time.Hour, "how long the old secret goes on signing")
	case "deliveries":
		fs.StringVar(&states, "state", "", "`states`, comma-separated: pending, delivered, failed")
		fs.StringVar(&a.filter.OrderID, "order", "", "the `ID` of the order")
		fs.IntVar(&a.filter.Limit, "limit", 100, "list at most this `number` of deliveries")
	case "redeliver":
		fs.BoolVar(&failed, "failed", false, "all that failed")
		fs.StringVar(&since, "since", "",
			"everything that happened at or after this `time`: 2026-01-31 or 2026-01-31T12:00:00Z")
		fs.StringVar(&a.filter.OrderID, "order", "", "the `ID` of the order")
	case "listen":
		fs.StringVar(&types, "types", "", "the `types` to receive, comma-separated; all if it is not set")
		a.listen.define(fs)
	}

	if a.words, err = parseInterspersed(fs, args); err != nil {
		return a, err
	}

	a.types = splitList(types)
	if failed {
		states = string(deliveries.Failed)
	}

	for _, s := range splitList(states) {
		switch state := deliveries.DeliveryState(s); state {
		case deliveries.Pending, deliveries.Delivered, deliveries.Failed:
			a.filter.States = append(a.filter.States, state)
		default:
			return a, fmt.Errorf("--state: unknown state %q: use pending, delivered or failed", s)
		}
	}

	if a.filter.Since, err = parseTime(since); err != nil {
		return a, err
	}

	return a, a.check(sub, failed)
}

// check reports what a subcommand lacks.
func (a endpointArgs) check(sub string, failed bool) error {
	n := len(a.words)
	switch sub {
	case "list":
		if n > 0 {
			return fmt.Errorf("endpoints %s takes no %q", sub, a.words[0])
		}
	case "listen":
		if n > 0 {
			return fmt.Errorf("endpoints %s takes no %q", sub, a.words[0])
		}
		return a.listen.check()
	case "deliveries":
		if n > 1 || a.filter.Limit < 1 {
			return errors.New("endpoints deliveries takes at most one endpoint ID, and a --limit of 1 or more")
		}
	case "redeliver":
		if n == 0 {
			return errors.New("endpoints redeliver needs the ID of an endpoint")
		}
		if n == 1 && !failed && a.filter.Since.IsZero() && a.filter.OrderID == "" {
			return errors.New("endpoints redeliver needs the IDs of deliveries, --failed, --since or --order")
		}
	case "add":
		if n != 1 {
			return errors.New("endpoints add needs one URL")
		}
	default:
		if n != 1 {
			return fmt.Errorf("endpoints %s needs one ID", sub)
		}
		if a.keep < 0 {
			return errors.New("endpoints rotate: --keep is a duration such as 24h, or 0")
		}
	}

	return nil
}

func addEndpoint(ctx context.Context, open *app.Endpoints, a endpointArgs, e env) error {
	made, err := deliveries.NewEndpoint(a.words[0], a.types, open.Networks, time.Now())
	if err != nil {
		return err
	}
	if err := open.AddEndpoint(ctx, made); err != nil {
		return err
	}
	return printSecret(e.out, made)
}

// printSecret prints the current secret of an endpoint, which is never shown
// again.
func printSecret(out io.Writer, made deliveries.Endpoint) error {
	_, err := fmt.Fprintf(out, "endpoint  %s\nsecret    %s\n\nKeep the secret now: it is not shown again.\n",
		made.ID, made.Secrets[0].Value)
	return err
}

func listEndpoints(ctx context.Context, open *app.Endpoints, _ endpointArgs, e env) error {
	list, err := open.Endpoints(ctx)
	if err != nil {
		return err
	}

	w := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "ID\tSTATE\tURL\tTYPES\tFROM\tLAST SUCCESS\tFAILING SINCE\tNOTE")

	for _, p := range list {
		types := cmp.Or(strings.Join(p.Types, ","), "all")
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", p.ID, p.State, p.URL, types, p.Source,
			formatTime(p.LastSuccessAt), formatTime(p.FailingSince), p.Reason)
	}

	return w.Flush()
}

// endpointWithID returns an endpoint.
func endpointWithID(ctx context.Context, open *app.Endpoints, id string) (deliveries.Endpoint, error) {
	list, err := open.Endpoints(ctx)
	if err != nil {
		return deliveries.Endpoint{}, err
	}
	for _, p := range list {
		if p.ID == id {
			return p, nil
		}
	}
	return deliveries.Endpoint{}, deliveries.ErrNotFound
}

func testEndpoint(ctx context.Context, open *app.Endpoints, a endpointArgs, e env) error {
	p, err := endpointWithID(ctx, open, a.words[0])
	if err != nil {
		return err
	}

	try, err := open.Sender.Test(ctx, p)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(e.out, answerText(try)); err != nil {
		return err
	}

	if !try.OK() {
		return errors.New("the endpoint did not take the webhook")
	}
	return nil
}

// answerText returns the answer of an endpoint as one line.
func answerText(t deliveries.Try) string {
	text := fmt.Sprintf("%s  %d  in %s", formatTime(t.At), t.Status, t.Took.Round(time.Millisecond))
	if t.Problem != "" {
		text = fmt.Sprintf("%s  %s", formatTime(t.At), t.Problem)
	}
	if t.Excerpt != "" {
		text += "  " + t.Excerpt
	}
	return text
}

func rotateEndpoint(ctx context.Context, open *app.Endpoints, a endpointArgs, e env) error {
	secret, now := deliveries.NewSecret(), time.Now()
	p, err := open.ChangeEndpoint(ctx, a.words[0], func(p *deliveries.Endpoint) error {
		return p.Rotate(secret, now, now.Add(a.keep))
	})
	if err != nil {
		return err
	}
	return printSecret(e.out, p)
}

func disableEndpoint(ctx context.Context, open *app.Endpoints, a endpointArgs, e env) error {
	_, err := open.ChangeEndpoint(ctx, a.words[0], func(p *deliveries.Endpoint) error {
		p.Disable("a person disabled it")
		return nil
	})
	return done(e.out, err, "disabled; what was on its way to it has failed, and can be redelivered")
}

func enableEndpoint(ctx context.Context, open *app.Endpoints, a endpointArgs, e env) error {
	_, err := open.ChangeEndpoint(ctx, a.words[0], func(p *deliveries.Endpoint) error {
		p.Enable(time.Now())
		return nil
	})
	return done(e.out, err, "enabled; what it missed is sent by: server endpoints redeliver ID --since TIME")
}

func removeEndpoint(ctx context.Context, open *app.Endpoints, a endpointArgs, e env) error {
	p, err := endpointWithID(ctx, open, a.words[0])
	if err == nil && p.Configured() { // it would come back at the next start
		err = deliveries.ErrConfigured
	}
	if err == nil {
		err = open.RemoveEndpoint(ctx, p.ID)
	}
	return done(e.out, err, "removed")
}

// done prints that something is done, unless err is not nil.
func done(out io.Writer, err error, text string) error {
	if err == nil {
		_, err = fmt.Fprintln(out, text)
	}
	return err
}

func listDeliveries(ctx context.Context, open *app.Endpoints, a endpointArgs, e env) error {
	if len(a.words) == 1 {
		a.filter.EndpointID = a.words[0]
	}

	list, err := open.Deliveries(ctx, a.filter)
	if err != nil {
		return err
	}

	w := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "CREATED\tID\tENDPOINT\tTYPE\tORDER\tSTATE\tTRIES\tNEXT\tNOTE")

	for _, d := range list {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\n", formatTime(d.CreatedAt), d.ID, d.EndpointID,
			d.Kind, d.OrderID, d.State, d.Tries, formatTime(d.NextAt), d.Note)
	}

	return w.Flush()
}

func showDelivery(ctx context.Context, open *app.Endpoints, a endpointArgs, e env) error {
	list, err := open.Deliveries(ctx, deliveries.Filter{IDs: a.words})
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return deliveries.ErrNotFound
	}

	d := list[0]
	w := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', 0)
	writeRows(w,
		"id", d.ID,
		"endpoint", d.EndpointID,
		"webhook-id", d.EffectID,
		"type", d.Kind,
		"order", d.OrderID,
		"state", string(d.State),
		"note", d.Note,
		"created", formatTime(d.CreatedAt),
		"next", formatTime(d.NextAt),
		"finished", formatTime(d.FinishedAt))
	if err := w.Flush(); err != nil {
		return err
	}

	tries, err := open.Tries(ctx, d.ID)
	for _, t := range tries {
		_, _ = fmt.Fprintln(e.out, answerText(t))
	}
	return err
}

func redeliver(ctx context.Context, open *app.Endpoints, a endpointArgs, e env) error {
	id := a.words[0]
	a.filter.IDs = a.words[1:]

	if p, err := endpointWithID(ctx, open, id); err != nil {
		return err
	} else if p.State == deliveries.Disabled {
		return errors.New("the endpoint is disabled: server endpoints enable " + id)
	}

	n, err := open.Redeliver(ctx, id, a.filter, time.Now())
	if err != nil {
		return err
	}
	if n == 0 && len(a.filter.IDs) > 0 {
		return deliveries.ErrNotFound
	}

	_, err = fmt.Fprintf(e.out, "%d deliveries are due; the running server sends them\n", n)
	return err
}
