package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"checkoutd/internal/api"
	"checkoutd/internal/app"
	"checkoutd/internal/cli"
	"checkoutd/internal/deliveries"
)

func newDeliveries(fs *flag.FlagSet) cli.Action {
	var f deliveries.Filter
	states := fs.String("state", "", "`states`, comma-separated: pending, delivered, failed")
	fs.StringVar(&f.OrderID, "order", "", "the `ID` of the order")
	fs.IntVar(&f.Limit, "limit", 100, "list at most this `number` of deliveries")

	return func(ctx context.Context, words []string, e env) error {
		if len(words) > 1 || f.Limit < 1 {
			return cli.Usage("endpoints deliveries takes at most one endpoint ID, and a --limit of 1 or more")
		}
		if len(words) == 1 {
			f.EndpointID = words[0]
		}

		for _, s := range splitList(*states) {
			switch state := deliveries.DeliveryState(s); state {
			case deliveries.Pending, deliveries.Delivered, deliveries.Failed:
				f.States = append(f.States, state)
			default:
				return cli.Usage("--state: unknown state %q: use pending, delivered or failed", s)
			}
		}

		return withEndpoints(func(ctx context.Context, open *app.Endpoints, e env) error {
			return listDeliveries(ctx, open, f, e)
		})(ctx, nil, e)
	}
}

// listDeliveries prints the deliveries that the filter selects as it reads
// them.
func listDeliveries(ctx context.Context, open *app.Endpoints, f deliveries.Filter, e env) error {
	out := e.List("CREATED", "ID", "STATE", "TYPE", "ORDER", "NOTE", "TRIES", "NEXT", "ENDPOINT")

	return inPages(e, out, f.Limit,
		func(n int, last *deliveries.Delivery) ([]deliveries.Delivery, error) {
			f.Limit = n
			if last != nil {
				f.After = last.ID
			}

			return open.Deliveries(ctx, f)
		},
		func(found []deliveries.Delivery) error {
			for _, d := range found {
				if err := out.Add(api.RenderDelivery(d), d.CreatedAt, d.ID, cli.State(d.State), d.Kind, d.OrderID,
					cli.Text(d.Note), d.Tries, d.NextAt, d.EndpointID); err != nil {
					return err
				}
			}

			return nil
		})
}

func showDelivery(ctx context.Context, open *app.Endpoints, id string, e env) error {
	list, err := open.Deliveries(ctx, deliveries.Filter{IDs: []string{id}})
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return deliveries.ErrNotFound
	}

	d := list[0]
	tries, err := open.Tries(ctx, d.ID)
	if err != nil {
		return err
	}

	object := api.RenderDelivery(d)
	for _, t := range tries {
		object.Tries = append(object.Tries, api.RenderTry(t))
	}

	return e.Show(object, func(w io.Writer) {
		writeRows(w,
			"id", d.ID,
			"endpoint", d.EndpointID,
			"webhook-id", d.EffectID,
			"type", d.Kind,
			"order", d.OrderID,
			"state", e.Paint(string(d.State)),
			"note", d.Note,
			"created", e.Time(d.CreatedAt),
			"next", e.Time(d.NextAt),
			"finished", e.Time(d.FinishedAt))
		for _, t := range tries {
			_, _ = fmt.Fprintln(w, answerText(t, e))
		}
	})
}

func newRedeliver(fs *flag.FlagSet) cli.Action {
	var f deliveries.Filter
	failed := fs.Bool("failed", false, "all that failed")
	since := fs.String("since", "",
		"everything that happened at or after this `time`: 2026-01-31 or 2026-01-31T12:00:00Z")
	fs.StringVar(&f.OrderID, "order", "", "the `ID` of the order")

	return func(ctx context.Context, words []string, e env) (err error) {
		if f.Since, err = parseTime(*since); err != nil {
			return err
		}
		if *failed {
			f.States = []deliveries.DeliveryState{deliveries.Failed}
		}

		switch {
		case len(words) == 0:
			return cli.Usage("endpoints redeliver needs the ID of an endpoint")
		case len(words) == 1 && !*failed && f.Since.IsZero() && f.OrderID == "":
			return cli.Usage("endpoints redeliver needs the IDs of deliveries, --failed, --since or --order")
		}
		f.IDs = words[1:]

		return withEndpoints(func(ctx context.Context, open *app.Endpoints, e env) error {
			return redeliver(ctx, open, words[0], f, e)
		})(ctx, nil, e)
	}
}

func redeliver(ctx context.Context, open *app.Endpoints, id string, f deliveries.Filter, e env) error {
	if p, err := endpointWithID(ctx, open, id); err != nil {
		return err
	} else if p.State == deliveries.Disabled {
		return errors.New("the endpoint is disabled: server endpoints enable " + id)
	}

	n, err := open.Redeliver(ctx, id, f, time.Now())
	if err != nil {
		return err
	}
	if n == 0 && len(f.IDs) > 0 {
		return deliveries.ErrNotFound
	}

	return e.Result(cli.Object{"due": n}, "%d deliveries are due; the running server sends them\n", n)
}
