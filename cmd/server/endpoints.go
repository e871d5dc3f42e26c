package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"
	"time"

	"checkoutd/internal/api"
	"checkoutd/internal/app"
	"checkoutd/internal/cli"
	"checkoutd/internal/deliveries"
)

// endpointsCommand manages the webhook endpoints of the shop's backend.
func endpointsCommand() cli.Command {
	const (
		endpoint = "an endpoint as the API has it"
		delivery = "a delivery as the API has it"
	)

	return cli.Command{
		Name:    "endpoints",
		Short:   "webhooks to your backend: add, list, test, rotate, redeliver, listen",
		Long:    "The running server notices within a second.",
		Example: "server endpoints add https://shop.example/hooks",
		Commands: []cli.Command{
			{
				Name:    "add",
				Args:    "URL",
				Short:   "add a webhook endpoint of your backend; prints its signing secret once",
				Example: "server endpoints add https://shop.example/hooks --types order.paid",
				JSON:    endpoint + ", with its secret",
				New:     newEndpointsAdd,
			},
			{
				Name:    "list",
				Short:   "list the endpoints",
				Example: "server endpoints list",
				JSON:    endpoint,
				Paged:   true,
				New:     plain(withEndpoints(listEndpoints)),
			},
			{
				Name:    "test",
				Args:    "ENDPOINT",
				Short:   "send a test webhook now, and print the answer",
				Example: "server endpoints test we_…",
				JSON:    "a try as the API has it: at, took_ms, response_status, problem, response_excerpt",
				New:     plain(withEndpoint("test", testEndpoint)),
			},
			{
				Name:    "rotate",
				Args:    "ENDPOINT",
				Short:   "make a new secret; the old one goes on signing beside it for a while",
				Example: "server endpoints rotate we_… --keep 24h",
				JSON:    endpoint + ", with its new secret",
				New:     newEndpointsRotate,
			},
			{
				Name:    "disable",
				Args:    "ENDPOINT",
				Short:   "send nothing any more",
				Example: "server endpoints disable we_…",
				JSON:    "one object with disabled, the endpoint's ID",
				New:     plain(withEndpoint("disable", disableEndpoint)),
			},
			{
				Name:    "enable",
				Args:    "ENDPOINT",
				Short:   "send again",
				Example: "server endpoints enable we_…",
				JSON:    "one object with enabled, the endpoint's ID",
				New:     plain(withEndpoint("enable", enableEndpoint)),
			},
			{
				Name:    "remove",
				Args:    "ENDPOINT",
				Short:   "remove an endpoint with its deliveries",
				Example: "server endpoints remove we_…",
				JSON:    "one object with removed, the endpoint's ID",
				New:     plain(withEndpoint("remove", removeEndpoint)),
			},
			{
				Name:    "deliveries",
				Args:    "[ENDPOINT]",
				Short:   "list deliveries, newest first",
				Example: "server endpoints deliveries --state failed",
				JSON:    delivery + ", without its tries",
				Paged:   true,
				New:     newDeliveries,
			},
			{
				Name:    "show",
				Args:    "DELIVERY",
				Short:   "show a delivery with the answers that it got",
				Example: "server endpoints show dlv_…",
				JSON:    delivery + ", with its tries",
				New:     plain(withEndpoint("show", showDelivery)),
			},
			{
				Name:    "redeliver",
				Args:    "ENDPOINT [DELIVERY…]",
				Short:   "send again: some, all that failed, or everything since a time",
				Example: "server endpoints redeliver we_… --failed",
				JSON:    "one object with due, the number of deliveries",
				New:     newRedeliver,
			},
			{
				Name:  "listen",
				Short: "receive webhooks on this machine, show them, and pass them on, until Ctrl-C",
				Long: `It adds an endpoint for that time. The server must run on this machine, and be allowed to send to it
					(ENDPOINTS_ALLOW_NETWORKS).`,
				Example: "server endpoints listen --forward-to http://localhost:3000/hooks",
				New:     newListen,
			},
		},
	}
}

// withEndpoints returns the action that opens the endpoints and uses them.
func withEndpoints(use func(context.Context, *app.Endpoints, env) error) cli.Action {
	return func(ctx context.Context, _ []string, e env) error {
		return withOpened(ctx, e, app.OpenEndpoints, func(open *app.Endpoints) error {
			return publicError(use(ctx, open, e))
		})
	}
}

// withEndpoint returns the action that needs one ID and uses it.
func withEndpoint(command string, use func(context.Context, *app.Endpoints, string, env) error) cli.Action {
	return func(ctx context.Context, words []string, e env) error {
		if len(words) != 1 {
			return cli.Usage("endpoints %s needs one ID", command)
		}
		return withEndpoints(func(ctx context.Context, open *app.Endpoints, e env) error {
			return use(ctx, open, words[0], e)
		})(ctx, nil, e)
	}
}

