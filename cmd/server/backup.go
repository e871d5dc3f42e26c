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
	"checkoutd/internal/config"
)

const backupUsage = `usage: server backup FOLDER [--keep N]

Copies the database into a new folder below FOLDER, compressed, checked, and with a manifest. The server may be
running. On PostgreSQL it needs pg_dump and pg_restore. A backup is as secret as the database.

`

// backupCommand makes a backup of the database.
func backupCommand(ctx context.Context, args []string, e env) error {
	fs := newFlags("backup", backupUsage, e.err)
	keep := fs.Int("keep", 0, "keep the newest `N` backups of this database in the folder and remove older ones; 0: keep all")
	folder, err := oneWord(fs, args, "backup", "the folder of the backups")
	if err != nil {
		return ignoreHelp(err)
	}
	if *keep < 0 {
		return withExitCode(exitUsage, errors.New("--keep must be 0 or more"))
	}

	cfg, log, err := load(config.Migrate, e)
	if err != nil {
		return err
	}

	b, err := app.Backup(ctx, cfg, log, time.Now, app.BackupOptions{
		Folder:  folder,
		Keep:    *keep,
		Version: versionText(),
	})
	if err != nil {
		return err
	}

	var size int64
	for _, f := range b.Files {
		size += f.Size
	}
	_, _ = fmt.Fprintf(e.out, "%s: %d orders and %d events of %s (%s), %d bytes\n",
		b.Path, b.Orders, b.Events, cmp.Or(b.Mode, "no use yet"), formatTime(b.TakenAt), size)
	for _, path := range b.Removed {
		_, _ = fmt.Fprintf(e.out, "removed %s\n", path)
	}

	return nil
}

// oneWord parses flags and returns the one argument beside them.
func oneWord(fs *flag.FlagSet, args []string, command, meaning string) (string, error) {
	words, err := parseInterspersed(fs, args)
	switch {
	case err != nil:
		return "", err
	case len(words) != 1:
		fs.Usage()
		return "", fmt.Errorf("%s takes %s, and nothing else", command, meaning)
	}
	return words[0], nil
}

const restoreUsage = `usage: server restore BACKUP [--force]
       server restore --open

Puts a backup in the place of the database: its folder, or its database file. No server may run meanwhile. The next
server keeps the shop closed until it has processed what happened at Stripe since the backup; --open opens the shop
before that.

`

// restoreCommand puts a backup in the place of the database.
func restoreCommand(ctx context.Context, args []string, e env) error {
	fs := newFlags("restore", restoreUsage, e.err)
	force := fs.Bool("force", false, "restore also over a database that is newer than the backup, of another mode or "+
		"account, or cannot be read; it is kept beside")
	open := fs.Bool("open", false, "open the shop after a restore, whatever has not been processed")

	words, err := parseInterspersed(fs, args)
	switch {
	case err != nil:
		return ignoreHelp(err)
	case *open && (len(words) > 0 || *force), !*open && len(words) != 1:
		fs.Usage()
		return withExitCode(exitUsage, errors.New("restore takes a backup, or --open and nothing else"))
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
		if err == nil {
			_, err = io.WriteString(e.out, "the shop opens within seconds\n")
		}
		return err
	}

	r, err := app.Restore(ctx, cfg, log, time.Now, app.RestoreOptions{From: words[0], Force: *force})
	if err != nil {
		return err
	}

	printRestore(e.out, r)
	return nil
}

func printRestore(out io.Writer, r app.RestoreReport) {
	_, _ = fmt.Fprintf(out, "restored the state of %s with %d orders\n", formatTime(r.TakenAt), r.Orders)
	if r.Former != "" {
		_, _ = fmt.Fprintf(out, "the former database is %s\n", r.Former)
	}
	if r.Sandbox {
		_, _ = io.WriteString(out, "the state of the offline Stripe was restored, too\n")
	}
	_, _ = io.WriteString(out, "start the server: it keeps the shop closed until it knows what happened since, and its "+
		"log says what it waits for\n")
}
