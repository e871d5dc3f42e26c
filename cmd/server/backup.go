package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"checkoutd/internal/app"
	"checkoutd/internal/backup"
	"checkoutd/internal/cli"
	"checkoutd/internal/config"
)

// backupCommand makes a backup of the database.
func backupCommand() cli.Command {
	return cli.Command{
		Name:  "backup",
		Args:  "FOLDER",
		Short: "copy the database into a folder, while the server runs",
		Long: `Copies the database into a new folder below FOLDER, compressed, checked, and with a manifest. The server may be
			running. On PostgreSQL it needs pg_dump and pg_restore. A backup is as secret as the database.`,
		Example: "server backup /var/backups/checkoutd --keep 14",
		JSON:    "one object: path, bytes, removed (the paths of older backups), and what the manifest says",
		New:     newBackup,
	}
}

func newBackup(fs *flag.FlagSet) cli.Action {
	keep := fs.Int("keep", 0, "keep the newest `N` backups of this database in the folder and remove older ones; 0: keep all")

	return func(ctx context.Context, words []string, e env) error {
		switch {
		case len(words) != 1:
			return cli.Usage("backup takes the folder of the backups, and nothing else")
		case *keep < 0:
			return cli.Usage("--keep must be 0 or more")
		}

		cfg, log, err := load(config.Migrate, e)
		if err != nil {
			return err
		}

		b, err := app.Backup(ctx, cfg, log, time.Now, app.BackupOptions{
			Folder:  words[0],
			Keep:    *keep,
			Version: versionText(),
		})
		if err != nil {
			return err
		}
		return printBackup(e, b)
	}
}

func printBackup(e env, b backup.Backup) error {
	var size int64
	for _, f := range b.Files {
		size += f.Size
	}

	object := struct {
		Path    string   `json:"path"`
		Bytes   int64    `json:"bytes"`
		Removed []string `json:"removed"`

		backup.Manifest
	}{b.Path, size, append([]string{}, b.Removed...), b.Manifest}

	return e.Show(object, func(w io.Writer) {
		_, _ = fmt.Fprintf(w, "%s: %d orders and %d events of %s (%s), %d bytes\n",
			b.Path, b.Orders, b.Events, cmp.Or(b.Mode, "no use yet"), e.Time(b.TakenAt), size)
		for _, path := range b.Removed {
			_, _ = fmt.Fprintf(w, "removed %s\n", path)
		}
	})
}

// restoreCommand puts a backup in the place of the database.
func restoreCommand() cli.Command {
	return cli.Command{
		Name:  "restore",
		Args:  "BACKUP",
		Short: "put a backup in the place of the database",
		Long: `A backup is its folder, or its database file. No server may run meanwhile. The next server keeps the shop closed
			until it has processed what happened at Stripe since the backup; "restore --open", without a backup, opens the
			shop before that.`,
		Example: "server restore /var/backups/checkoutd/checkoutd-20260131T030000Z-…",
		JSON:    "one object: taken_at, orders, former_database, sandbox; with --open, opened: true",
		New:     newRestore,
	}
}

func newRestore(fs *flag.FlagSet) cli.Action {
	force := fs.Bool("force", false, "restore also over a database that is newer than the backup, of another mode or "+
		"account, or cannot be read; it is kept beside")
	open := fs.Bool("open", false, "open the shop after a restore, whatever has not been processed")

	return func(ctx context.Context, words []string, e env) error {
		if *open && (len(words) > 0 || *force) || !*open && len(words) != 1 {
			return cli.Usage("restore takes a backup, or --open and nothing else")
		}

		cfg, log, err := load(config.Migrate, e)
		if err != nil {
			return err
		}

		if *open {
			wasClosed, err := app.OpenAgain(ctx, cfg, log, time.Now)
			if err == nil && !wasClosed {
				err = errors.New("the shop is not closed")
			}
			if err != nil {
				return err
			}
			return e.Result(cli.Object{"opened": true}, "the shop opens within seconds\n")
		}

		r, err := app.Restore(ctx, cfg, log, time.Now, app.RestoreOptions{From: words[0], Force: *force})
		if err != nil {
			return err
		}
		return printRestore(e, r)
	}
}

func printRestore(e env, r app.RestoreReport) error {
	object := cli.Object{"taken_at": r.TakenAt, "orders": r.Orders, "former_database": r.Former, "sandbox": r.Sandbox}

	return e.Show(object, func(w io.Writer) {
		_, _ = fmt.Fprintf(w, "restored the state of %s with %d orders\n", e.Time(r.TakenAt), r.Orders)
		if r.Former != "" {
			_, _ = fmt.Fprintf(w, "the former database is %s\n", r.Former)
		}
		if r.Sandbox {
			_, _ = io.WriteString(w, "the state of the offline Stripe was restored, too\n")
		}
		_, _ = io.WriteString(w, "start the server: it keeps the shop closed until it knows what happened since, and its "+
			"log says what it waits for\n")
	})
}