func newEndpointsAdd(fs *flag.FlagSet) cli.Action {
	types := fs.String("types", "", "the `types` to send, comma-separated; all if it is not set")

	return func(ctx context.Context, words []string, e env) error {
		if len(words) != 1 {
			return cli.Usage("endpoints add needs one URL")
		}

		return withEndpoints(func(ctx context.Context, open *app.Endpoints, e env) error {
			made, err := deliveries.NewEndpoint(words[0], splitList(*types), open.Networks, time.Now())
			if err != nil {
				return err
			}
			if err := open.AddEndpoint(ctx, made); err != nil {
				return err
			}
			return printSecret(e, made)
		})(ctx, nil, e)
	}
}

// printSecret prints the current secret of an endpoint, which is never shown
// again.
func printSecret(e env, made deliveries.Endpoint) error {
	return e.Result(api.RenderWithSecret(made),
		"endpoint  %s\nsecret    %s\n\nKeep the secret now: it is not shown again.\n", made.ID, made.Secrets[0].Value)
}

func listEndpoints(ctx context.Context, open *app.Endpoints, e env) error {
	list, err := open.Endpoints(ctx)
	if err != nil {
		return err
	}

	out := e.List("ID", "STATE", "URL", "TYPES", "FAILING SINCE", "NOTE", "LAST SUCCESS", "FROM")
	for _, p := range list {
		types := cmp.Or(strings.Join(p.Types, ","), "all")
		if err := out.Add(api.RenderEndpoint(p), p.ID, cli.State(p.State), cli.Text(p.URL), cli.Text(types),
			p.FailingSince, cli.Text(p.Reason), p.LastSuccessAt, p.Source); err != nil {
			return err
		}
	}
	return out.Close()
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

func testEndpoint(ctx context.Context, open *app.Endpoints, id string, e env) error {
	p, err := endpointWithID(ctx, open, id)
	if err != nil {
		return err
	}

	try, err := open.Sender.Test(ctx, p)
	if err != nil {
		return err
	}
	if err := e.Result(api.RenderTry(try), "%s\n", answerText(try, e)); err != nil {
		return err
	}

	if !try.OK() {
		return errors.New("the endpoint did not take the webhook")
	}
	return nil
}

// answerText returns the answer of an endpoint as one line.
func answerText(t deliveries.Try, e env) string {
	text := fmt.Sprintf("%s  %d  in %s", e.Time(t.At), t.Status, t.Took.Round(time.Millisecond))
	if t.Problem != "" {
		text = fmt.Sprintf("%s  %s", e.Time(t.At), t.Problem)
	}
	if t.Excerpt != "" {
		text += "  " + t.Excerpt
	}
	return text
}

func newEndpointsRotate(fs *flag.FlagSet) cli.Action {
	keep := fs.Duration("keep", 24*time.Hour, "how long the old secret goes on signing")

	return withEndpoint("rotate", func(ctx context.Context, open *app.Endpoints, id string, e env) error {
		if *keep < 0 {
			return cli.Usage("endpoints rotate: --keep is a duration such as 24h, or 0")
		}

		secret, now := deliveries.NewSecret(), time.Now()
		p, err := open.ChangeEndpoint(ctx, id, func(p *deliveries.Endpoint) error {
			return p.Rotate(secret, now, now.Add(*keep))
		})
		if err != nil {
			return err
		}
		return printSecret(e, p)
	})
}

func disableEndpoint(ctx context.Context, open *app.Endpoints, id string, e env) error {
	_, err := open.ChangeEndpoint(ctx, id, func(p *deliveries.Endpoint) error {
		p.Disable("a person disabled it")
		return nil
	})
	if err != nil {
		return err
	}
	return e.Result(cli.Object{"disabled": id},
		"disabled; what was on its way to it has failed, and can be redelivered\n")
}

func enableEndpoint(ctx context.Context, open *app.Endpoints, id string, e env) error {
	_, err := open.ChangeEndpoint(ctx, id, func(p *deliveries.Endpoint) error {
		p.Enable(time.Now())
		return nil
	})
	if err != nil {
		return err
	}
	return e.Result(cli.Object{"enabled": id},
		"enabled; what it missed is sent by: server endpoints redeliver ID --since TIME\n")
}

func removeEndpoint(ctx context.Context, open *app.Endpoints, id string, e env) error {
	p, err := endpointWithID(ctx, open, id)
	if err == nil && p.Configured() { // it would come back at the next start
		err = deliveries.ErrConfigured
	}
	if err == nil {
		err = open.RemoveEndpoint(ctx, p.ID)
	}
	if err != nil {
		return err
	}
	return e.Result(cli.Object{"removed": id}, "removed\n")
}
