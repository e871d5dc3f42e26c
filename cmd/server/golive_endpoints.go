package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"checkoutd/internal/cli"
	"checkoutd/internal/golive"
)

// createEndpoints creates the webhook endpoints that are missing at Stripe, or
// says which.
func createEndpoints(ctx context.Context, service *golive.Service, a goliveArgs, e env) error {
	if a.dryRun {
		return errors.Join(planEndpoints(ctx, service, e), unusedName(a.secretsFile))
	}
	if a.secretsFile == "" {
		return service.CreateEndpoints(ctx, func(c golive.Creation) error { return printCreated(e, e.Out, c) })
	}
	return createInto(ctx, service, a.secretsFile, e)
}

func planEndpoints(ctx context.Context, service *golive.Service, e env) error {
	list, err := service.PlanEndpoints(ctx)
	for _, p := range list {
		object := cli.Object{"url": p.URL, "connect": p.Connect, "api_version": p.APIVersion, "events": p.Events}
		if err := e.Result(object, "would create: %s, connect=%t, version %s, %d events\n", p.URL, p.Connect,
			p.APIVersion, len(p.Events)); err != nil {
			return err
		}
	}
	return err
}

// createInto writes the secrets to a new file that only its owner can read.
// Each is on the disk before its endpoint counts as shown.
func createInto(ctx context.Context, service *golive.Service, name string, e env) (err error) {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nameTaken(name)
	}
	if err != nil {
		return fmt.Errorf("--secrets-file: %w", err)
	}

	written := false
	defer func() {
		err = errors.Join(err, file.Close())
		if !written {
			err = errors.Join(err, os.Remove(name))
		}
	}()

	return service.CreateEndpoints(ctx, func(c golive.Creation) error {
		if err := printCreated(e, file, c); err != nil {
			return err
		}

		written = true
		return file.Sync()
	})
}

// unusedName returns the error of createInto for a name that is taken already.
func unusedName(name string) error {
	if name == "" {
		return nil
	}
	if _, err := os.Lstat(name); err == nil {
		return nameTaken(name)
	}
	return nil
}

func nameTaken(name string) error {
	return fmt.Errorf("--secrets-file: %s exists already, and may hold secrets: name another file", name)
}

// printCreated prints an endpoint, and its secret to secrets. For programs the
// secret is a member of the object, unless it goes into a file.
func printCreated(e env, secrets io.Writer, c golive.Creation) error {
	object := cli.Object{"id": c.Endpoint.ID, "url": c.Endpoint.URL, "option": c.Option, "repeated": c.Repeated}
	if e.JSON && secrets == e.Out {
		object["secret"] = c.Endpoint.Secret
		return e.Encode(object)
	}

	what := "created"
	if c.Repeated {
		what = "had been created before, and its secret is shown only now:"
	}
	if err := e.Result(object, "# %s %s for %s\n", what, c.Endpoint.ID, c.Endpoint.URL); err != nil {
		return err
	}
	_, err := fmt.Fprintf(secrets, "%s=%s\n", c.Option, c.Endpoint.Secret)
	return err
}
