package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"strings"

	"checkoutd/internal/cli"
	"checkoutd/internal/config"
)

// seedRequest asks for accounts with a past.
type seedRequest struct {
	Seed     uint64 `json:"seed"`
	Accounts int    `json:"accounts,omitempty"`
	Account  string `json:"account,omitempty"`
	Payments int    `json:"payments"`
	Months   int    `json:"months"`
	Currency string `json:"currency,omitempty"`
	Scope    string `json:"scope,omitempty"`
}

// stripeCommand runs the offline Stripe, or asks one that is running for
// something.
func stripeCommand() cli.Command {
	return cli.Command{
		Name:    "stripe",
		Short:   "run the offline Stripe alone, for use by any Stripe integration",
		Long:    "It listens at SANDBOX_ADDR, takes any test key, and keeps its state in SANDBOX_STATE_FILE.",
		Example: "server stripe\nserver stripe seed --payments 1000",
		New:     plain(func(ctx context.Context, _ []string, e env) error { return offline(ctx, e) }),
		Commands: []cli.Command{{
			Name:  "seed",
			Short: "give accounts in the running offline Stripe months of payments",
			Long: `Gives accounts payments, refunds, disputes and payouts. Without --account it makes accounts that their owners
				can connect on the offline Stripe's OAuth page. The same --seed makes the same. The offline Stripe (server
				stripe, or server sandbox) must run with SANDBOX_FAULTS=true.`,
			Example: "server stripe seed --accounts 2 --payments 1000",
			JSON:    "account and payments, of each account",
			New:     newSeed,
		}},
	}
}

// newSeed asks the running offline Stripe for accounts with a past.
func newSeed(fs *flag.FlagSet) cli.Action {
	var q seedRequest
	fs.Uint64Var(&q.Seed, "seed", 1, "the number of which everything is computed")
	fs.IntVar(&q.Accounts, "accounts", 0, "how many accounts to make (default 1)")
	fs.StringVar(&q.Account, "account", "", "an `account` that exists, instead of new ones")
	fs.IntVar(&q.Payments, "payments", 10_000, "payments of each account, up to 10,000,000")
	fs.IntVar(&q.Months, "months", 6, "how far back the payments go")
	fs.StringVar(&q.Currency, "currency", "", "`currency` of most payments (default: the account's)")
	fs.StringVar(&q.Scope, "scope", "", "connect the new accounts with this `scope`: read_only or read_write")

	return func(ctx context.Context, _ []string, e env) error {
		cfg, _, err := load(config.Stripe, e)
		if err != nil {
			return err
		}

		accounts, err := askForSeed(ctx, "http://"+cfg.SandboxAddr, q)
		if err != nil {
			return err
		}

		for _, id := range accounts {
			object := cli.Object{"account": id, "payments": q.Payments}
			if err := e.Result(object, "%s has %d payments\n", id, q.Payments); err != nil {
				return err
			}
		}
		return nil
	}
}

// askForSeed calls the management API at an origin and returns the accounts.
func askForSeed(ctx context.Context, origin string, q seedRequest) ([]string, error) {
	body, err := json.Marshal(q)
	if err != nil {
		return nil, err
	}

	req, err := http.NewRequestWithContext(ctx, http.MethodPost, origin+"/_sandbox/connect/seed", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}

	req.Header.Set("Content-Type", "application/json")

	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("no offline Stripe answers at %s: start one with SANDBOX_FAULTS=true: %w",
			strings.TrimPrefix(origin, "http://"), err)
	}
	defer func() { _ = res.Body.Close() }()

	var out struct {
		Accounts []string `json:"accounts"`
		Error    any      `json:"error"`
	}

	err = json.NewDecoder(res.Body).Decode(&out)

	reason, isText := out.Error.(string)
	switch {
	case res.StatusCode == http.StatusNotFound:
		return nil, errors.New("the offline Stripe has no management API: start it with SANDBOX_FAULTS=true")
	case err != nil:
		return nil, fmt.Errorf("the answer of the offline Stripe cannot be read: %w", err)
	case isText:
		return nil, errors.New("stripe seed: " + reason)
	case res.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("the offline Stripe answered with status %d", res.StatusCode)
	}

	return out.Accounts, nil
}
