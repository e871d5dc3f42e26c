package main

import (
	"context"
	"flag"
	"fmt"
	"strings"

	"checkoutd/internal/api"
	"checkoutd/internal/app"
	"checkoutd/internal/cli"
)

// keysCommand manages the keys of the shop's backend.
func keysCommand() cli.Command {
	return cli.Command{
		Name:    "keys",
		Short:   "create, list or revoke the API keys of the shop's backend",
		Example: "server keys create --name shop --scope refund",
		Commands: []cli.Command{
			{
				Name:  "create",
				Short: "create a key for the shop's backend, and print it once",
				Long: `The first line of the output is the key alone, so that a script can read it. A key with the scope write may
					do all that read may, and refund all that write may.`,
				Example: "server keys create --name shop --scope refund",
				JSON:    "one object: key, id, name and scope",
				New:     newKeysCreate,
			},
			{
				Name:    "list",
				Short:   "list the keys, with their last use",
				Example: "server keys list",
				JSON:    "id, name, scope, key (its beginning and its end), created, last_used, revoked",
				Paged:   true,
				New:     plain(listKeys),
			},
			{
				Name:    "revoke",
				Args:    "KEY",
				Short:   "end a key for good, at once",
				Example: "server keys revoke key_…",
				JSON:    "one object with revoked, the key's ID",
				New:     plain(revokeKey),
			},
		},
	}
}

// newKeysCreate prints the key alone on standard output's first line, so that a
// script can read it.
func newKeysCreate(fs *flag.FlagSet) cli.Action {
	name := fs.String("name", "", "whose key it is, for people")
	scope := fs.String("scope", "", "what the key may do: read, write or refund")

	return func(ctx context.Context, _ []string, e env) error {
		if *name == "" || !api.Scope(*scope).Known() {
			return cli.Usage("keys create needs --name, and --scope read, write or refund")
		}

		return withOpened(ctx, e, app.OpenKeys, func(k *app.Keys) error {
			key, secret, err := k.Create(ctx, *name, api.Scope(*scope))
			if err != nil {
				return publicError(err)
			}

			object := cli.Object{"key": secret, "id": key.ID, "name": key.Name, "scope": key.Scope}
			return e.Result(object, "%s\ncreated %s (%s, scope %s): keep the key above, nothing shows it again\n",
				secret, key.ID, key.Name, key.Scope)
		})
	}
}

func listKeys(ctx context.Context, _ []string, e env) error {
	return withOpened(ctx, e, app.OpenKeys, func(k *app.Keys) error {
		list, err := k.List(ctx)
		if err != nil {
			return err
		}

		out := e.List("ID", "NAME", "SCOPE", "KEY", "CREATED", "LAST USED", "REVOKED")
		for _, key := range list {
			if err := out.Add(nil, key.ID, cli.Text(key.Name), key.Scope, key.Hint,
				key.CreatedAt, key.LastUsedAt, key.RevokedAt); err != nil {
				return err
			}
		}
		return out.Close()
	})
}

func revokeKey(ctx context.Context, words []string, e env) error {
	if len(words) != 1 || !strings.HasPrefix(words[0], "key_") {
		return cli.Usage("keys revoke needs the ID of a key, as \"keys list\" shows it: key_…")
	}

	return withOpened(ctx, e, app.OpenKeys, func(k *app.Keys) error {
		if err := k.Revoke(ctx, words[0]); err != nil {
			return fmt.Errorf("%s: %w", words[0], publicError(err))
		}
		return e.Result(cli.Object{"revoked": words[0]}, "revoked %s\n", words[0])
	})
}
